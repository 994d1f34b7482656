"""Debian's kernels as configs/debian_suites.cfg has them, and the sets that use them."""

import itertools
from pathlib import Path

import pytest

from avocado_pin.debian import releases
from avocado_pin.setup import bootstrap
from avocado_pin.variant import guest_key, resolve_reference


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
    names = [cell["shortname"] for cell in resolve_reference.cells(of)]
    found = [cell["shortname"] for cell in resolve_reference.cells(over_kernels)]
    assert sorted(found) == sorted(
        name.replace(of, f"{over_kernels}.{kernel}", 1)
        for kernel in releases.names()
        for name in names
    )


def test_a_kernel_filters_pin_kernels() -> None:
    for reference in ("pin_kernels.sid", "pin_kernels..sid", "pin_kernels..(kernel=sid)"):
        assert {cell["kernel"] for cell in resolve_reference.cells(reference)} == {"sid"}


def test_each_kernels_guest_is_booted_once() -> None:
    cells = guest_key.grouped(resolve_reference.cells("pin_kernels"))
    keys = [guest_key.of(cell) for cell in cells]
    changes = sum(one != two for one, two in itertools.pairwise(keys))
    assert changes + 1 == len(set(keys)) == len(releases.names())


def test_the_default_kernels_cells_share_the_guest_of_other_sets() -> None:
    (smoke, *_), (kernels, *_) = (
        resolve_reference.cells("pin_smoke"),
        resolve_reference.cells("pin_kernels.bookworm"),
    )
    assert guest_key.of(smoke) == guest_key.of(kernels)


@pytest.mark.parametrize("name", ["pin_tests", "pin_smoke", "pin_nightly", "pin_driver"])
def test_other_sets_stay_on_the_default_kernel(name: str) -> None:
    assert {cell["kernel"] for cell in resolve_reference.cells(name)} == {bootstrap.DEFAULT_KERNEL}
    assert all("bookworm" not in cell["shortname"] for cell in resolve_reference.cells(name))


def test_a_suite_more_is_one_entry(own_configs: Path) -> None:
    path = own_configs / "debian_suites.cfg"
    path.write_text(path.read_text() + "    - forky:\n        debian_suites = forky\n")
    assert releases.names()[-1] == "forky"
    assert releases.source("forky").suites == ("forky",)
    forky, smoke = (resolve_reference.cells(name) for name in ("pin_kernels.forky", "pin_smoke"))
    assert len(forky) == len(smoke)


def test_a_night_over_kernels_goes_kernel_by_kernel() -> None:
    found = guest_key.grouped(resolve_reference.cells("pin_nightly_kernels"))
    kernels = [cell["kernel"] for cell in found]
    assert [name for name, _ in itertools.groupby(kernels)] == releases.names()
    keys = [guest_key.of(cell) for cell in found]
    assert sum(one != two for one, two in itertools.pairwise(keys)) + 1 == len(set(keys))
