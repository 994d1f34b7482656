"""Is a guest as it was after its boot? A guest that is not serves no other test.

Pure functions of what guest/scripts/state.sh prints, then and now.
"""

import re
import shlex
from collections.abc import Iterable, Mapping
from pathlib import Path

from avocado_pin.evidence import kernel_log_faults, kernel_log_marks

# The kernel's log of the boot, in the guest. The log itself is cleared after each test, so that the
# next one finds only its own lines there.
BOOT_LOG = "/run/pin-boot.log"
# What a guest must still have free on each node, of what it had free after its boot. Tests leave
# the driver and the workload in its file system, 1 MB, and the kernel grows its caches.
LEAST_FREE_SHARE = 0.95
# Bits of /proc/sys/kernel/tainted that loading the driver sets: out-of-tree and unsigned modules
# (Documentation/admin-guide/tainted-kernels.rst).
MODULE_TAINTS = 1 << 12 | 1 << 13
# Settings that change by themselves: counters, random numbers, lists of what is in use.
_VOLATILE = re.compile(
    r"^/proc/sys/kernel/(random/|ns_last_pid:|pty/nr:|perf_event_max_sample_rate:|perf_cpu_time)"
    # Up to 5.12; in debugfs since (commit 8a99b6833c88).
    r"|^/proc/sys/kernel/sched_domain/.*/max_newidle_lb_cost:"
    r"|^/sys/kernel/mm/(transparent_hugepage/khugepaged/(full_scans|pages_collapsed):|ksm/|.*/stats/)"
)
# The ssh server, and its process for a connection, which looks the same and outlives that by a
# moment: what it ran is listed too. One of them must be there.
_SSH_SERVER = "dropbear -s "
# Of a login. That of an attempt that was given up can still be there when the state is noted.
_SHELL = "sh -i"
# What tests bring into a guest is here.
FOLDER = "/tmp/pin"
# The workload's events and errors.
_REWRITTEN = re.compile(rf"^{FOLDER}/(events\.jsonl|errors\.txt)$")
_TAINTED = re.compile(r"^(/proc/sys/kernel/tainted:)(\d+)$", re.M)
# How many differences a line names.
MOST_NAMED = 3

NONE: Mapping[str, str] = {}
Sections = dict[str, list[str]]


# Where the state is written in the guest, and its last line.
STATE = "/run/pin-state"
_WHOLE = "--- whole"


def look(clear_log: bool) -> str:
    """Return the command that has the state looked at, in the background.

    :param clear_log: whether the kernel's log, which is part of it, is cleared then
    """
    script = Path(__file__).with_name("scripts") / "state.sh"
    clear = "dmesg -c >/dev/null; " if clear_log else ""
    steps = f"sh -c {shlex.quote(script.read_text())}; {clear}echo '{_WHOLE}'"
    return f"rm -f {STATE}; {{ {steps}; }} >{STATE} 2>&1 &"


def seen() -> str:
    """Return the command that waits for the state that was looked at, and prints it."""
    wait = f"until grep -q '^{_WHOLE}' {STATE}; do usleep 5000; done"
    return f"{wait} 2>/dev/null; grep -v '^{_WHOLE}' {STATE}"


def sections(text: str) -> Sections:
    """Return the lines of each section of a state."""
    parts = re.split(r"^--- (\w+)$", text, flags=re.M)
    return {
        name: part.splitlines()[1:] for name, part in zip(parts[1::2], parts[2::2], strict=True)
    }


def differences(before: str, now: str, files: Mapping[str, str] = NONE) -> list[str]:
    """Return what makes a guest unfit for another test, or nothing.

    :param before: the state before its first test
    :param now: the state after a test
    :param files: those that were copied into the guest, with their SHA-256; their folders may be
        new as well
    """
    old, new = sections(before), sections(now)
    if not old or old.keys() != new.keys():
        return [f"its state can't be read: {now[-80:]!r}"]
    for state in (old, new):
        state["file"] = _unexpected(state["file"], files)
    found = []
    for name in old:
        if name not in ("copied", "free", "log"):
            was, became = (_settled(part[name]) for part in (old, new))
            found += [f"{name} {line!r} is new" for line in _without(became, was)]
            gone = [line for line in _without(was, became) if not _is_shell_of(line, became)]
            found += [f"{name} {line!r} is gone" for line in gone]
    found += [
        f"file {path} is not as it was copied"
        for path, digest in files.items()
        if f"{digest}  {path}" not in new["copied"]
    ]
    found += _less_free(old["free"], new["free"])
    log = kernel_log_marks.of_test("\n".join(new["log"]))
    found += [f"kernel log: {line}" for line in kernel_log_faults.trouble(log)]
    return found


def _is_shell_of(line: str, lines: list[str]) -> bool:
    return line == _SHELL and line in lines


def summary(found: list[str]) -> str:
    """Return differences as one line."""
    more = len(found) - MOST_NAMED
    return "; ".join(found[:MOST_NAMED]) + (f"; and {more} more" if more > 0 else "")


def _unexpected(found: list[str], files: Iterable[str]) -> list[str]:
    """Return the files that are neither copied nor written anew by each test that reads them."""
    copied = {str(place) for path in files for place in (Path(path), *Path(path).parents)}
    return [path for path in found if path not in copied and not _REWRITTEN.match(path)]


def _settled(lines: list[str]) -> list[str]:
    servers = {line for line in lines if line.startswith(_SSH_SERVER)}
    kept = [line for line in lines if line not in servers and not _VOLATILE.search(line)]
    return [*sorted(servers), *(_TAINTED.sub(_without_modules, line) for line in kept)]


def _without_modules(match: re.Match[str]) -> str:
    return f"{match[1]}{int(match[2]) & ~MODULE_TAINTS}"


def _without(lines: list[str], others: list[str]) -> list[str]:
    """Return the lines that are not among the others, each as often as it is missing there."""
    rest = list(others)
    missing = []
    for line in lines:
        if line in rest:
            rest.remove(line)
        else:
            missing.append(line)
    return missing


def _less_free(before: list[str], now: list[str]) -> list[str]:
    was, left = _free_kib(before), _free_kib(now)
    return [
        f"memory of node {node}: {left.get(node, 0)} KiB free, {kib} KiB after boot"
        for node, kib in was.items()
        if left.get(node, 0) < LEAST_FREE_SHARE * kib
    ]


def _free_kib(lines: list[str]) -> dict[str, int]:
    found = re.findall(r"^Node (\d+) MemFree:\s+(\d+) kB", "\n".join(lines), re.M)
    return {node: int(kib) for node, kib in found}
