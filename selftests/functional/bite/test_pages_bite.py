"""The rules of what the pages are, and of where they are, bite in a real guest."""

import re
from collections.abc import Callable

import pytest

from ..conftest import Job
from .wrapped import said_otherwise, wrapped

RunJob = Callable[..., Job]
Patched = Callable[..., str]
FAST = "two_nodes.normal.fast.one_writer"
FORCED = "two_nodes.normal.off.no_writer"
# As much of node 0 as ZONE_MOVABLE has there, and more.
FULL_ZONE = (
    "mkdir /full && mount -t tmpfs -o size=400m,mpol=bind:0 full /full && "
    "dd if=/dev/zero of=/full/file bs=1M count=320"
)

SHARES = wrapped(
    ask=said_otherwise(r"s/\"page_kind\":\"shmem\"/\"page_kind\":\"anon\"/"),
    run="set -- $(echo $* | sed s/page-kind=anon/page-kind=shmem/)",
)


@pytest.mark.parametrize(
    ("kind", "rule"),
    [("zero", "pages leave the zero page"), ("ksm", "pages leave the merged pages")],
)
def test_shared_pages_that_a_pin_leaves_shared(
    run_job: RunJob, patched_driver: Patched, kind: str, rule: str
) -> None:
    cell = f"pin_nightly.balancing.driver.{kind}.pages_1024.{FAST}"
    result = run_job(cell, pages="100", driver_source=patched_driver("no_pin")).only
    assert result.status == "FAIL"
    assert result.broken[rule] == "1 frames before the pin, 1 after"
    assert "100 pages were in 1 frames before the pin and are in 1 after it" in result.reason


def test_pin_for_reading_that_takes_nothing(run_job: RunJob, patched_driver: Patched) -> None:
    """The pages do as they do when the one that they share is pinned: only the driver tells."""
    cell = f"pin_nightly.balancing.driver_read.zero.pages_100.{FAST}"
    result = run_job(cell, driver_source=patched_driver("no_pin")).only
    assert result.status == "FAIL"
    (name,) = result.broken
    assert name == "pin keeps the shared page"
    assert result.broken[name].endswith(
        "which are not the mapped ones, 0 the ones of after the pin"
    )


def test_pages_that_do_not_start_in_zone_movable(run_job: RunJob) -> None:
    """It is full, and so has nothing that a pin could leave there either."""
    cell = "pin_tests.balancing.driver.anon.pages_1024.two_nodes.movable"
    given = {"movable_mib": "512", "zone_movable": "kept"}
    result = run_job(cell, after_preflight=FULL_ZONE, **given).only
    assert result.status == "ERROR"
    assert re.fullmatch(r"\d{1,3} of 1024", result.broken["pages start in ZONE_MOVABLE"])
    kept = result.broken["pin keeps pages in ZONE_MOVABLE"]
    assert kept.startswith("0 of 1024 in ZONE_MOVABLE after the pin, ")
    assert "of 1024 subject pages were in ZONE_MOVABLE before the pin" in result.reason


def test_pinned_pages_that_are_no_longer_mapped(run_job: RunJob, patched_driver: Patched) -> None:
    cell = f"pin_nightly.move_pages.driver.anon.pages_100.{FORCED}"
    result = run_job(cell, driver_source=patched_driver("unmap_when_asked")).only
    assert result.status == "ERROR"
    assert result.broken == {"pinned pages are found": "100 of 100 without a place at the end"}
    assert "inconclusive: 100 of 100 pinned pages had no place at the end" in result.reason


def test_child_that_only_reads_beside_a_driver_with_references(
    run_job: RunJob, patched_driver: Patched
) -> None:
    """Fork copies what is pinned, and of this it knows nothing: the parent's write makes a copy.

    A child that writes first has its own copies by the time that it is looked at.
    """
    reads, writes = (
        f"pin_nightly.balancing.{pin}.anon.pages_100.{FAST}" for pin in ("fork_reads", "fork")
    )
    results = run_job(reads, writes, driver_source=patched_driver("references")).results
    assert [result.status for result in results] == ["FAIL", "FAIL"]
    shared = [result.broken.get("child's copies are its own") for result in results]
    assert shared == ["100 frames shared with the parent", None]
    stays = [result.broken.get("pinned pages stay") for result in results]
    assert stays == ["100 of 100 changed node or PFN, 0 had no place after the pin"] * 2


def test_child_that_has_its_parents_pages(run_job: RunJob) -> None:
    """Shared memory is not copied; the workload says that it is private."""
    cell = f"pin_nightly.move_pages.fork.anon.pages_1024.{FORCED}"
    result = run_job(cell, pages="100", after_preflight=SHARES).only
    assert result.status == "FAIL"
    assert result.broken["the child's pages move"] == "0 of 100"
    assert result.broken["child's copies are its own"] == "100 frames shared with the parent"
    assert "kernel's answer for the child pages" in result.broken
