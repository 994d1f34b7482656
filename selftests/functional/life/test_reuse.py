"""A booted guest serves the tests that need it, and never changes what they find."""

from collections.abc import Callable
from pathlib import Path

from ..conftest import AT_ONCE, SEED, Job, Result, RunningJob, left_behind, pinned, unpinned
from .test_bad_luck import qemu_of, sampled, wait_for

ONE, TWO = unpinned(1), unpinned(100)
DIRT = "mkdir /left; mount -t tmpfs none /left; echo 1 >/proc/sys/vm/overcommit_memory"


def boots(job: Job) -> list[tuple[str, str, int]]:
    """Return status, guest_boot (new: booted or restored) and guest_tests of each test."""
    found = []
    for result in job.results:
        environment = result.verdict["environment"]
        boot = "reused" if result.boot == "reused" else "new"
        found.append((result.status, boot, environment["guest_tests"]))
    return found


def why_not(result: Result) -> str:
    """Return what the test's log says about a guest that is not used again."""
    lines = [line for line in result.text("debug.log").splitlines() if "not used again" in line]
    return "\n".join(lines)


def test_tests_share_a_guest_and_have_logs_of_their_own(run_job: Callable[..., Job]) -> None:
    job = run_job(pinned(1), ONE)
    assert boots(job) == [("PASS", "new", 1), ("PASS", "reused", 2)]
    first, second = job.results
    assert "Linux version" in first.text("dmesg.txt")
    assert first.text("qemu_command.txt") == second.text("qemu_command.txt")
    for name in ("dmesg.txt", "console.txt"):
        begin, end = second.text(name).splitlines()
        assert begin.endswith(f"pin-guest: test 2 begins, {ONE}")
        assert end.endswith(f"pin-guest: test 2 ends, {ONE}")


def test_a_guest_with_something_left_behind_is_not_used_again(run_job: Callable[..., Job]) -> None:
    job = run_job(ONE, TWO, after_preflight=DIRT)
    assert boots(job) == [("PASS", "new", 1)] * 2
    why = why_not(job.results[1])
    assert "mount 'none /left tmpfs" in why
    assert "setting '/proc/sys/vm/overcommit_memory:1' is new" in why


def test_a_guest_in_which_a_test_failed_is_not_used_again(
    run_job: Callable[..., Job], patched_driver: Callable[[str], str]
) -> None:
    references = [pinned(1), pinned(100)]
    job = run_job(*references, driver_source=patched_driver("no_pin"))
    assert boots(job) == [("FAIL", "new", 1)] * 2


def test_a_guest_that_dies_between_two_tests_is_replaced(
    start_job: Callable[..., RunningJob], tmp_path: Path
) -> None:
    job = start_job(ONE, TWO)
    wait_for(lambda: list(tmp_path.glob("job-*/test-results/1-*/verdict.json")))
    qemu_of(tmp_path).kill()
    ended = job.end()
    assert boots(ended) == [("PASS", "new", 1)] * 2
    assert "QEMU ended with status 137" in why_not(ended.results[1])


def test_interrupt_in_a_reused_guest(start_job: Callable[..., RunningJob], tmp_path: Path) -> None:
    """With another guest beside it that waits."""
    job = start_job(AT_ONCE, "2", ONE, TWO, SEED)
    wait_for(lambda: sampled(tmp_path, 3))
    job.interrupt()
    assert job.end().results[-1].status == "INTERRUPTED"


def test_a_killed_job_leaves_nothing(start_job: Callable[..., RunningJob], tmp_path: Path) -> None:
    job = start_job(ONE, SEED)
    wait_for(lambda: sampled(tmp_path, 2))
    job.kill()
    wait_for(lambda: not left_behind(tmp_path))
