"""Each axis bites: in a real guest in which its value is not what it says, the test does not pass.

docs/rules.md has the table.
"""

import re
from collections.abc import Callable

import pytest

from ..conftest import Job

RunJob = Callable[..., Job]
Patched = Callable[..., str]
FAST = "two_nodes.normal.fast.one_writer"
FORCED = "two_nodes.normal.off.no_writer"


def test_layout_with_other_distances(run_job: RunJob) -> None:
    """The guest gets a distance that the layout does not have."""
    cell = "pin_nightly.move_pages.driver.anon.pages_100.four_nodes"
    result = run_job(cell, vt_numa_dist_node0="[[0, 10], [1, 99], [2, 20], [3, 32]]").only
    assert result.status == "ERROR"
    assert "distances of node 0: got [10, 99, 20, 32], asked for [10, 12, 20, 32]" in result.reason


@pytest.mark.parametrize("migrator", ["move_pages", "migrate_pages", "mbind", "cpuset"])
def test_forced_migrator_moves_what_a_lying_driver_does_not_hold(
    run_job: RunJob, patched_driver: Patched, migrator: str
) -> None:
    cell = f"pin_nightly.{migrator}.driver.anon.pages_1024.{FORCED}"
    result = run_job(cell, driver_source=patched_driver("unpin_at_once")).only
    assert result.status == "FAIL"
    assert re.search(r"1024 of 1024 pinned pages moved: first page 0 from node 0", result.reason)
    # Of a cpuset the kernel does not tell.
    if migrator == "migrate_pages":
        assert result.broken["kernel's answer for all pages"] == "0 for 1 calls, 0 pages not moved"


@pytest.mark.parametrize("migrator", ["compaction", "reclaim", "offline"])
def test_other_migrators_move_what_a_lying_driver_does_not_hold(
    run_job: RunJob, patched_driver: Patched, migrator: str
) -> None:
    pages = 100 if migrator == "offline" else 1024
    cell = f"pin_nightly.{migrator}.driver.anon.pages_{pages}.{FORCED}"
    result = run_job(cell, driver_source=patched_driver("unpin_at_once")).only
    assert result.status == "FAIL"
    assert re.search(
        rf"\d+ of {pages} pinned pages moved: first page \d+ from node 0", result.reason
    )


def test_answer_of_the_kernel_that_nobody_expects(run_job: RunJob) -> None:
    """The pages stay, but not with the answer that says why."""
    cell = f"pin_nightly.mbind.driver.anon.pages_1024.{FORCED}"
    result = run_job(cell, answer_stayed="EBUSY").only
    assert result.status == "FAIL"
    assert result.broken == {"kernel's answer for the subject": "EIO for 1 calls"}
    answer = "kernel's answer for the subject: got EIO for 1 calls, expected EBUSY"
    assert answer in result.reason


def test_answer_of_pages_that_moved_that_nobody_expects(run_job: RunJob) -> None:
    """The pages of the control move, and the others once they are unpinned, with no error."""
    cell = f"pin_nightly.move_pages.unpinned_after.anon.pages_1024.{FORCED}"
    result = run_job(cell, pages="100", answer_moved="EBUSY").only
    assert result.status == "FAIL"
    assert result.broken == {
        "kernel's answer for the control": "1 for 100 pages, 0 pages not moved",
        "kernel's answer once unpinned": "1 for 100 pages, 0 pages not moved",
    }


def test_another_refusal_than_the_one_expected(run_job: RunJob) -> None:
    cell = "pin_nightly.move_pages.driver.anon.pages_100.one_node.normal.off.no_writer"
    other = "move_refused EINVAL"
    result = run_job(cell, expect=other, expect_control=other).only
    assert result.status == "FAIL"
    assert "ENODEV" in result.broken["migrator is refused for subject"]
    assert "ENODEV" in result.broken["migrator is refused for control"]


@pytest.mark.parametrize(
    "migrator", ["move_pages", "migrate_pages", "mbind", "cpuset", "reclaim", "compaction"]
)
def test_pages_expected_to_move_that_a_forced_migrator_leaves(
    run_job: RunJob, migrator: str
) -> None:
    """The answers are there at once: nobody waits for the deadline, which is 180 s."""
    cell = f"pin_nightly.{migrator}.driver.anon.pages_1024.{FORCED}"
    result = run_job(cell, expect="move").only
    assert result.status == "FAIL"
    found = re.search(r"only 0 of 1024 pinned pages .* in (\S+) s of", result.reason)
    assert found, result.reason
    assert float(found[1]) < 30


def test_page_that_is_left_out_of_a_pin(run_job: RunJob, patched_driver: Patched) -> None:
    """The page count is exact: one of two pages is enough to see it."""
    cell = "pin_tests.balancing.uacce.anon.pages_2"
    result = run_job(cell, driver_source=patched_driver("skip_last")).only
    assert result.status == "FAIL"
    assert result.rule("kernel counts the pins")["got"] == "1"
    assert "1 of 2 pinned pages moved: first page 1 from node 0" in result.reason


def test_huge_pages_that_are_none(run_job: RunJob) -> None:
    never = "echo never >/sys/kernel/mm/transparent_hugepage/enabled"
    cell = f"pin_tests.balancing.driver.thp.pages_1024.{FAST}"
    result = run_job(cell, after_preflight=never).only
    assert result.status == "ERROR"
    assert result.broken["pages are mapped huge"] == "0 of 1024"
    assert "inconclusive: only 0 of 1024 pages are mapped by huge pages" in result.reason


def test_pin_that_is_not_refused(run_job: RunJob) -> None:
    """6.1 still pins shared mappings of files for the long term."""
    cell = f"pin_nightly.move_pages.driver.file.pages_1024.{FORCED}"
    result = run_job(cell, expect="pin_refused EFAULT").only
    assert result.status == "FAIL"
    assert result.broken["pin is refused"] == "success"
    assert "the pin of the subject answered success, expected EFAULT" in result.reason


def test_lock_that_is_taken_for_a_pin(run_job: RunJob) -> None:
    """Mlock is no pin: its pages move, so a test that expects them to stay must fail."""
    cell = f"pin_nightly.balancing.mlock.anon.pages_100.{FAST}"
    result = run_job(cell, expect="stay").only
    assert result.status == "FAIL"
    assert re.search(r"\d+ of 100 mlocked pages moved: first page", result.reason)


def test_unpin_that_does_not_unpin(run_job: RunJob, patched_driver: Patched) -> None:
    cell = f"pin_nightly.move_pages.unpinned_after.anon.pages_1024.{FORCED}"
    driver = patched_driver("leak")
    result = run_job(cell, pages="100", driver_source=driver).only
    assert result.status == "FAIL"
    assert "1 page pins leaked" in result.reason
    assert result.broken["once pinned pages move"] == "99 of 100"
    # The kernel has answered: nothing is waited for until the deadline.
    unpinned = result.text("samples.jsonl").partition('"event":"unpin"')[2]
    assert unpinned.count('"reason":"request"') <= 6


def test_pin_that_leaves_pages_in_zone_movable(run_job: RunJob, patched_driver: Patched) -> None:
    cell = "pin_tests.balancing.driver.anon.pages_1024.two_nodes.movable"
    result = run_job(cell, driver_source=patched_driver("short_term")).only
    assert result.status == "FAIL"
    got = "1024 of 1024 in ZONE_MOVABLE after the pin, 1024 in the frames of before"
    assert result.broken["pin leaves ZONE_MOVABLE"] == got
    assert "1024 of 1024 pinned pages are still in ZONE_MOVABLE" in result.reason


def test_balancing_that_is_not_off(run_job: RunJob) -> None:
    """What moves ends the run, before its time; and the setting is not as it was made."""
    cell = "pin_nightly.balancing.unpinned.anon.pages_100.two_nodes.normal.off.one_writer"
    balancing_on = "echo 1 >/proc/sys/kernel/numa_balancing"
    result = run_job(cell, after_preflight=balancing_on, hold_s="30").only
    assert result.status == "FAIL"
    assert re.search(r"\d+ of 100 unpinned pages moved: first page", result.reason)
    assert result.broken["control pages stay"].endswith(" of 100 changed node or PFN")
    assert re.fullmatch(r"\d+\.\d s, \d+ passes over the pages", result.broken["time was given"])
    settings = "1 in /proc/sys/kernel/numa_balancing, set to 0"
    assert result.broken["settings stay"] == settings


def test_writer_that_is_elsewhere(run_job: RunJob) -> None:
    """The pages follow their writer, to node 3, and not where the test says, to node 2."""
    cell = "pin_nightly.balancing.unpinned.anon.pages_100.four_nodes.normal.fast.far_writer"
    result = run_job(cell, target_node="2", move_deadline_s="20").only
    assert result.status == "FAIL"
    assert "only 0 of 100 unpinned pages moved to node 2" in result.reason
    assert "node 3: 100" in result.reason


def test_combination_that_nobody_decided(run_job: RunJob) -> None:
    cell = f"pin_nightly.compaction.driver.anon.pages_1024.{FORCED}"
    result = run_job(cell, expect="undecided").only
    assert result.status == "ERROR"
    assert (
        "expect: got 'undecided', expected decided in configs/expectations_by_kernel.cfg"
        in result.reason
    )
