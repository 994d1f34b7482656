"""What the kernel counts: /proc/vmstat."""

import re

from avocado_pin.base.errors import EvidenceUnreadable


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
