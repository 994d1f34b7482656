"""What a variant needs in the guest beside its kernel."""

import pytest

from avocado_pin.trial import swap_and_disk
from avocado_pin.trial.swap_and_disk import SERVICES
from avocado_pin.trial.workload_process import DISK
from avocado_pin.variant import resolve_reference
from avocado_pin.variant.axes import MIB, NEEDS, PAGE_BYTES
from avocado_pin.variant.read_and_check_params import from_params

from ..runs import PASSED, VariantOf

LARGE = "pin_nightly.balancing.driver.anon.pages_65536.two_nodes.normal.stock.one_writer"


def test_there_is_a_service_for_each_need() -> None:
    assert set(SERVICES) == set(NEEDS) - {"nothing"}


@pytest.mark.parametrize(("run", "need"), [("file", "disk"), ("reclaim", "swap")])
def test_a_variant_says_what_it_needs(variant_of: VariantOf, run: str, need: str) -> None:
    assert variant_of(*PASSED[run]).need == need


@pytest.mark.parametrize("cell", [*PASSED["file"], *PASSED["pinned_100"], LARGE])
def test_all_regions_have_room_on_the_disk(variant_of: VariantOf, cell: str) -> None:
    variant = variant_of(cell, "need=swap")
    assert swap_and_disk._disk_mib(variant) * MIB > 3 * variant.pages * PAGE_BYTES


def test_files_are_where_the_workload_makes_them() -> None:
    assert f" {DISK}" in SERVICES["disk"].start
    assert f"umount {DISK} &&" in SERVICES["disk"].stop


@pytest.mark.parametrize("name", ["pin_tests", "pin_nightly", "pin_smoke"])
def test_pages_of_files_have_a_disk_and_pages_that_are_reclaimed_swap(name: str) -> None:
    for cell in resolve_reference.cells(name):
        variant = from_params(cell)
        if variant.page_kind == "file":
            assert variant.need == "disk"
        if variant.migrator == "reclaim":
            assert variant.need == "swap"
