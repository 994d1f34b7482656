"""What the kernel counts: /proc/vmstat."""

import re
from itertools import pairwise

from avocado_pin.base.errors import EvidenceUnreadable

FAULTS = "pgfault"
_ONLY_GROW = (FAULTS, "nr_foll_pin_acquired", "nr_foll_pin_released")
_LINE = re.compile(r"(\w+) (\d+)\s*")
# What cat says before that file when all was added up (stat_refresh), but some counter, a pin's or
# not, is below zero: an error of kernels up to 5.12 (dropped by commit 6d99a4c029c0).
_BELOW_ZERO = "cat: read error: Invalid argument\n"


def vmstat(text: str) -> dict[str, int]:
    """Return the counters of /proc/vmstat.

    :raises EvidenceUnreadable: it is not that file
    """
    lines = [_LINE.fullmatch(line) for line in text.removeprefix(_BELOW_ZERO).splitlines()]
    counters = {match[1]: int(match[2]) for match in lines if match}
    if "nr_free_pages" not in counters or len(counters) != len(lines):
        raise _unreadable(repr(text[:100]))
    return counters


def pins_held(counters: dict[str, int]) -> int:
    """Return how many page pins are held in the system (counted since Linux 5.7).

    :raises EvidenceUnreadable: they are not counted
    """
    try:
        return counters["nr_foll_pin_acquired"] - counters["nr_foll_pin_released"]
    except KeyError as error:
        raise _unreadable(f"no {error}") from error


def check_order(read: list[dict[str, int]]) -> None:
    """Check that counters were read one after the other, of the same kernel and all of them.

    :raises EvidenceUnreadable: they were not
    """
    for before, after in pairwise(read):
        if list(before) != list(after):
            other = sorted(before.keys() ^ after.keys())
            raise _unreadable(f"not the same counters each time: {', '.join(other) or 'moved'}")
        for name in _ONLY_GROW:
            if before.get(name, 0) > after.get(name, 0):
                raise _unreadable(f"{name} {before[name]}, and later {after[name]}")
        # Reading them takes some.
        if before.get(FAULTS) == after.get(FAULTS):
            raise _unreadable(f"{FAULTS} {before.get(FAULTS)} twice")


def _unreadable(got: str) -> EvidenceUnreadable:
    return EvidenceUnreadable(
        "/proc/vmstat",
        got=got,
        expected="a counter a line, each once, nr_free_pages and those of pins among them",
        look_at="the vmstat files of the test",
    )
