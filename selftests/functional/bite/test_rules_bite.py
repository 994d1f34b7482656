"""Each rule bites: in a real guest in which something is wrong, the test does not pass."""

import re
from collections.abc import Callable

from ..conftest import Job, pinned, unpinned

PINNED = pinned(100)
UNPINNED = unpinned(100)
# Over as soon as the kernel has been asked to move the pages.
FORCED = "pin_nightly.move_pages.driver.anon.pages_100.two_nodes.normal.off.no_writer"


def test_driver_that_pins_nothing(
    run_job: Callable[..., Job], patched_driver: Callable[[str], str]
) -> None:
    result = run_job(PINNED, driver_source=patched_driver("no_pin")).only
    assert result.status == "FAIL"
    assert "100 of 100 pinned pages were not there after the pin" in result.reason
    assert result.broken["minor faults of the pin"] == "0"
    held = result.broken["driver holds the mapped pages"]
    assert held == "100 pages, 100 of which are not the mapped ones"
    assert result.broken["kernel counts the pins"] == "0"


def test_driver_that_lets_go_at_once(
    run_job: Callable[..., Job], patched_driver: Callable[[str], str]
) -> None:
    """The pages are faulted in as by a pin, so only their move tells."""
    result = run_job(PINNED, driver_source=patched_driver("unpin_at_once")).only
    assert result.status == "FAIL"
    moved = r"\d+ of 100 pinned pages moved: first page \d+ from node 0 \(PFN \d+\) to node 1 "
    assert re.search(moved + r"\(PFN \d+\) \(see samples.jsonl\)", result.reason)
    stay = result.broken["pinned pages stay"]
    assert stay.endswith(" of 100 changed node or PFN, 0 had no place after the pin")
    assert result.rule("minor faults of the pin")["passed"]


def test_driver_that_unpins_after_a_second(
    run_job: Callable[..., Job], patched_driver: Callable[[str], str]
) -> None:
    # Watched for longer than that.
    driver = patched_driver("unpin_after_second")
    result = run_job(PINNED, driver_source=driver, hold_s="3").only
    assert result.status == "FAIL"
    assert result.broken["kernel counts the pins"] == "0"


def test_driver_that_leaks_a_pin(
    run_job: Callable[..., Job], patched_driver: Callable[[str], str]
) -> None:
    result = run_job(PINNED, driver_source=patched_driver("leak")).only
    assert result.status == "FAIL"
    assert result.broken == {"no pin leaked": "1 pins more than before the workload"}
    assert "1 page pins leaked" in result.reason


def test_driver_that_warns(
    run_job: Callable[..., Job], patched_driver: Callable[[str], str]
) -> None:
    result = run_job(PINNED, driver_source=patched_driver("warn")).only
    assert result.status == "FAIL"
    assert result.broken == {"kernel log": "1 lines of trouble"}
    assert "the guest's kernel log has: WARNING: " in result.reason
    assert "page_pin" in result.text("dmesg.txt")


def test_driver_that_stays_loaded_and_answers_an_error_to_the_unpin(
    run_job: Callable[..., Job], patched_driver: Callable[..., str]
) -> None:
    driver = patched_driver("stays_loaded", "unpin_answers_error")
    result = run_job(FORCED, driver_source=driver).only
    assert result.status == "FAIL"
    assert result.broken == {
        "driver unloads": "rmmod: can't unload module 'page_pin': Resource temporarily unavailable",
        "workload ends cleanly": "exit 1, errno 5 of the unpin",
    }
    assert "the driver can't be unloaded after everything is closed: rmmod: " in result.reason


def test_driver_that_refuses_to_pin(
    run_job: Callable[..., Job], patched_driver: Callable[[str], str]
) -> None:
    result = run_job(FORCED, driver_source=patched_driver("two_pages_at_most")).only
    assert result.status == "FAIL"
    assert result.broken == {"pin is taken": "EINVAL"}
    assert "the pin of the subject was refused: EINVAL" in result.reason


def test_balancing_off_after_preflight_leaves_pinned_inconclusive(
    run_job: Callable[..., Job],
) -> None:
    result = run_job(PINNED, after_preflight=BALANCING_OFF, move_deadline_s="6").only
    assert result.status == "ERROR"
    assert result.broken == {"control pages move": "0 of 100"}
    assert "inconclusive: only 0 of 100 control pages moved to node 1" in result.reason


def test_balancing_off_after_preflight_fails_unpinned(run_job: Callable[..., Job]) -> None:
    result = run_job(UNPINNED, after_preflight=BALANCING_OFF, move_deadline_s="6").only
    assert result.status == "FAIL"
    assert result.broken == {"unpinned pages move": "0 of 100"}
    assert "only 0 of 100 unpinned pages moved to node 1 in " in result.reason
    assert "node 0: 100" in result.reason


def test_balancing_off_at_preflight(run_job: Callable[..., Job]) -> None:
    result = run_job(PINNED, kernel_args="numa_balancing=disable").only
    assert result.status == "ERROR"
    assert "/proc/sys/kernel/numa_balancing: got 0, asked for on" in result.reason


def test_kernel_without_balancing(run_job: Callable[..., Job], rt_kernel: None) -> None:
    result = run_job(UNPINNED, kernel_flavour="rt").only
    assert result.status == "CANCEL"
    assert "has no NUMA balancing" in result.reason


def test_guest_with_one_node_of_two(run_job: Callable[..., Job]) -> None:
    result = run_job(PINNED, kernel_args="numa=off").only
    assert result.status == "ERROR"
    assert "nodes: got [0], asked for [0, 1]" in result.reason


def test_layout_with_one_node(run_job: Callable[..., Job]) -> None:
    result = run_job("pin_tests.balancing.driver.anon.pages_100.one_node").only
    assert result.status == "CANCEL"
    assert "nowhere to migrate to" in result.reason


def test_numastat_that_contradicts(run_job: Callable[..., Job]) -> None:
    """Numastat shows all the process's memory on node 0, whatever happens."""
    result = run_job(unpinned(1024), after_preflight=LYING_NUMASTAT).only
    assert result.status == "ERROR"
    contradiction = r"contradicting evidence: at [\d.]+ s numastat shows 0 pages on node 1, "
    # More than none: of the pages, once they have moved, or before that of the program's own.
    more_than_none = r"the exact counts are ([1-9]\d* to \d+ and|\d+ to \d+ and [1-9])"
    assert re.search(contradiction + more_than_none, result.reason)
    assert "samples contradict" in result.broken["numastat agrees"]


def test_driver_that_breaks_its_interface(
    run_job: Callable[..., Job], patched_driver: Callable[[str], str]
) -> None:
    result = run_job("pin_driver", driver_source=patched_driver("no_pin")).only
    assert result.status == "FAIL"
    assert result.broken["abi_check"].startswith("exit 1, ")
    assert "abi_check ended with 1: not ok" in result.reason


BALANCING_OFF = "echo 0 >/proc/sys/kernel/numa_balancing"
# Shows nothing on node 1, on every row: what is before the total.
LYING_NUMASTAT = (
    "cd /usr/bin; mv numastat real; echo '#!/bin/sh' >numastat; "
    r"""echo 'real $* | sed "s/[0-9.]*  *\([0-9.]*\)$/0.00 \\1/"' >>numastat; """
    "chmod +x numastat"
)
