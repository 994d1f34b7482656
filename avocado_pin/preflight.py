"""Is the guest what was asked for? Looked at before anything is judged.

A guest whose nodes or balancing are not as asked can't move pages, and every pinned test would
pass in it: Debian 12's EFI firmware for aarch64, for one, made the kernel fake a single node.
"""

import re
from dataclasses import dataclass

from avocado_pin.errors import BadConfiguration, EvidenceUnreadable, NotApplicable
from avocado_pin.guest_state import BOOT_LOG
from avocado_pin.variant import Variant, cpu_set

# Prints, for each node: its number, CPUs and memory; then balancing, and what the kernel said.
COMMAND = (
    "for n in /sys/devices/system/node/node[0-9]*; do "
    "kib=$(awk '/MemTotal/ {print $4}' $n/meminfo); "
    'echo "node ${n##*node} cpus $(cat $n/cpulist) kib $kib"; '
    "done; "
    'echo "balancing $(cat /proc/sys/kernel/numa_balancing 2>/dev/null || echo absent)"; '
    'echo "release $(uname -r)"; '
    f'{{ cat {BOOT_LOG} 2>/dev/null; dmesg; }} | grep -o "Faking a node" | head -n 1'
)
# The bit of balancing between nodes that threads run on; 2 is memory tiering
# (Documentation/admin-guide/sysctl/kernel.rst).
BALANCING_NORMAL = 1
# The kernel and firmware take their share of a node before it counts its memory; measured in the
# default layout: 130 MiB of the first node's 2048, 35 of the second's.
LEAST_MEM_SHARE = 0.75


@dataclass(frozen=True)
class Found:
    """What the guest has.

    :param nodes: node number -> (CPUs, memory in KiB)
    :param balancing: the sysctl's value, or absent
    """

    nodes: dict[int, tuple[frozenset[int], int]]
    balancing: str
    release: str
    fake: bool


def parse(text: str) -> Found:
    """Return what COMMAND found.

    :raises EvidenceUnreadable: its output is not as expected
    """
    nodes = {}
    for number, cpus, kib in re.findall(r"^node (\d+) cpus ([\d,-]*) kib (\d+)\s*$", text, re.M):
        nodes[int(number)] = (cpu_set(cpus), int(kib))
    balancing = re.search(r"^balancing (\w+)", text, re.M)
    release = re.search(r"^release (\S+)", text, re.M)
    if not nodes or not balancing or not release:
        raise EvidenceUnreadable(
            "preflight of the guest",
            got=repr(text[:200]),
            expected="lines 'node N cpus LIST kib N', 'balancing N' and 'release R'",
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
    if len(variant.nodes) == 1:
        raise NotApplicable("the layout has one node: there is nowhere to migrate to")
    if found.balancing == "absent":
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
    if not int(found.balancing) & BALANCING_NORMAL:
        wrong.append(f"/proc/sys/kernel/numa_balancing: got {found.balancing}, asked for on")
    wanted = {node.number: node for node in variant.nodes}
    if sorted(found.nodes) != sorted(wanted):
        wrong.append(f"nodes: got {sorted(found.nodes)}, asked for {sorted(wanted)}")
    for number in sorted(set(found.nodes) & set(wanted)):
        cpus, kib = found.nodes[number]
        node = wanted[number]
        if cpus != node.cpus:
            wrong.append(
                f"CPUs of node {number}: got {sorted(cpus)}, asked for {sorted(node.cpus)}"
            )
        if not LEAST_MEM_SHARE * node.mem_mib <= kib / 1024 <= node.mem_mib:
            least = int(LEAST_MEM_SHARE * node.mem_mib)
            wrong.append(
                f"memory of node {number}: got {kib // 1024} MiB, "
                f"asked for {least} to {node.mem_mib} MiB"
            )
    return wrong
