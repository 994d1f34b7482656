"""What goes wrong while the guest is put back as it was, after the last rule, counts as well."""

from collections.abc import Callable

from ..conftest import Job

RunJob = Callable[..., Job]
CELL = "pin_tests.move_pages.driver.file.pages_100.two_nodes.normal.off.no_writer"
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
