"""A workload that does something else than it was asked for, or reports what is not so, bites."""

from collections.abc import Callable

from ..conftest import Job
from .wrapped import said_otherwise, wrapped

RunJob = Callable[..., Job]
FORCED = "two_nodes.normal.off.no_writer"
# The pages are read where they were to be written.
READS = wrapped(ask=":", run="set -- $(echo $* | sed s/access=write/access=read/)")
# Of pages that have not changed, one is said to have.
COUNTS_ONE_MORE = wrapped(ask=said_otherwise(r"s/\"changed\":0,/\"changed\":1,/"), run=":")


def test_workload_that_reads_where_it_was_to_write(run_job: RunJob) -> None:
    cell = f"pin_nightly.move_pages.driver.anon.pages_100.{FORCED}"
    result = run_job(cell, after_preflight=READS).only
    assert result.status == "ERROR"
    assert result.broken == {"workload did what was asked": "access read, not write"}
    assert "the workload did something else: access read, not write" in result.reason


def test_a_count_of_the_workloads_that_is_not_so_and_a_range_that_stays_pinned(
    run_job: RunJob, patched_driver: Callable[..., str]
) -> None:
    """The driver keeps a page of the range that was released, and one of the subject's."""
    cell = f"pin_nightly.move_pages.double_range.anon.pages_1024.{FORCED}"
    driver = patched_driver("leak")
    result = run_job(cell, pages="100", driver_source=driver, after_preflight=COUNTS_ONE_MORE).only
    assert result.status == "FAIL"
    assert result.broken["no pin leaked"] == "2 pins more than before the workload"
    assert result.rule("reports agree with the places")["broken_means"] == "ERROR"
    assert "contradictions" in result.broken["reports agree with the places"]
    assert "kernel's answer for the released pages" in result.broken
    assert result.broken["released pages move"] == "99 of 100"
