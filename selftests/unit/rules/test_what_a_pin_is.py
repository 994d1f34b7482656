"""Each pin that is expected to hold pages is judged by what does not rest on its own word."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from avocado_pin.evidence.records import CONTROL, SUBJECT, Evidence
from avocado_pin.rules.judge import ERROR, FAIL, PASS
from avocado_pin.variant import read_and_check_params, resolve_reference
from avocado_pin.variant.axes import PINS
from avocado_pin.variant.variant import Variant

from .. import runs
from ..runs import broken, judge, rule

Passed = Callable[[str], tuple[Variant, Evidence]]
# Of each pin that is expected to hold pages somewhere, a run in which it does.
HOLDS = {
    "driver": "pinned_100",
    "uacce": "uacce",
    "driver_read": "zero",
    "unpinned_after": "unpinned_after",
    **{name: name for name in PINS if name.startswith("fork")},
    "double_range": "double_range",
    "mlock": "reclaim_mlock",
}
COUNTED = [pin for pin, what in PINS.items() if what.long_term]
ASKED = [pin for pin, what in PINS.items() if what.queried]
WITH_A_DRIVER = [pin for pin, what in PINS.items() if what.device]
# What the pin itself says, directly or by its driver.
OWN_WORD = {"driver holds the mapped pages", "driver unloads", "workload ends cleanly"}


@pytest.fixture
def held(passed: Passed) -> Passed:
    """Return the variant and the evidence of a pin that held its pages."""

    def of(pin: str) -> tuple[Variant, Evidence]:
        variant, evidence = passed(HOLDS[pin])
        if pin == "driver_read":
            # The run of a pin for writing, as one for reading is on a kernel that gives each page
            # a frame of its own.
            return replace(variant, pin="driver_read"), runs.did(evidence, pin="driver_read")
        return variant, evidence

    return of


def _as_the_control(evidence: Evidence) -> Evidence:
    """Return the evidence with the subject where the control went, in counts and places."""
    for when, report in enumerate(evidence.reports):
        places = report.placements[CONTROL].places if report.placements else []
        if not places and report.control.changed:
            places = evidence.reports[-1].placements[CONTROL].places
        swapped = report.control.swapped == evidence.start.pages
        there = {page: runs.SWAPPED if swapped else place for page, place in enumerate(places)}
        evidence = runs.moved(evidence, there, SUBJECT, when)
    return evidence


def test_every_pin_that_holds_pages_in_some_cell_is_looked_at() -> None:
    found = set()
    for cell in resolve_reference.cells("pin_nightly"):
        variant = read_and_check_params.from_params(cell)
        for release in ("6.1.0", "7.3.0"):
            expected = variant.expected(release)
            if expected.stays and not expected.control_stays and not expected.not_applicable:
                found.add(variant.pin)
    assert found <= set(HOLDS)
    assert set(PINS) == {*HOLDS, "unpinned"}


@pytest.mark.parametrize("pin", HOLDS)
def test_a_pin_that_holds_its_pages_passes(held: Passed, pin: str) -> None:
    variant, evidence = held(pin)
    assert variant.pin == pin
    assert judge(variant, evidence).status == PASS


@pytest.mark.parametrize("pin", HOLDS)
def test_a_pin_whose_pages_moved_is_no_pass_by_their_places(held: Passed, pin: str) -> None:
    variant, evidence = held(pin)
    verdict = judge(variant, _as_the_control(evidence))
    # What numastat shows contradicts what the workload would say then.
    assert verdict.status == ERROR
    assert broken(verdict)[:2] == ["numastat agrees", f"{PINS[pin].called} pages stay"]


@pytest.mark.parametrize("pin", HOLDS)
def test_a_pin_is_no_pass_where_pages_that_are_not_pinned_stayed_as_well(
    held: Passed, pin: str
) -> None:
    variant, evidence = held(pin)
    at_home = dict(enumerate(evidence.start.baseline[CONTROL].places))
    for when in range(len(evidence.reports)):
        evidence = runs.moved(evidence, at_home, CONTROL, when)
    assert "control pages move" in broken(judge(variant, evidence))


@pytest.mark.parametrize("pin", COUNTED)
def test_a_long_term_pin_that_the_kernel_does_not_count_fails(held: Passed, pin: str) -> None:
    variant, evidence = held(pin)
    verdict = judge(variant, replace(evidence, pins_held=evidence.pins_before))
    assert (verdict.status, broken(verdict)) == (FAIL, ["kernel counts the pins"])
    assert not set(broken(verdict)) & OWN_WORD


@pytest.mark.parametrize("pin", ASKED)
def test_a_pin_that_can_be_asked_must_have_been(held: Passed, pin: str) -> None:
    variant, evidence = held(pin)
    never = {"driver_pages": None, "driver_differs": None}
    reports = [replace(runs.subject(report, **never), held=None) for report in evidence.reports]
    verdict = judge(variant, replace(evidence, reports=reports))
    assert (verdict.status, broken(verdict)) == (FAIL, ["driver holds the mapped pages"])


@pytest.mark.parametrize("pin", WITH_A_DRIVER)
def test_a_pins_driver_must_unload(held: Passed, pin: str) -> None:
    variant, evidence = held(pin)
    verdict = judge(variant, replace(evidence, rmmod_error="in use"))
    assert (verdict.status, broken(verdict)) == (FAIL, ["driver unloads"])


def test_what_can_be_asked_or_has_a_driver_takes_pins_that_the_kernel_counts() -> None:
    assert set(ASKED) | set(WITH_A_DRIVER) <= set(COUNTED)


def test_long_term_pins_without_a_device_are_judged_as_pins(
    monkeypatch: pytest.MonkeyPatch, pinned: Variant, good: Evidence
) -> None:
    """As of a system call that pins for the long term, of which nobody can ask the pages."""
    call = replace(PINS["driver"], device="", queried=False)
    monkeypatch.setitem(PINS, "driver", call)
    verdict = judge(pinned, good)
    names = {rule.name for rule in verdict.rules}
    assert verdict.status == PASS
    assert verdict.text.endswith("100 of 100 pinned pages stayed")
    assert {"pinned pages stay", "minor faults of the pin", "kernel counts the pins"} <= names
    assert not {"driver holds the mapped pages", "driver unloads"} & names
    verdict = judge(pinned, replace(good, pins_held=0))
    assert (verdict.status, broken(verdict)) == (FAIL, ["kernel counts the pins"])


@pytest.mark.parametrize(
    ("queried", "device", "names"),
    [
        (True, "", {"driver holds the mapped pages"}),
        (False, "/dev/page_pin", {"driver unloads"}),
    ],
)
def test_to_be_asked_and_to_have_a_driver_are_two_things(
    monkeypatch: pytest.MonkeyPatch,
    pinned: Variant,
    good: Evidence,
    queried: bool,
    device: str,
    names: set[str],
) -> None:
    monkeypatch.setitem(PINS, "driver", replace(PINS["driver"], queried=queried, device=device))
    applied = {rule.name for rule in judge(pinned, good).rules}
    assert applied & {"driver holds the mapped pages", "driver unloads"} == names


@pytest.mark.parametrize(
    ("run", "pin", "name"),
    [
        ("movable", "driver", "pin leaves ZONE_MOVABLE"),
        ("read_pin", "driver_read", "pin keeps the shared page"),
    ],
)
def test_the_rules_of_long_term_pins_need_no_device(
    monkeypatch: pytest.MonkeyPatch, passed: Passed, run: str, pin: str, name: str
) -> None:
    variant, evidence = passed(run)
    monkeypatch.setitem(PINS, pin, replace(PINS[pin], device=""))
    assert rule(judge(variant, evidence), name).passed


def test_pages_of_a_mechanism_are_called_what_it_says(
    monkeypatch: pytest.MonkeyPatch, passed: Passed
) -> None:
    variant, evidence = passed("reclaim_mlock")
    monkeypatch.setitem(PINS, "mlock", replace(PINS["mlock"], called="locked"))
    verdict = judge(variant, evidence)
    assert "100 of 100 locked pages stayed" in verdict.text
    assert rule(verdict, "locked pages stay").passed
