"""Debian's kernels as configs/axes/kernel.cfg has them, and the sets that use them."""

import itertools
from pathlib import Path

import pytest

from avocado_pin.debian import releases
from avocado_pin.setup import bootstrap
from avocado_pin.variant import cartesian, reuse_key


def test_each_suite_says_where_to_look() -> None:
    for name in releases.names():
        source = releases.source(name)
        assert source.name == name
        assert source.suites
        assert source.target in ("", *source.suites)


@pytest.mark.parametrize(
    "name", [releases.USER_SPACE, releases.BUILDER, bootstrap.DEFAULT_KERNEL, "experimental"]
)
def test_what_the_code_names_is_there(name: str) -> None:
    assert name in releases.names()


def test_only_the_unstable_ones_may_be_out_of_date() -> None:
    expired = [name for name in releases.names() if releases.source(name).expired]
    assert expired == ["sid", "experimental"]


@pytest.mark.parametrize(
    ("over_kernels", "of"),
    [
        ("pin_kernels", "pin_smoke"),
        ("pin_tests_kernels", "pin_tests"),
        ("pin_nightly_kernels", "pin_nightly"),
    ],
)
def test_a_set_over_kernels_is_another_set_on_each_kernel(over_kernels: str, of: str) -> None:
    names = [cell["shortname"] for cell in cartesian.cells(of)]
    found = [cell["shortname"] for cell in cartesian.cells(over_kernels)]
    assert sorted(found) == sorted(
        name.replace(of, f"{over_kernels}.{kernel}", 1)
        for kernel in releases.names()
        for name in names
    )


def test_a_kernel_filters_pin_kernels() -> None:
    for reference in ("pin_kernels.sid", "pin_kernels..sid", "pin_kernels..(kernel=sid)"):
        assert {cell["kernel"] for cell in cartesian.cells(reference)} == {"sid"}


def test_each_kernels_guest_is_booted_once() -> None:
    cells = reuse_key.grouped(cartesian.cells("pin_kernels"))
    keys = [reuse_key.of(cell) for cell in cells]
    changes = sum(one != two for one, two in itertools.pairwise(keys))
    assert changes + 1 == len(set(keys)) == len(releases.names())


def test_the_default_kernels_cells_share_the_guest_of_other_sets() -> None:
    (smoke, *_), (kernels, *_) = (
        cartesian.cells("pin_smoke"),
        cartesian.cells("pin_kernels.bookworm"),
    )
    assert reuse_key.of(smoke) == reuse_key.of(kernels)


@pytest.mark.parametrize("name", ["pin_tests", "pin_smoke", "pin_nightly", "pin_driver"])
def test_other_sets_stay_on_the_default_kernel(name: str) -> None:
    assert {cell["kernel"] for cell in cartesian.cells(name)} == {bootstrap.DEFAULT_KERNEL}
    assert all("bookworm" not in cell["shortname"] for cell in cartesian.cells(name))


def test_a_suite_more_is_one_entry(own_configs: Path) -> None:
    path = own_configs / "axes" / "kernel.cfg"
    path.write_text(path.read_text() + "    - forky:\n        debian_suites = forky\n")
    assert releases.names()[-1] == "forky"
    assert releases.source("forky").suites == ("forky",)
    assert len(cartesian.cells("pin_kernels.forky")) == len(cartesian.cells("pin_smoke"))


def test_a_night_over_kernels_goes_kernel_by_kernel() -> None:
    found = reuse_key.grouped(cartesian.cells("pin_nightly_kernels"))
    kernels = [cell["kernel"] for cell in found]
    assert [name for name, _ in itertools.groupby(kernels)] == releases.names()
    keys = [reuse_key.of(cell) for cell in found]
    assert sum(one != two for one, two in itertools.pairwise(keys)) + 1 == len(set(keys))
