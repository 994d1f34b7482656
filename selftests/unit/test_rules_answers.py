"""What the kernel answers to a forced migrator: captured answers, and altered ones."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from avocado_pin.evidence import Evidence
from avocado_pin.rules import FAIL, PASS
from avocado_pin.variant import Variant

from .runs import PASSED, VariantOf, broken, judge, rule

Passed = Callable[[str], tuple[Variant, Evidence]]
OF_SUBJECT = "kernel's answer for the subject"
OF_CONTROL = "kernel's answer for the control"
OF_ALL = "kernel's answer for all pages"
ONCE_UNPINNED = "kernel's answer once unpinned"
REFUSED = "migrator is refused"


def _answered(evidence: Evidence, region: str, number: int = 1, **changes: Any) -> Evidence:
    """Return the evidence with the answer for a region altered."""
    altered = [
        replace(answer, **changes) if (answer.region, answer.round) == (region, number) else answer
        for answer in evidence.answers
    ]
    assert altered != evidence.answers
    return replace(evidence, answers=altered)


@pytest.mark.parametrize(
    ("run", "name", "got", "expected"),
    [
        ("move_pages", OF_SUBJECT, "unset for 100 pages, 100 pages not moved", "not_moved"),
        ("move_pages", OF_CONTROL, "1 for 100 pages, 0 pages not moved", "target"),
        ("move_pages_unpinned", OF_SUBJECT, "1 for 100 pages, 0 pages not moved", "target"),
        ("mbind", OF_SUBJECT, "EIO for 1 calls", "EIO"),
        ("mbind", OF_CONTROL, "0 for 1 calls", "0"),
        ("reclaim", OF_SUBJECT, "0 for 1 calls", "0"),
        ("reclaim_mlock", OF_SUBJECT, "EINVAL for 1 calls", "EINVAL"),
        ("compaction", OF_ALL, "0 for 1 calls", "0"),
        (
            "one_node",
            REFUSED,
            "unset for 100 pages, ENODEV; unset for 100 pages, ENODEV",
            "ENODEV",
        ),
    ],
)
def test_answers_are_told_in_words(
    passed: Passed, run: str, name: str, got: str, expected: str
) -> None:
    found = rule(judge(*passed(run)), name)
    assert (found.got, found.expected, found.passed) == (got, expected, True)


@pytest.mark.parametrize(
    ("run", "region", "changes", "name", "got"),
    [
        # a pinned page must be told not to have moved
        (
            *("move_pages", "subject", {"not_moved": 99}),
            *(OF_SUBJECT, "unset for 100 pages, 99 pages not moved"),
        ),
        # where the kernel does not say how many, it must give some answer that is allowed
        (
            *("move_pages", "subject", {"not_moved": None}),
            *(OF_SUBJECT, "unset for 100 pages"),
        ),
        # and one that is not to be on the target
        (
            *("move_pages", "control", {"answers": {"1": 99, "-16": 1}}),
            *(OF_CONTROL, "1 for 99 pages, EBUSY for 1 pages, 0 pages not moved"),
        ),
        (
            *("move_pages", "control", {"answers": {"0": 100}}),
            *(OF_CONTROL, "0 for 100 pages, 0 pages not moved"),
        ),
        (*("mbind", "subject", {"answers": {"0": 1}, "errno": 0}), *(OF_SUBJECT, "0 for 1 calls")),
        (
            *("mbind", "subject", {"answers": {"-14": 1}, "errno": 14}),
            *(OF_SUBJECT, "EFAULT for 1 calls"),
        ),
        (
            *("mbind", "control", {"answers": {"-5": 1}, "errno": 5}),
            *(OF_CONTROL, "EIO for 1 calls"),
        ),
        (
            *("reclaim_mlock", "subject", {"answers": {"0": 1}, "errno": 0}),
            *(OF_SUBJECT, "0 for 1 calls"),
        ),
        (
            *("compaction", "all", {"answers": {"-1": 1}, "errno": 1}),
            *(OF_ALL, "EPERM for 1 calls"),
        ),
        (*("compaction", "all", {"answers": {}}), *(OF_ALL, "nothing")),
        (
            *("migrate_pages", "all", {"not_moved": 99}),
            *(OF_ALL, "0 for 1 calls, 99 pages not moved"),
        ),
    ],
)
def test_another_answer_fails(
    passed: Passed, run: str, region: str, changes: dict[str, Any], name: str, got: str
) -> None:
    variant, evidence = passed(run)
    verdict = judge(variant, _answered(evidence, region, **changes))
    assert (verdict.status, broken(verdict)) == (FAIL, [name])
    expected = rule(verdict, name).expected
    assert verdict.text == f"{name}: got {got}, expected {expected} (see samples.jsonl)"


@pytest.mark.parametrize(
    ("run", "region", "name"),
    [
        ("move_pages", "subject", OF_SUBJECT),
        ("move_pages", "control", OF_CONTROL),
        ("unpinned_after_move_pages", "subject", OF_SUBJECT),
    ],
)
def test_no_answer_for_a_region_fails(passed: Passed, run: str, region: str, name: str) -> None:
    variant, evidence = passed(run)
    answers = [a for a in evidence.answers if (a.region, a.round) != (region, 1)]
    verdict = judge(variant, replace(evidence, answers=answers))
    assert (verdict.status, broken(verdict)) == (FAIL, [name])
    assert rule(verdict, name).got == "none"


def test_no_answer_at_all_fails(passed: Passed) -> None:
    variant, evidence = passed("compaction")
    verdict = judge(variant, replace(evidence, answers=[]))
    assert (verdict.status, broken(verdict)) == (FAIL, [OF_SUBJECT, OF_CONTROL])


# more than one answer is allowed


@pytest.mark.parametrize(
    ("allowed", "status"), [("EIO", PASS), ("0 EIO", PASS), ("0 EBUSY", FAIL), ("target", FAIL)]
)
def test_any_of_the_answers_that_are_allowed_will_do(
    variant_of: VariantOf, passed: Passed, allowed: str, status: str
) -> None:
    _, evidence = passed("mbind")
    verdict = judge(variant_of(*PASSED["mbind"], f"answer_stayed={allowed}"), evidence)
    assert verdict.status == status
    assert rule(verdict, OF_SUBJECT).expected == allowed.replace(" ", " or ")


def test_an_answer_without_a_name_is_told_by_its_number(passed: Passed) -> None:
    variant, evidence = passed("mbind")
    altered = _answered(evidence, "subject", answers={"-524": 1}, errno=0)
    verdict = judge(variant, altered)
    assert verdict.text.startswith(f"{OF_SUBJECT}: got -524 for 1 calls, expected EIO ")


# huge pages are counted in either unit


@pytest.mark.parametrize(("not_moved", "status"), [(1024, PASS), (2, PASS), (1, FAIL)])
def test_huge_pages_that_were_not_moved_may_be_counted_as_such(
    variant_of: VariantOf, passed: Passed, not_moved: int, status: str
) -> None:
    # The answer of mbind() has no count; given one, the rule is that of move_pages().
    _, evidence = passed("hugetlb")
    variant = variant_of(*PASSED["hugetlb"], "answer_stayed=not_moved")
    verdict = judge(variant, _answered(evidence, "subject", not_moved=not_moved))
    assert verdict.status == status
    assert broken(verdict) == ([] if status == PASS else [OF_SUBJECT])


# once unpinned the migrator is asked again


def test_a_page_that_was_unpinned_must_be_told_to_have_moved(passed: Passed) -> None:
    variant, evidence = passed("unpinned_after_move_pages")
    verdict = judge(variant, _answered(evidence, "subject", 2, answers={"-16": 100}))
    assert (verdict.status, broken(verdict)) == (FAIL, [ONCE_UNPINNED])
    assert rule(verdict, ONCE_UNPINNED).got == "EBUSY for 100 pages, 0 pages not moved"


def test_a_migrator_that_was_not_asked_again_fails(passed: Passed) -> None:
    variant, evidence = passed("unpinned_after_move_pages")
    first = [answer for answer in evidence.answers if answer.round == 1]
    verdict = judge(variant, replace(evidence, answers=first))
    assert (verdict.status, broken(verdict)) == (FAIL, [ONCE_UNPINNED])


# a move that must be refused


@pytest.mark.parametrize(
    ("region", "changes"),
    [
        ("subject", {"errno": 0, "answers": {"0": 100}}),
        ("control", {"errno": 22}),
        ("control", {"answers": {"0": 100}}),
    ],
)
def test_a_move_that_is_not_refused_as_it_must_be_fails(
    passed: Passed, region: str, changes: dict[str, Any]
) -> None:
    variant, evidence = passed("one_node")
    verdict = judge(variant, _answered(evidence, region, **changes))
    assert (verdict.status, broken(verdict)) == (FAIL, [REFUSED])
    assert verdict.text.startswith("migrator is refused: got ")
    assert verdict.text.endswith(", expected ENODEV (see samples.jsonl)")


def test_answers_of_a_run_by_balancing_are_not_asked_for(pinned: Variant, good: Evidence) -> None:
    assert good.answers == []
    assert judge(pinned, good).status == PASS
