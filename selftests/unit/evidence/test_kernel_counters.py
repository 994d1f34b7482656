from collections.abc import Callable
from pathlib import Path

import pytest

from avocado_pin.base.errors import EvidenceUnreadable
from avocado_pin.evidence import (
    kernel_counters,
)

Captured = Callable[[str], str]
DATA = Path(__file__).resolve().parents[2] / "data"


@pytest.mark.parametrize(("when", "held"), [("before", 0), ("pinned", 100), ("after", 0)])
def test_pins_held_during_a_pinned_run(captured: Captured, when: str, held: int) -> None:
    counters = kernel_counters.vmstat(captured(f"runs/pinned_100/vmstat_{when}.txt"))
    assert kernel_counters.pins_held(counters) == held


def test_pins_held_after_a_leak(captured: Captured) -> None:
    counters = kernel_counters.vmstat(captured("runs/leak/vmstat_after.txt"))
    assert kernel_counters.pins_held(counters) == 1


def test_every_counter_is_read(captured: Captured) -> None:
    text = captured("runs/pinned_100/vmstat_after.txt")
    counters = kernel_counters.vmstat(text)
    assert len(counters) == len(text.splitlines())
    assert counters["nr_foll_pin_acquired"] == 100


@pytest.mark.parametrize(
    ("said", "is_fine"), [("read error: Invalid argument", True), ("read error: I/O error", False)]
)
def test_a_counter_below_zero_was_an_error_of_older_kernels(
    captured: Captured, said: str, is_fine: bool
) -> None:
    """What the guest's cat says where a file of 5.10's answers EINVAL; no other error is let by."""
    text = captured("runs/movable_5_10/vmstat_after.txt")
    if is_fine:
        assert kernel_counters.vmstat(f"cat: {said}\n{text}") == kernel_counters.vmstat(text)
    else:
        with pytest.raises(EvidenceUnreadable, match=said):
            kernel_counters.vmstat(f"cat: {said}\n{text}")


def test_another_file_is_no_vmstat(captured: Captured) -> None:
    with pytest.raises(EvidenceUnreadable, match=r"/proc/vmstat: got '.*nr_free_pages and"):
        kernel_counters.vmstat(captured("runs/pinned_100/numa_maps_after.txt"))


@pytest.mark.parametrize("name", ["nr_foll_pin_acquired", "nr_foll_pin_released"])
def test_a_vmstat_without_the_counters_of_pins_says_nothing_of_pins(
    captured: Captured, name: str
) -> None:
    counters = kernel_counters.vmstat(captured("runs/pinned_100/vmstat_after.txt"))
    del counters[name]
    with pytest.raises(EvidenceUnreadable, match=f"/proc/vmstat: got no '{name}'"):
        kernel_counters.pins_held(counters)
