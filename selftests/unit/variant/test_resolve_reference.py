from collections.abc import Callable

import pytest

from avocado_pin.base.errors import BadConfiguration
from avocado_pin.variant import refuse_unknown_names, resolve_reference

CELL = "pin_smoke.balancing.driver.anon.pages_100.two_nodes.normal.fast.one_writer"
FORCED = "pin_smoke.move_pages.driver.anon.pages_1024.two_nodes.normal.off.no_writer"


def _names(reference: str, **filters: list[str]) -> list[str]:
    return [cell["shortname"] for cell in resolve_reference.cells(reference, **filters)]


def test_the_names_of_the_sets_are_those_of_the_configuration() -> None:
    assert "pin_tests" in resolve_reference.set_names()
    for name in resolve_reference.set_names():
        assert resolve_reference.cells(name)


def test_a_reference_names_its_cells_in_the_order_of_the_configuration() -> None:
    assert _names("pin_smoke.balancing") == [
        CELL,
        "pin_smoke.balancing.driver.thp.pages_1024.two_nodes.normal.fast.one_writer",
        "pin_smoke.balancing.unpinned.anon.pages_100.two_nodes.normal.fast.one_writer",
    ]


def test_a_reference_of_one_cell_names_that_cell_only() -> None:
    assert _names(CELL) == [CELL]


def test_the_sets_group_is_not_in_the_way_of_a_reference() -> None:
    (cell,) = resolve_reference.cells(CELL)
    assert cell["name"].startswith("(set=pin_smoke).smoke.(migrator=balancing).(pin=driver).")


def test_two_dots_join_parts_in_any_order() -> None:
    both = _names("pin_smoke..move_pages..driver")
    assert both == _names("pin_smoke..driver..move_pages") == [FORCED]


def test_a_part_of_the_middle_of_a_name_follows_two_dots() -> None:
    assert _names("pin_smoke..driver.anon") == [CELL, FORCED]


def test_a_comma_gives_alternatives() -> None:
    assert _names("pin_smoke..move_pages.driver,pin_smoke..pages_100") == [
        CELL,
        CELL.replace("driver", "unpinned"),
        FORCED,
    ]


def test_each_alternative_may_be_a_whole_name() -> None:
    assert _names(f"{FORCED},{CELL}") == [CELL, FORCED]
    assert _names(f"{FORCED}, pin_tests.balancing.fork") == [
        "pin_tests.balancing.fork.anon.pages_100.two_nodes.normal.fast.one_writer",
        FORCED,
    ]


def test_only_filters_further() -> None:
    assert _names("pin_smoke.balancing.driver", only=["pages_100"]) == [CELL]


def test_no_filters_out() -> None:
    assert FORCED not in _names("pin_smoke..driver", no=["move_pages"])
    assert CELL in _names("pin_smoke..driver", no=["move_pages"])


def test_a_reference_that_names_nothing_has_no_cells() -> None:
    assert _names("pin_smoke.balancing.pages_100") == []
    assert _names("pin_smoke..pages_1") == []


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        ("pin_tests..hugetbl", "pin_tests..hugetbl: got 'hugetbl', expected a set, a group of"),
        ("pin_tests..hugetbl", "near: hugetlb, hugetlb_memfd (see "),
        ("pin_tests..thp,pin_smok", "got 'pin_smok', expected a set"),
        ("pin_tests..thp, pin_smoke..driverr", "got 'driverr', expected a set"),
        ("pin_tests..(pni=driver)", "got 'pni', expected an axis; near: pin (see "),
        ("pin_tests..(pin = driverr)", "got 'driverr', expected a value of pin; near: driver"),
    ],
)
def test_a_word_that_no_name_has_is_refused(reference: str, message: str) -> None:
    with pytest.raises(BadConfiguration) as caught:
        resolve_reference.cells(reference)
    assert message in str(caught.value)


@pytest.mark.parametrize("option", ["only", "no"])
def test_a_word_of_a_filter_that_no_name_has_is_refused(option: str) -> None:
    with pytest.raises(BadConfiguration) as caught:
        resolve_reference.cells("pin_tests", **{option: ["driverr"]})
    assert str(caught.value).startswith(f"--vt-{option}-filter: got 'driverr', expected")


@pytest.mark.parametrize(
    "reference",
    ["pin_tests..seed", "pin_nightly..mlock", "pin_nightly_kernels..(kernel=bookworm)..seed"],
)
def test_a_group_an_axis_and_a_value_of_one_name_are_known(reference: str) -> None:
    assert _names(reference)


def test_a_cell_has_the_values_of_its_variant_and_of_the_base() -> None:
    (cell,) = resolve_reference.cells("pin_tests..driver..seed")
    assert (cell["pin"], cell["pages"], cell["samples"]) == ("driver", "100", "10")
    assert (cell["numa_nodes"], cell["workload_cpu"]) == ("node0 node1", "0")


def test_a_cell_has_none_of_the_parsers_bookkeeping() -> None:
    for cell in resolve_reference.cells("pin_tests"):
        assert not set(cell) & {"_name_map_file", "_short_name_map_file", "dep"}


def test_an_assignment_overrides_the_configuration() -> None:
    (cell,) = resolve_reference.cells(CELL, assignments=["pages=7"])
    assert cell["pages"] == "7"


def test_an_assigned_value_may_have_an_equals_sign_and_spaces() -> None:
    text = "kernel_args = a=b c"
    (cell,) = resolve_reference.cells(CELL, assignments=[text])
    assert cell["kernel_args"] == "a=b c"


@pytest.mark.parametrize("text", ["pages", "=7", " =7"])
def test_an_assignment_without_a_name_or_value_is_refused(text: str) -> None:
    with pytest.raises(BadConfiguration) as caught:
        resolve_reference.cells("pin_tests", assignments=[text])
    assert f"--vt-extra-params: got {text!r}, expected NAME=VALUE" in str(caught.value)


@pytest.mark.parametrize("refuse", [lambda text: {"only": [text]}, lambda text: {"no": [text]}])
def test_a_filter_that_can_not_be_parsed_is_refused(
    refuse: Callable[[str], dict[str, list[str]]],
) -> None:
    with pytest.raises(BadConfiguration, match=r"the sets of tests: got .*sets\.cfg"):
        resolve_reference.cells("pin_tests", **refuse("driver..,"))


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        ("pin_tests", True),
        ("pin_tests.balancing.driver", True),
        ("pin_tests..pages_1", True),
        ("pin_tests..driver,pin_smoke", True),
        ("pin_nightly", True),
        ("pin_driver.abi", True),
        ("pin_tests_of_mine", False),
        ("balancing", False),
        ("/bin/true", False),
        ("", False),
    ],
)
def test_a_reference_is_one_if_it_starts_with_a_sets_name(reference: str, expected: bool) -> None:
    assert resolve_reference.is_reference(reference) is expected


def test_the_names_of_the_parameters_are_those_of_the_base_and_of_the_axes() -> None:
    names = refuse_unknown_names.base_names()
    assert {"numa_nodes", "pages", "expect_why", "set", "migrator", "layout"} <= names
    (cell,) = resolve_reference.cells(CELL)
    assert set(cell) - names == {"name", "shortname"}
