from collections.abc import Callable

import pytest

from avocado_pin import cartesian
from avocado_pin.errors import BadConfiguration


def _names(reference: str, **filters: list[str]) -> list[str]:
    return [cell["shortname"] for cell in cartesian.cells(reference, **filters)]


def test_the_names_of_the_sets_are_those_of_the_configuration() -> None:
    assert "pin_tests" in cartesian.set_names()
    for name in cartesian.set_names():
        assert cartesian.cells(name)


def test_a_reference_names_its_cells_in_the_order_of_the_configuration() -> None:
    assert _names("pin_tests.pinned") == [
        "pin_tests.pinned.pages_1",
        "pin_tests.pinned.pages_100",
        "pin_tests.pinned.pages_1024",
    ]


def test_a_reference_of_one_cell_names_that_cell_only() -> None:
    assert _names("pin_tests.seed.pinned") == ["pin_tests.seed.pinned"]


def test_two_dots_join_parts_in_any_order() -> None:
    assert _names("pin_tests..pages_1") == [
        "pin_tests.pinned.pages_1",
        "pin_tests.unpinned.pages_1",
    ]


def test_a_comma_gives_alternatives() -> None:
    assert _names("pin_tests.pinned.pages_1,pin_tests.seed.pinned") == [
        "pin_tests.pinned.pages_1",
        "pin_tests.seed.pinned",
    ]


def test_only_filters_further() -> None:
    assert _names("pin_tests.pinned", only=["pages_100"]) == ["pin_tests.pinned.pages_100"]


def test_no_filters_out() -> None:
    assert "pin_tests.pinned.pages_1024" not in _names("pin_tests.pinned", no=["pages_1024"])
    assert "pin_tests.pinned.pages_1" in _names("pin_tests.pinned", no=["pages_1024"])


def test_a_reference_that_names_nothing_has_no_cells() -> None:
    assert _names("pin_tests.pages_7") == []


def test_a_cell_has_the_values_of_its_variant_and_of_the_base() -> None:
    (cell,) = cartesian.cells("pin_tests.seed.pinned")
    assert (cell["pin"], cell["pages"], cell["samples"]) == ("driver", "100", "10")
    assert (cell["numa_nodes"], cell["workload_cpu"]) == ("node0 node1", "0")


def test_a_cell_has_none_of_the_parsers_bookkeeping() -> None:
    for cell in cartesian.cells("pin_tests"):
        assert not set(cell) & {"_name_map_file", "_short_name_map_file", "dep"}


def test_an_assignment_overrides_the_configuration() -> None:
    (cell,) = cartesian.cells("pin_tests.pinned.pages_100", assignments=["pages=7"])
    assert cell["pages"] == "7"


def test_an_assigned_value_may_have_an_equals_sign_and_spaces() -> None:
    text = "kernel_args = a=b c"
    (cell,) = cartesian.cells("pin_tests.pinned.pages_100", assignments=[text])
    assert cell["kernel_args"] == "a=b c"


@pytest.mark.parametrize("text", ["pages", "=7", " =7"])
def test_an_assignment_without_a_name_or_value_is_refused(text: str) -> None:
    with pytest.raises(BadConfiguration) as caught:
        cartesian.cells("pin_tests", assignments=[text])
    assert f"--vt-extra-params: got {text!r}, expected NAME=VALUE" in str(caught.value)


@pytest.mark.parametrize("refuse", [lambda text: {"only": [text]}, lambda text: {"no": [text]}])
def test_a_filter_that_can_not_be_parsed_is_refused(
    refuse: Callable[[str], dict[str, list[str]]],
) -> None:
    with pytest.raises(BadConfiguration, match=r"the sets of tests: got .*pin_tests\.cfg"):
        cartesian.cells("pin_tests", **refuse("pinned..,"))


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        ("pin_tests", True),
        ("pin_tests.pinned", True),
        ("pin_tests..pages_1", True),
        ("pin_tests.pinned,pin_tests.seed", True),
        ("pin_tests_of_mine", False),
        ("pinned", False),
        ("/bin/true", False),
        ("", False),
    ],
)
def test_a_reference_is_one_if_it_starts_with_a_sets_name(reference: str, expected: bool) -> None:
    assert cartesian.is_reference(reference) is expected
