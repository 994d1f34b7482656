"""Rules of what the run left in the guest's kernel, whatever the pages did."""

from avocado_pin.base.artifacts import DMESG
from avocado_pin.rules.rule import FAIL, Rule


def kernel_log(lines: list[str], look_at: str = DMESG) -> Rule:
    """No warning, oops, stall or lockup."""
    return Rule(
        name="kernel log",
        got=f"{len(lines)} lines of trouble",
        expected="0: no warning, oops, stall or lockup",
        passed=not lines,
        broken_means=FAIL,
        text=f"the guest's kernel log has: {''.join(lines[:1])} (see {look_at})",
    )


def no_leak(before: int, after: int) -> Rule:
    """Every pin is given back."""
    leaked = after - before
    return Rule(
        name="no pin leaked",
        got=f"{leaked} pins more than before the workload",
        expected="0",
        passed=leaked == 0,
        broken_means=FAIL,
        text=f"{leaked} page pins leaked: nr_foll_pin_acquired and nr_foll_pin_released differ by "
        f"{after} after everything is closed, and did by {before} "
        "before (see vmstat_after.txt)",
    )


def driver_unloads(rmmod_error: str) -> Rule:
    """The driver holds nothing once everything is closed."""
    return Rule(
        name="driver unloads",
        got=rmmod_error or "unloaded",
        expected="unloaded",
        passed=not rmmod_error,
        broken_means=FAIL,
        text=f"the driver can't be unloaded after everything is closed: {rmmod_error}",
    )
