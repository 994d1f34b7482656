"""What goes wrong while the guest is put back as it was, after the last rule, counts as well."""

from collections.abc import Callable

import pytest

from ..conftest import Job

RunJob = Callable[..., Job]
CELL = "pin_tests.move_pages.driver.file.pages_100.two_nodes.normal.off.no_writer"
SWAPPED = "pin_tests.reclaim.driver.anon.pages_1024.two_nodes.normal.off.no_writer"
# As the kernel prints one.
WARNING = "WARNING: CPU: 0 PID: 1 at mm/gup.c:73 try_get_folio+0x1/0x2"


def before_umount(command: str) -> str:
    """Return the command by which another is run when the test's disk is taken away."""
    script = f'{command}; exec busybox umount "$@"'
    lines = f"'#!/bin/sh' '{script}'"
    place = "at=$(command -v umount); rm $at"
    return f"{place}; printf '%s\\n' {lines} >$at; chmod +x $at"


def test_shell_that_ends_while_the_guest_is_put_back_takes_the_pass(run_job: RunJob) -> None:
    result = run_job(CELL, after_preflight=before_umount("kill -9 $PPID")).only
    assert result.status == "ERROR"
    assert result.broken == {}
    assert "guest, command 'umount " in result.reason
    assert '"when": "afterwards"' in result.text("errors.jsonl")


def test_panic_while_the_guest_is_put_back(run_job: RunJob) -> None:
    result = run_job(CELL, after_preflight=before_umount("echo c >/proc/sysrq-trigger")).only
    assert result.status == "FAIL"
    assert "the guest's kernel log has: Kernel panic" in result.reason
    assert "; then: guest, command 'umount " in result.reason


def test_kernel_that_warns_while_the_guest_is_put_back(run_job: RunJob) -> None:
    warns = f'echo "<0>{WARNING}" >/dev/kmsg'
    result = run_job(CELL, after_preflight=before_umount(warns)).only
    assert result.status == "FAIL"
    assert result.broken == {"kernel log": "1 lines of trouble"}
    assert f"the guest's kernel log has: {WARNING}" in result.reason


@pytest.mark.parametrize(
    ("cell", "hook", "said"),
    [
        (
            CELL,
            "sleep 600 >/tmp/pin/disk/open 2>&1 &",
            "disk of the guest, to be taken away after the test: got exit 1: "
            "umount: can't unmount /tmp/pin/disk: Device or resource busy, expected exit 0",
        ),
        (
            SWAPPED,
            "sleep 600 </dev/ram0 >/dev/null 2>&1 &",
            "swap of the guest, to be taken away after the test: got exit 1: "
            "rmmod: can't unload module 'brd': Resource temporarily unavailable, expected exit 0",
        ),
    ],
    ids=["disk", "swap"],
)
def test_disk_or_swap_that_stays_in_the_guest(
    run_job: RunJob, cell: str, hook: str, said: str
) -> None:
    """It takes the pass, and the guest serves no other test."""
    result = run_job(cell, after_preflight=hook).only
    assert result.status == "ERROR"
    assert said in result.reason
    assert result.broken == {}
    assert '"when": "afterwards"' in result.text("errors.jsonl")
    assert "the guest is not used again: " in result.text("debug.log")
