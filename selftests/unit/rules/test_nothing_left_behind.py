"""What the run left in the guest's kernel: each rule holds, and breaks on altered evidence."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from avocado_pin.evidence import kernel_log_faults
from avocado_pin.evidence.records import Evidence
from avocado_pin.rules.judge import FAIL, PASS
from avocado_pin.variant.variant import Variant

from ..runs import Captured, broken, judge, rule

Passed = Callable[[str], tuple[Variant, Evidence]]
IN_USE = "rmmod: ERROR: Module page_pin is in use"
EVERY_KIND = ["pinned_100", "unpinned_100", "balancing_off", "move_pages", "fork"]


# kernel log


@pytest.mark.parametrize("run", EVERY_KIND)
def test_a_line_of_trouble_fails(passed: Passed, captured: Captured, run: str) -> None:
    variant, evidence = passed(run)
    trouble = kernel_log_faults.trouble(captured("dmesg/null_pointer.txt"))
    verdict = judge(variant, replace(evidence, trouble=trouble))
    assert (verdict.status, broken(verdict)) == (FAIL, ["kernel log"])
    assert verdict.text == (
        "the guest's kernel log has: BUG: kernel NULL pointer dereference, "
        "address: 0000000000000000 (see dmesg.txt)"
    )
    assert rule(verdict, "kernel log").got == "2 lines of trouble"


# no pin leaked


@pytest.mark.parametrize("leaked", [1, 100, -1])
@pytest.mark.parametrize("run", EVERY_KIND)
def test_a_leak_fails(passed: Passed, run: str, leaked: int) -> None:
    variant, evidence = passed(run)
    verdict = judge(variant, replace(evidence, pins_after=leaked))
    assert (verdict.status, broken(verdict)) == (FAIL, ["no pin leaked"])
    assert verdict.text == (
        f"{leaked} page pins leaked: nr_foll_pin_acquired and nr_foll_pin_released differ by "
        f"{leaked} after everything is closed, and did by 0 before (see vmstat_after.txt)"
    )


def test_pins_that_others_held_before_are_no_leak(pinned: Variant, good: Evidence) -> None:
    verdict = judge(pinned, replace(good, pins_before=7, pins_held=107, pins_after=7))
    assert verdict.status == PASS


# driver unloads


@pytest.mark.parametrize("run", ["pinned_100", "unpinned_after", "one_node", "read_pin"])
def test_a_driver_that_does_not_unload_fails(passed: Passed, run: str) -> None:
    variant, evidence = passed(run)
    verdict = judge(variant, replace(evidence, rmmod_error=IN_USE))
    assert (verdict.status, broken(verdict)) == (FAIL, ["driver unloads"])
    assert verdict.text == f"the driver can't be unloaded after everything is closed: {IN_USE}"
    assert rule(verdict, "driver unloads").got == IN_USE
