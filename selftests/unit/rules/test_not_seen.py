"""A kernel newer than any that was seen: what is not known of it is no FAIL, a fault still is."""

from collections.abc import Callable
from dataclasses import replace
from errno import EIO

import pytest

from avocado_pin.evidence.records import Evidence
from avocado_pin.rules.judge import ERROR, FAIL, PASS
from avocado_pin.rules.not_seen import unknown
from avocado_pin.rules.rule import Rule, verdict
from avocado_pin.variant.variant import Variant

from ..runs import BROKEN, EvidenceOf, VariantOf, judge

# Neither is the first that is broken.
SEEN, NEWER = "7.3.4+deb13-cloud-amd64", "7.4.1-cloud-amd64"
WORD = f"kernel {NEWER} is newer than 7.3, the newest that was seen: what is expected of it is"
Passed = Callable[[str], tuple[Variant, Evidence]]


@pytest.mark.parametrize("release", ["6.1.0-56-cloud-amd64", "7.3-rc7-cloud-amd64", SEEN])
def test_there_is_no_word_on_a_kernel_that_was_seen(pinned: Variant, release: str) -> None:
    assert pinned.on(release).newer_than_seen == ""


@pytest.mark.parametrize("release", [NEWER, "8.0-rc1-cloud-amd64", "10.2.0"])
def test_there_is_a_word_on_a_newer_one(pinned: Variant, release: str) -> None:
    assert pinned.on(release).newer_than_seen == WORD.replace(NEWER, release) + " a guess"


def test_any_kernel_counts_as_seen_where_none_is_named(variant_of: VariantOf) -> None:
    variant = variant_of(BROKEN["no_pin"][0], "newest_kernel_seen=")
    assert variant.on(NEWER).newer_than_seen == ""


def test_a_good_run_passes(passed: Passed) -> None:
    assert judge(*passed("pinned_100"), NEWER).status == PASS


@pytest.mark.parametrize(("release", "status"), [(SEEN, FAIL), (NEWER, ERROR)])
def test_pages_that_do_not_move_where_it_was_not_seen_are_unknown(
    variant_of: VariantOf, evidence_of: EvidenceOf, release: str, status: str
) -> None:
    variant = variant_of(*BROKEN["unpinned_off"])
    found = judge(variant, evidence_of("unpinned_off"), release)
    assert found.status == status
    assert found.text.startswith("unknown, only ") == (status == ERROR)


@pytest.mark.parametrize(("release", "status"), [(SEEN, FAIL), (NEWER, ERROR)])
def test_an_answer_that_nobody_has_seen_is_unknown(
    passed: Passed, release: str, status: str
) -> None:
    variant, evidence = passed("zero")
    answers = [replace(answer, answers={str(-EIO): 100}) for answer in evidence.answers]
    found = judge(variant, replace(evidence, answers=answers), release)
    assert found.status == status
    assert found.text.startswith("unknown, kernel's answer") == (status == ERROR)


@pytest.mark.parametrize("run", ["no_pin", "unpin_early", "leak"])
def test_a_driver_that_does_not_hold_its_pages_fails_in_any_case(
    variant_of: VariantOf, evidence_of: EvidenceOf, run: str
) -> None:
    found = judge(variant_of(*BROKEN[run]), evidence_of(run), NEWER)
    assert found.status == FAIL
    assert not found.text.startswith("unknown")


def _broken(name: str) -> Rule:
    return Rule(name, "1", "0", passed=False, broken_means=FAIL, text=f"{name}: got 1")


def test_what_is_unknown_hides_no_fault() -> None:
    found = verdict(unknown([_broken("minor faults of the pin"), _broken("driver unloads")]), "")
    assert (found.status, found.text) == (
        FAIL,
        "driver unloads: got 1; also broken: minor faults of the pin",
    )


def test_a_pin_that_is_taken_after_all_is_counted() -> None:
    found = verdict(unknown([_broken("pin is refused"), _broken("kernel counts the pins")]), "")
    assert (found.status, found.text.partition(";")[0]) == (ERROR, "unknown, pin is refused: got 1")
    assert verdict(unknown([_broken("kernel counts the pins")]), "").status == FAIL
