"""Is the guest what was asked for? Looked at before anything is judged.

A guest whose nodes or balancing are not as asked can't move pages, and every pinned test would
pass in it: Debian 12's EFI firmware for aarch64, for one, made the kernel fake a single node.
"""

import re
from dataclasses import dataclass

from avocado_pin.base.artifacts import PREFLIGHT
from avocado_pin.base.errors import BadConfiguration, EvidenceUnreadable, NotApplicable
from avocado_pin.variant.numa_nodes import Layout, Node, cpu_set
from avocado_pin.variant.variant import Variant

# The bit of balancing between nodes that threads run on; 2 is memory tiering
# (Documentation/admin-guide/sysctl/kernel.rst).
BALANCING_NORMAL = 1
# The kernel and firmware take their share of a node before it counts its memory; measured in the
# default layout: 130 MiB of the first node's 2048, 35 of the second's.
LEAST_MEM_SHARE = 0.75
# The same share of a small node is too little.
MOST_TAKEN_MIB = 192


@dataclass(frozen=True)
class FoundNode:
    """A node as the guest has it.

    :param mem_mib: memory, MiB
    :param movable: pages of ZONE_MOVABLE
    :param distances: to each node
    """

    cpus: frozenset[int]
    mem_mib: int
    movable: int
    distances: tuple[int, ...]


@dataclass(frozen=True)
class Found:
    """What the guest has.

    :param nodes: by number
    :param balancing: the sysctl's value, or absent
    :param release: of its kernel, as uname -r says it
    """

    nodes: dict[int, FoundNode]
    balancing: str
    release: str
    fake: bool


def parse(text: str) -> Found:
    """Return what the guest showed (guest/preflight_command.py).

    :raises EvidenceUnreadable: its output is not as expected
    """
    try:
        found = _found(text)
    except ValueError as error:
        raise _unreadable(f"{text[:200]!r} ({error})") from error
    if not found:
        raise _unreadable(repr(text[:200]))
    return found


def _found(text: str) -> Found | None:
    """Return what the guest showed, None if a part of it is missing.

    :raises ValueError: a list of CPUs is none
    """
    line = r"^node (\d+) cpus ([\d,-]*) kib (\d+) movable (\d+) distances ([\d ]+?)\s*$"
    nodes = {
        int(number): FoundNode(
            cpu_set(cpus), int(kib) // 1024, int(movable), tuple(map(int, distances.split()))
        )
        for number, cpus, kib, movable, distances in re.findall(line, text, re.MULTILINE)
    }
    balancing = re.search(r"^balancing (\d+|absent)\b", text, re.M)
    releases = re.findall(r"^release (\S+)\s*$", text, re.M)
    if not nodes or not balancing or len(releases) != 1:
        return None
    return Found(nodes, balancing[1], releases[0], "Faking a node" in text)


def _unreadable(got: str) -> EvidenceUnreadable:
    return EvidenceUnreadable(
        "preflight of the guest",
        got=got,
        expected="lines 'node N cpus LIST kib N movable N distances N N', 'balancing N' and "
        "one 'release R'",
        look_at=PREFLIGHT,
    )


def check(text: str, variant: Variant, release: str) -> None:
    """Compare the guest with what was asked for.

    :param text: what the command printed
    :param release: of the kernel that was to boot
    :raises NotApplicable: the test can say nothing about such a guest
    :raises BadConfiguration: something differs; with got and expected of each
    :raises EvidenceUnreadable: the output is not the command's
    """
    found = parse(text)
    if found.release != release:
        raise BadConfiguration(
            "kernel of the guest", got=found.release, expected=release, look_at=PREFLIGHT
        )
    if found.balancing == "absent" and not variant.forced:
        raise NotApplicable(
            f"kernel {found.release} has no NUMA balancing (no /proc/sys/kernel/numa_balancing: "
            "built without CONFIG_NUMA_BALANCING)"
        )
    wrong = problems(found, variant)
    if wrong:
        raise BadConfiguration(
            "preflight of the guest",
            got="; ".join(wrong),
            expected="the guest that was asked for",
            look_at=PREFLIGHT,
        )


def problems(found: Found, variant: Variant) -> list[str]:
    """Return each difference between the guest and what was asked for, as got and asked for."""
    wrong = []
    if found.fake:
        wrong.append('kernel log: got "Faking a node", asked for the nodes of the layout')
    if not variant.forced and not int(found.balancing) & BALANCING_NORMAL:
        wrong.append(f"/proc/sys/kernel/numa_balancing: got {found.balancing}, asked for on")
    wanted = {node.number: node for node in variant.layout.nodes}
    if sorted(found.nodes) != sorted(wanted):
        wrong.append(f"nodes: got {sorted(found.nodes)}, asked for {sorted(wanted)}")
        return wrong
    for number, node in wanted.items():
        wrong += _node_problems(found.nodes[number], node, variant.layout)
    movable = found.nodes[variant.home_node].movable
    if variant.movable_mib and not movable:
        wrong.append(f"ZONE_MOVABLE of node {variant.home_node}: got none, asked for one")
    if not variant.movable_mib and movable:
        wrong.append(f"ZONE_MOVABLE of node {variant.home_node}: got {movable} pages, asked for 0")
    return wrong


def _node_problems(found: FoundNode, node: Node, layout: Layout) -> list[str]:
    wrong = []
    if found.cpus != node.cpus:
        wrong.append(
            f"CPUs of node {node.number}: got {sorted(found.cpus)}, asked for {sorted(node.cpus)}"
        )
    least = min(int(LEAST_MEM_SHARE * node.mem_mib), max(0, node.mem_mib - MOST_TAKEN_MIB))
    if not least <= found.mem_mib <= node.mem_mib:
        wrong.append(
            f"memory of node {node.number}: got {found.mem_mib} MiB, "
            f"asked for {least} to {node.mem_mib} MiB"
        )
    distances = tuple(layout.distance(node.number, to.number) for to in layout.nodes)
    if found.distances != distances:
        wrong.append(
            f"distances of node {node.number}: got {list(found.distances)}, "
            f"asked for {list(distances)}"
        )
    return wrong
