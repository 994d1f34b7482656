"""What must happen, from the text in the configuration to the outcome on one kernel."""

import pytest

from avocado_pin.variant import expectation_parser
from avocado_pin.variant.expectation_parser import (
    MOVE,
    MOVE_REFUSED,
    NOT_APPLICABLE,
    PIN_REFUSED,
    STAY,
    Expected,
    Outcome,
)

DEBIAN_12 = "6.1.0-56-cloud-amd64"


@pytest.mark.parametrize("word", [MOVE, STAY, NOT_APPLICABLE])
def test_a_word_is_the_outcome_on_every_kernel(word: str) -> None:
    found = expectation_parser.parse(word)
    for release in (DEBIAN_12, "4.19.0", "7.3.0-rc1", "no release"):
        assert found.at(release) == Outcome(word)


@pytest.mark.parametrize("word", [PIN_REFUSED, MOVE_REFUSED])
def test_a_refusal_has_an_errno(word: str) -> None:
    assert expectation_parser.parse(f"{word} EFAULT").at(DEBIAN_12) == Outcome(word, "EFAULT")


@pytest.mark.parametrize(
    ("release", "what"),
    [
        (DEBIAN_12, STAY),
        ("6.4.16", STAY),
        ("6.5", PIN_REFUSED),
        ("6.5.0-rc1", PIN_REFUSED),
        ("6.12.48+deb13-cloud-amd64", PIN_REFUSED),
        ("7.0.1", PIN_REFUSED),
        ("no release", STAY),
    ],
)
def test_a_kernel_has_the_outcome_of_the_last_version_before_it(release: str, what: str) -> None:
    assert expectation_parser.parse("stay, 6.5 pin_refused EFAULT").at(release).what == what


@pytest.mark.parametrize(
    ("release", "what"), [("5.9.0", STAY), ("5.10.0", MOVE), ("6.1.0", MOVE), ("6.12.0", STAY)]
)
def test_outcomes_may_change_more_than_once(release: str, what: str) -> None:
    assert expectation_parser.parse("stay, 5.10 move, 6.12 stay").at(release).what == what


@pytest.mark.parametrize(
    "text",
    [
        "",
        "undecided",
        "Stay",
        "stay move",
        "stay EFAULT",
        "pin_refused",
        "pin_refused 14",
        "pin_refused EFOO",
        "pin_refused EFAULT EINVAL",
        ", stay",
        "stay,",
        "stay, move",
        "stay, 6 move",
        "stay, 6.5.1 move",
        "stay, 6.5",
        "stay, 6.5 undecided",
        "stay, 6.5 move, 6.5 stay",
        "stay, 6.5 move, 6.1 stay",
        "stay, 0.0 move",
        "stay; 6.5 move",
        "stay, v6.5 move",
    ],
)
def test_any_other_text_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        expectation_parser.parse(text)


@pytest.mark.parametrize(
    ("release", "version"),
    [
        (DEBIAN_12, (6, 1)),
        ("6.12.48+deb13-amd64", (6, 12)),
        ("7.3-rc1", (7, 3)),
        ("6", (0, 0)),
        ("", (0, 0)),
        ("linux-6.1", (0, 0)),
    ],
)
def test_the_version_of_a_release(release: str, version: tuple[int, int]) -> None:
    assert expectation_parser.version(release) == version


def test_an_expectation_mentions_what_it_says_of_any_kernel() -> None:
    found = expectation_parser.parse("stay, 6.5 not_applicable")
    assert found.mentions(STAY)
    assert found.mentions(NOT_APPLICABLE)
    assert not found.mentions(MOVE)


def _expected(subject: str, control: str) -> Expected:
    return Expected(Outcome(subject), Outcome(control))


@pytest.mark.parametrize(
    ("what", "stays"),
    [(STAY, True), (MOVE_REFUSED, True), (MOVE, False), (PIN_REFUSED, False)],
)
def test_pages_stay_also_where_a_move_is_refused(what: str, stays: bool) -> None:
    assert _expected(what, MOVE).stays is stays
    assert _expected(STAY, what).control_stays is stays


@pytest.mark.parametrize(
    ("subject", "control", "nothing"),
    [
        (STAY, MOVE, False),
        (NOT_APPLICABLE, MOVE, True),
        (STAY, NOT_APPLICABLE, True),
        (NOT_APPLICABLE, NOT_APPLICABLE, True),
    ],
)
def test_a_test_says_nothing_without_its_control_either(
    subject: str, control: str, nothing: bool
) -> None:
    assert _expected(subject, control).not_applicable is nothing
