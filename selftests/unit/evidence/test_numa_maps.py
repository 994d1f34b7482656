from collections.abc import Callable
from pathlib import Path

import pytest

from avocado_pin.evidence import (
    events,
    numa_maps,
    numastat,
)

Captured = Callable[[str], str]
DATA = Path(__file__).resolve().parents[2] / "data"


@pytest.fixture
def maps(captured: Captured) -> str:
    """Return the mappings of a run in which both regions moved to node 1, 100 pages each."""
    return captured("runs/seed_unpinned/numa_maps_after.txt")


def _addresses(captured: Captured, run: str) -> list[int]:
    found = events.read(captured(f"runs/{run}/samples.jsonl").splitlines())
    return events.start(found).addresses


def test_mapped_bytes_are_the_pages_of_all_mappings_by_node(maps: str) -> None:
    # Node 0: 1 + 127 + 62 + 34 + 43 + 30 pages; node 1: 45 + 48 + 5 + 3 + 3 + 100 + 100 + 1 + 3.
    assert numa_maps.mapped_bytes(numa_maps.parse(maps), without=()) == {
        0: 297 * 4096,
        1: 308 * 4096,
    }


def test_mapped_bytes_leave_out_both_regions(captured: Captured, maps: str) -> None:
    addresses = _addresses(captured, "seed_unpinned")
    found = numa_maps.mapped_bytes(numa_maps.parse(maps), without=addresses)
    assert found == {0: 297 * 4096, 1: 108 * 4096}


def test_mapped_bytes_leave_out_one_region_only(captured: Captured, maps: str) -> None:
    for address in _addresses(captured, "seed_unpinned"):
        found = numa_maps.mapped_bytes(numa_maps.parse(maps), without=[address])
        assert found == {0: 297 * 4096, 1: 208 * 4096}


def test_mapped_bytes_leave_out_what_starts_there_only(captured: Captured, maps: str) -> None:
    inside = [address + 4096 for address in _addresses(captured, "seed_unpinned")]
    found = numa_maps.mapped_bytes(numa_maps.parse(maps), without=inside)
    assert found == numa_maps.mapped_bytes(numa_maps.parse(maps), without=())


def test_mapped_bytes_are_in_the_page_size_of_each_mapping(maps: str) -> None:
    # The heap's 34 pages, all on node 0, as pages of 64 KiB.
    larger = "".join(
        line.replace("kernelpagesize_kB=4", "kernelpagesize_kB=64") if " heap " in line else line
        for line in maps.splitlines(keepends=True)
    )
    found = numa_maps.mapped_bytes(numa_maps.parse(larger), without=())
    assert found == {0: (297 + 15 * 34) * 4096, 1: 308 * 4096}


@pytest.mark.parametrize("run", ["pinned_100", "unpinned_100", "seed_pinned", "seed_unpinned"])
def test_mapped_bytes_are_what_numastat_shows_on_each_node(captured: Captured, run: str) -> None:
    mappings = numa_maps.parse(captured(f"runs/{run}/numa_maps_after.txt"))
    mapped = numa_maps.mapped_bytes(mappings, without=())
    shown = events.numastat_samples(captured(f"runs/{run}/numastat.log"))[-1].table
    assert sorted(mapped) == sorted(shown.rows["Total"])
    for node, size in mapped.items():
        assert abs(size - shown.node_bytes(node)) <= numastat.ROUNDING_BYTES


def test_no_mappings_have_no_bytes() -> None:
    assert numa_maps.mapped_bytes([], without=()) == {}
