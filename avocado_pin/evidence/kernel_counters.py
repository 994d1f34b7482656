"""What the kernel counts: /proc/vmstat."""

import re

from avocado_pin.base.errors import EvidenceUnreadable


def vmstat(text: str) -> dict[str, int]:
    """Return the counters of /proc/vmstat.

    :raises EvidenceUnreadable: it is not that file
    """
    counters = dict(re.findall(r"^(\w+) (\d+)\s*$", text, re.MULTILINE))
    if "nr_free_pages" not in counters:
        raise _unreadable(repr(text[:100]))
    return {name: int(value) for name, value in counters.items()}


def pins_held(counters: dict[str, int]) -> int:
    """Return how many page pins are held in the system (counted since Linux 5.7).

    :raises EvidenceUnreadable: they are not counted
    """
    try:
        return counters["nr_foll_pin_acquired"] - counters["nr_foll_pin_released"]
    except KeyError as error:
        raise _unreadable(f"no {error}") from error


def _unreadable(got: str) -> EvidenceUnreadable:
    return EvidenceUnreadable(
        "/proc/vmstat",
        got=got,
        expected="a counter a line, nr_free_pages and those of pins among them",
        look_at="the vmstat files of the test",
    )
