"""Is the guest what was asked for? Looked at before anything is judged.

A guest whose nodes or balancing are not as asked can't move pages, and every pinned test would
pass in it: Debian 12's EFI firmware for aarch64, for one, made the kernel fake a single node.
"""

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

from avocado_pin.base.errors import BadConfiguration, EvidenceUnreadable, NotApplicable
from avocado_pin.guest.fit_for_reuse import BOOT_LOG
from avocado_pin.variant.layout import Layout, Node, cpu_set
from avocado_pin.variant.variant import Variant

# Prints what there is of each node; then balancing, and what the kernel said that may be of
# interest, which is for problems() and kernel_log.trouble() to tell. One program for all
# nodes: under emulation starting one takes longer than what it does.
_SCRIPT = (Path(__file__).with_name("scripts") / "nodes.awk").read_text()
# All that kernel_log.trouble() takes and more: that decides.
_SUSPICIOUS = (
    "Faking a node|WARNING|BUG|Oops|error:|protection fault|Unable to handle|stall|starved|LOCKUP"
    "|for more than|corruption|double add|refcount_t|UBSAN|KASAN|Killed process|panic -|#[0-9]+\\]"
    "|CSD lock|timer wakeup|stack space|non-static key"
)
_NODE = "/sys/devices/system/node/node[0-9]*"
COMMAND = (
    f"awk {shlex.quote(_SCRIPT)} {_NODE}/meminfo {_NODE}/cpulist {_NODE}/distance /proc/zoneinfo; "
    'echo "balancing $(cat /proc/sys/kernel/numa_balancing 2>/dev/null || echo absent)"; '
    'echo "release $(uname -r)"; '
    f"{{ cat {BOOT_LOG} 2>/dev/null; dmesg; }} | grep -E {shlex.quote(_SUSPICIOUS)} | head -n 100"
)
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
    """

    nodes: dict[int, FoundNode]
    balancing: str
    release: str
    fake: bool


def parse(text: str) -> Found:
    """Return what COMMAND found.

    :raises EvidenceUnreadable: its output is not as expected
    """
    line = r"^node (\d+) cpus ([\d,-]*) kib (\d+) movable (\d+) distances ([\d ]+?)\s*$"
    nodes = {
        int(number): FoundNode(
            cpu_set(cpus), int(kib) // 1024, int(movable), tuple(map(int, distances.split()))
        )
        for number, cpus, kib, movable, distances in re.findall(line, text, re.MULTILINE)
    }
    balancing = re.search(r"^balancing (\w+)", text, re.M)
    release = re.search(r"^release (\S+)", text, re.M)
    if not nodes or not balancing or not release:
        raise EvidenceUnreadable(
            "preflight of the guest",
            got=repr(text[:200]),
            expected="lines 'node N cpus LIST kib N movable N distances N N', 'balancing N' and "
            "'release R'",
            look_at="debug.log",
        )
    return Found(nodes, balancing[1], release[1], "Faking a node" in text)


def check(text: str, variant: Variant) -> None:
    """Compare the guest with what was asked for.

    :param text: what COMMAND printed
    :raises NotApplicable: the test can say nothing about such a guest
    :raises BadConfiguration: something differs; with got and expected of each
    :raises EvidenceUnreadable: the output is not COMMAND's
    """
    found = parse(text)
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
            look_at="preflight.txt",
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
