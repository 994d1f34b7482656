"""A word that no test's name has is refused in filters of configs/ and of files it includes."""

from pathlib import Path

import pytest

from avocado_pin.base.errors import BadConfiguration
from avocado_pin.variant import resolve_reference

from ..conftest import with_line

PINS = "axes/pin.cfg"
SMOKE = "cells_of_sets/pin_smoke.cfg"
ANY = "a set, a group of one, or a value of an axis"


def _refused(reference: str = "pin_tests") -> BadConfiguration:
    with pytest.raises(BadConfiguration) as caught:
        resolve_reference.cells(reference)
    return caught.value


@pytest.mark.parametrize(
    ("file", "after", "line", "got", "expected"),
    [
        (SMOKE, "    - @smoke:", "        no driverr", "driverr", f"{ANY}; near: driver"),
        (SMOKE, "    - @smoke:", "        only anon, tpph..fast", "tpph", ANY),
        (SMOKE, "    - @smoke:", "        only (pni=driver)", "pni", "an axis; near: pin"),
        (SMOKE, "    - @smoke:", "        no (pin=mlok)", "mlok", "a value of pin; near: mlock"),
        (PINS, "    - unpinned:", "        !anonn: hold_s = 9", "anonn", f"{ANY}; near: anon"),
        (PINS, "    - fork:", "        anonn..fast: hold_s = 9", "anonn", f"{ANY}; near: anon"),
        (PINS, "    - fork:", "        anon: no fasst", "fasst", f"{ANY}; near: fast"),
    ],
)
def test_a_word_of_a_filter_in_configs(
    own_configs: Path, file: str, after: str, line: str, got: str, expected: str
) -> None:
    """Whichever set is asked for."""
    place = with_line(own_configs / file, after, line)
    error = _refused()
    assert (error.thing, error.got, error.look_at) == ("a filter", repr(got), place)
    assert error.expected.startswith(expected)


def test_a_condition_with_a_block_is_found_at_its_first_line(own_configs: Path) -> None:
    path = own_configs / "expectations_by_kernel.cfg"
    at = len(path.read_text().splitlines()) + 1
    with path.open("a") as expectations:
        expectations.write("migrate_pagess..anon:\n    hold_s = 9\n    rounds = 1\n")
    error = _refused()
    assert (error.got, error.look_at) == ("'migrate_pagess'", f"{path}:{at}")
    assert "near: migrate_pages" in error.expected


def test_a_file_of_the_users_that_is_included(own_configs: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine.cfg"
    mine.write_text("# My tests.\nno hugetbl\n")
    with_line(own_configs / SMOKE, "    - @smoke:", f"        include {mine}")
    error = _refused("pin_smoke")
    assert (error.got, error.look_at) == ("'hugetbl'", f"{mine}:2")
    assert "near: hugetlb" in error.expected


def test_a_word_of_another_set_only_is_known(own_configs: Path) -> None:
    """Expectations name kernels, which not every set has in its names."""
    with (own_configs / "expectations_by_kernel.cfg").open("a") as expectations:
        expectations.write("trixie..anon:\n    hold_s = 9\n")
    assert resolve_reference.cells("pin_smoke")


def test_a_file_that_is_included_and_not_there(own_configs: Path) -> None:
    with_line(own_configs / SMOKE, "    - @smoke:", "        include mine.cfg")
    error = _refused()
    assert error.thing == "the sets of tests"
    assert "mine.cfg" in str(error.got)
