"""Texts of the guest's kernel: counters, a process's mappings, and the log."""

import re
from collections.abc import Collection

from avocado_pin.errors import EvidenceUnreadable

# What no test may leave in the kernel's log. Each is matched with the text the kernel prints it
# with (lib/bug.c, mm/page_alloc.c, kernel/rcu/tree_stall.h, kernel/watchdog.c, kernel/hung_task.c).
_TROUBLE = re.compile(
    r"WARNING: |BUG: |kernel BUG at|Oops|general protection fault|Unable to handle kernel"
    r"|: [0-9a-f]{4,} \[#\d+\]|detected (expedited )?stalls?\b|self-detected stall"
    r"|soft lockup|hard LOCKUP|blocked for more than"
    r"|Bad page state|refcount_t: |UBSAN: |KASAN: |Kernel panic"
)
# Before it on a console's line can be what a program printed.
_LOG_TIME = re.compile(r"^.*\[ *\d+\.\d+\]\s*")


def trouble(log: str) -> list[str]:
    """Return the lines of a kernel log that tell of a warning, oops, stall or lockup."""
    return [_LOG_TIME.sub("", line).strip() for line in log.splitlines() if _TROUBLE.search(line)]


def vmstat(text: str) -> dict[str, int]:
    """Return the counters of /proc/vmstat.

    :raises EvidenceUnreadable: it is not that file
    """
    counters = dict(re.findall(r"^(\w+) (\d+)\s*$", text, re.MULTILINE))
    if "nr_free_pages" not in counters:
        raise EvidenceUnreadable(
            "/proc/vmstat",
            got=repr(text[:100]),
            expected="a counter a line, nr_free_pages among them",
            look_at="the vmstat files of the test",
        )
    return {name: int(value) for name, value in counters.items()}


def pins_held(counters: dict[str, int]) -> int:
    """Return how many page pins are held in the system (counted since Linux 5.7)."""
    return counters.get("nr_foll_pin_acquired", 0) - counters.get("nr_foll_pin_released", 0)


def mapped_bytes(numa_maps: str, without: Collection[int]) -> dict[int, int]:
    """Return a process's memory on each node, in bytes, by its numa_maps.

    Format: Documentation/filesystems/proc.rst.

    :param without: start addresses of mappings that don't count
    """
    found: dict[int, int] = {}
    for line in numa_maps.splitlines():
        kib = re.search(r"\bkernelpagesize_kB=(\d+)", line)
        if not kib or int(line.split()[0], 16) in without:
            continue
        for node, pages in re.findall(r"\bN(\d+)=(\d+)", line):
            found[int(node)] = found.get(int(node), 0) + int(pages) * int(kib[1]) * 1024
    return found
