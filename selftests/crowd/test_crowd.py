"""What is shared by all guests of a host - slots, ports, locks - holds when there are many."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from selftests.functional.conftest import AT_ONCE, RunningJob, left_behind

GUESTS = 32
# As small as a guest can be whose first node is to hold the regions and the kernel.
SMALL = {
    "numa_mem_mib_node0": "400",
    "numa_cpulist_node0": "0",
    "numa_mem_mib_node1": "128",
    "numa_cpulist_node1": "1",
    "pages": "10",
    "snapshot": "no",
    "reuse_guest": "no",
    # Until the last one has started.
    "hold_s": "120",
}
CELL = "pin_smoke.move_pages.driver.anon.pages_1024.two_nodes.normal.off.no_writer"
JOB_S = 3000


@pytest.fixture
def many_cores(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A host of 64 cores, as far as Python is told."""
    path = os.pathsep.join([str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")])
    monkeypatch.setenv("PYTHONPATH", path)
    yield


@pytest.mark.usefixtures("many_cores")
def test_many_guests_at_once(tmp_path: Path) -> None:
    """All run at the same time, each on a port of its own, and nothing is left of them."""
    job = RunningJob(tmp_path, [*[CELL] * GUESTS, AT_ONCE, str(GUESTS)], **SMALL).end(JOB_S)
    assert [result.status for result in job.results] == ["PASS"] * GUESTS
    began = [result.verdict["phases_began"] for result in job.results]
    assert max(times["boot"] for times in began) < min(times["end"] for times in began)
    ports = {_port(result.text("debug.log")) for result in job.results}
    assert len(ports) == GUESTS
    assert left_behind(tmp_path) == []


def _port(log: str) -> str:
    found = re.search(r"TCP\[HOST_FORWARD\]\s+\d+\s+127\.0\.0\.1\s+(\d+)", log)
    assert found
    return found[1]
