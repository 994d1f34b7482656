"""Parameters, which are strings, become typed values or errors that name the parameter."""

import pytest

from avocado_pin.base.errors import BadConfiguration
from avocado_pin.base.typed_text import Reader

PARAMS = {"shortname": "set.cell", "word": " two words ", "count": "7", "share": "0.5", "on": "yes"}


@pytest.fixture
def reader() -> Reader:
    return Reader(PARAMS)


def _error(caught: pytest.ExceptionInfo[BadConfiguration]) -> str:
    return str(caught.value)


def test_a_text_has_no_blanks_around_it(reader: Reader) -> None:
    assert reader.text("word") == "two words"


def test_a_missing_parameter_is_named(reader: Reader) -> None:
    with pytest.raises(BadConfiguration) as caught:
        reader.text("other")
    assert _error(caught) == (
        "other: got no value, expected the parameter to be set (see configs/, variant set.cell)"
    )


def test_parameters_without_a_name_of_the_variant_are_read(reader: Reader) -> None:
    with pytest.raises(BadConfiguration, match=r"\(see configs/, variant \?\)$"):
        Reader({}).text("other")


def test_one_of_several_words(reader: Reader) -> None:
    assert reader.choice("on", ["yes", "no"]) == "yes"


def test_another_word_is_refused_with_those_that_are_allowed(reader: Reader) -> None:
    with pytest.raises(BadConfiguration) as caught:
        reader.choice("on", ["on", "off"])
    assert _error(caught).startswith("on: got 'yes', expected one of on, off ")


@pytest.mark.parametrize(("value", "flag"), [("yes", True), ("no", False), (" no ", False)])
def test_a_flag(value: str, flag: bool) -> None:
    assert Reader({"on": value}).flag("on") is flag


@pytest.mark.parametrize("value", ["", "Yes", "true", "1"])
def test_no_flag(value: str) -> None:
    with pytest.raises(BadConfiguration, match=f"^on: got '{value}', expected one of yes, no "):
        Reader({"on": value}).flag("on")


@pytest.mark.parametrize("bounds", [(7, 7), (0, 7), (7, 9), (-1, 100)])
def test_a_whole_number_within_its_bounds(reader: Reader, bounds: tuple[int, int]) -> None:
    assert reader.integer("count", *bounds, "pages") == 7


@pytest.mark.parametrize("value", ["", "6", "12", "-7", "7.0", "seven", "0x7", "7 8", "nan", "inf"])
def test_no_whole_number_within_its_bounds(value: str) -> None:
    with pytest.raises(BadConfiguration) as caught:
        Reader({"count": value}).integer("count", 7, 11, "pages")
    assert _error(caught).startswith(
        f"count: got {value!r}, expected a whole number from 7 to 11 (pages) "
    )


@pytest.mark.parametrize("value", ["0.5", "5e-1", "1", ".5"])
def test_a_number_within_its_bounds(value: str) -> None:
    assert Reader({"share": value}).number("share", 0.5, 1, "percent") == float(value)


@pytest.mark.parametrize("value", ["", "0.49", "1.01", "half", "nan", "inf", "-inf"])
def test_no_number_within_its_bounds(value: str) -> None:
    with pytest.raises(BadConfiguration) as caught:
        Reader({"share": value}).number("share", 0.5, 1, "percent")
    assert _error(caught).startswith(
        f"share: got {value!r}, expected a number of percent from 0.5 to 1 "
    )
