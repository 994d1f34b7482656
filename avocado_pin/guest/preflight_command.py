"""Commands whose output shows what guest it is (rules/preflight.py reads and judges it)."""

import shlex
from pathlib import Path

from avocado_pin.guest.fit_for_reuse import BOOT_LOG

# Prints what there is of each node; then balancing, and what the kernel said that may be of
# interest, which is for rules.preflight and kernel_log_faults.trouble() to tell. One program for
# all nodes: under emulation starting one takes longer than what it does.
_SCRIPT = (Path(__file__).with_name("scripts") / "nodes.awk").read_text()
# All that kernel_log_faults.trouble() takes and more: that decides.
_SUSPICIOUS = (
    "Faking a node|WARNING|BUG|Oops|error:|protection fault|Unable to handle|stall|starved|LOCKUP"
    "|for more than|corruption|double add|refcount_t|UBSAN|KASAN|Killed process|panic -|#[0-9]+\\]"
    "|CSD lock|timer wakeup|stack space|non-static key"
)
_NODE = "/sys/devices/system/node/node[0-9]*"
COMMAND = (
    f"awk {shlex.quote(_SCRIPT)} {_NODE}/meminfo {_NODE}/cpulist {_NODE}/distance /proc/zoneinfo; "
    'echo "balancing $(cat /proc/sys/kernel/numa_balancing 2>/dev/null || echo absent)"; '
    f"{{ cat {BOOT_LOG} 2>/dev/null; dmesg; }} | grep -E {shlex.quote(_SUSPICIOUS)} | head -n 100"
)
# Asked by each test anew.
RELEASE = 'echo "release $(uname -r)"'
