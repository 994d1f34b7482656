"""What the kernel answers to a forced migrator: captured answers, and altered ones."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from avocado_pin.evidence.records import Evidence
from avocado_pin.rules.judge import ERROR, FAIL, PASS
from avocado_pin.variant.variant import Variant

from .. import runs
from ..runs import PASSED, VariantOf, broken, judge, rule

Passed = Callable[[str], tuple[Variant, Evidence]]
OF_SUBJECT = "kernel's answer for the subject"
OF_CONTROL = "kernel's answer for the control"
OF_ALL = "kernel's answer for all pages"
ONCE_UNPINNED = "kernel's answer once unpinned"
OF_CHILD = "kernel's answer for the child pages"
REFUSED = "migrator is refused for {}"


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
            *("one_node", REFUSED.format("subject")),
            *("unset for 100 pages, ENODEV", "ENODEV"),
        ),
        (
            *("one_node", REFUSED.format("control")),
            *("unset for 100 pages, ENODEV", "ENODEV"),
        ),
        ("fork_move_pages", OF_CHILD, "1 for 100 pages, 0 pages not moved", "target"),
        ("offline", OF_SUBJECT, "EINTR for 1 blocks", "EINTR"),
        ("offline", OF_CONTROL, "0 for 1 blocks", "0"),
        ("migrate_pages", OF_ALL, "0 for 1 calls, 100 pages not moved", "not_moved"),
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


# what a call says beside its answers


@pytest.mark.parametrize(
    ("region", "changes", "name", "got"),
    [
        # pages that moved, though they are said not to have
        (
            *("subject", {"answers": {"1": 100}}),
            *(OF_SUBJECT, "1 for 100 pages, 100 pages not moved"),
        ),
        (
            *("subject", {"answers": {"unset": 99, "1": 1}}),
            *(OF_SUBJECT, "unset for 99 pages, 1 for 1 pages, 100 pages not moved"),
        ),
        ("control", {"errno": 5}, OF_CONTROL, "1 for 100 pages, EIO, 0 pages not moved"),
        ("control", {"not_moved": 5}, OF_CONTROL, "1 for 100 pages, 5 pages not moved"),
        (
            *("control", {"errno": 5, "not_moved": 5}),
            *(OF_CONTROL, "1 for 100 pages, EIO, 5 pages not moved"),
        ),
    ],
)
def test_an_answer_that_contradicts_itself_fails(
    passed: Passed, region: str, changes: dict[str, Any], name: str, got: str
) -> None:
    variant, evidence = passed("move_pages")
    verdict = judge(variant, _answered(evidence, region, **changes))
    assert (verdict.status, broken(verdict)) == (FAIL, [name])
    assert rule(verdict, name).got == got


@pytest.mark.parametrize(
    ("release", "not_moved", "status"),
    [
        *((runs.RELEASE, 0, PASS), (runs.RELEASE, 1, FAIL), (runs.RELEASE, 100, FAIL)),
        # From 6.7 on others of the process are counted, four on 7.3.4.
        *(
            ("7.3.4", 0, PASS),
            ("7.3.4", 4, PASS),
            ("7.3.4", 16, PASS),
            ("7.3.4", 17, FAIL),
            ("7.3.4", 100, FAIL),
        ),
    ],
)
def test_a_process_all_of_whose_pages_must_move_must_be_told_so(
    variant_of: VariantOf, passed: Passed, release: str, not_moved: int, status: str
) -> None:
    # A run of move_pages() without a pin, with the answer of migrate_pages().
    _, evidence = passed("move_pages_unpinned")
    _, other = passed("migrate_pages")
    (answer,) = other.answers
    evidence = runs.did(evidence, migrator="migrate_pages")
    evidence = replace(evidence, answers=[replace(answer, not_moved=not_moved)])
    cell = f"pin_nightly.migrate_pages.unpinned.anon.pages_1024.{runs.FORCED}"
    verdict = judge(variant_of(cell, runs.SMALL), evidence, release)
    assert (verdict.status, broken(verdict)) == (status, [] if status == PASS else [OF_ALL])
    assert rule(verdict, OF_ALL).got == f"0 for 1 calls, {not_moved} pages not moved"


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"not_moved": 99}, PASS),
        ({"not_moved": 98}, FAIL),
        ({"not_moved": 101}, FAIL),
        ({"not_moved": None}, FAIL),
        ({"not_moved": 99, "answers": {"unset": 99, "1": 1}}, FAIL),
        ({"not_moved": 99, "answers": {"unset": 99, "0": 1}}, PASS),
        ({"not_moved": 99, "errno": 5}, FAIL),
    ],
)
def test_up_to_6_0_one_page_less_is_said_not_to_have_moved(
    passed: Passed, changes: dict[str, Any], status: str
) -> None:
    variant, evidence = passed("move_pages")
    verdict = judge(variant, _answered(evidence, "subject", **changes), "5.10.0-46-cloud-amd64")
    assert (verdict.status, broken(verdict)) == (status, [] if status == PASS else [OF_SUBJECT])


def test_what_a_call_answers_is_no_node(passed: Passed) -> None:
    """migrate_pages() has one answer, whatever node the pages were on."""
    variant, evidence = passed("move_pages_from_node_1")
    _, other = passed("migrate_pages")
    evidence = runs.did(evidence, migrator="migrate_pages")
    variant = replace(variant, migrator="migrate_pages", answer_stayed=("not_moved",))
    of_all = rule(judge(variant, replace(evidence, answers=other.answers)), OF_ALL)
    assert of_all.passed


# answers that say nothing of the pages


@pytest.mark.parametrize(
    ("region", "name", "expected", "answers", "got"),
    [
        ("subject", OF_SUBJECT, "EINTR", {"-16": 1}, "EBUSY for 1 blocks"),
        (
            *("subject", OF_SUBJECT, "EINTR", {"-16": 1, "-4": 1}),
            "EBUSY for 1 blocks, EINTR for 1 blocks",
        ),
        ("control", OF_CONTROL, "0", {"-16": 1}, "EBUSY for 1 blocks"),
    ],
)
def test_a_block_that_was_not_tried_is_inconclusive(
    passed: Passed, region: str, name: str, expected: str, answers: dict[str, int], got: str
) -> None:
    variant, evidence = passed("offline")
    verdict = judge(variant, _answered(evidence, region, answers=answers))
    assert (verdict.status, broken(verdict)) == (ERROR, [name])
    assert verdict.text == (
        f"inconclusive, {name}: got {got}, expected {expected} (see samples.jsonl)"
    )


@pytest.mark.parametrize("code", [0, 22])
def test_a_block_that_is_answered_anything_else_fails(passed: Passed, code: int) -> None:
    variant, evidence = passed("offline")
    verdict = judge(variant, _answered(evidence, "subject", answers={str(-code): 1}))
    assert (verdict.status, broken(verdict)) == (FAIL, [OF_SUBJECT])
    assert verdict.text.startswith(f"{OF_SUBJECT}: got ")


def test_busy_pages_of_another_migrator_fail(passed: Passed) -> None:
    variant, evidence = passed("mbind")
    verdict = judge(variant, _answered(evidence, "subject", answers={"-16": 1}, errno=16))
    assert (verdict.status, broken(verdict)) == (FAIL, [OF_SUBJECT])


# a child


def test_no_answer_for_the_child_fails(passed: Passed) -> None:
    variant, evidence = passed("fork_move_pages")
    answers = [answer for answer in evidence.answers if answer.region != "child"]
    verdict = judge(variant, replace(evidence, answers=answers))
    assert (verdict.status, broken(verdict)) == (FAIL, [OF_CHILD])
    assert verdict.text == f"{OF_CHILD}: got none, expected target (see samples.jsonl)"


@pytest.mark.parametrize(
    ("changes", "got"),
    [
        ({"answers": {"-16": 100}}, "EBUSY for 100 pages, 0 pages not moved"),
        (
            {"answers": {"1": 99, "-16": 1}},
            "1 for 99 pages, EBUSY for 1 pages, 0 pages not moved",
        ),
        ({"not_moved": 1}, "1 for 100 pages, 1 pages not moved"),
    ],
)
def test_a_child_whose_pages_are_not_told_to_have_moved_fails(
    passed: Passed, changes: dict[str, Any], got: str
) -> None:
    variant, evidence = passed("fork_move_pages")
    verdict = judge(variant, _answered(evidence, "child", **changes))
    assert (verdict.status, broken(verdict)) == (FAIL, [OF_CHILD])
    assert rule(verdict, OF_CHILD).got == got


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
    counted = _answered(evidence, "subject", answers={}, errno=0, not_moved=not_moved)
    verdict = judge(variant, counted)
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
    name = REFUSED.format(region)
    assert (verdict.status, broken(verdict)) == (FAIL, [name])
    assert verdict.text.startswith(f"{name}: got ")
    assert verdict.text.endswith(", expected ENODEV (see samples.jsonl)")


@pytest.mark.parametrize("region", ["subject", "control"])
def test_a_refusal_must_be_answered_for_each_region(passed: Passed, region: str) -> None:
    variant, evidence = passed("one_node")
    answers = [answer for answer in evidence.answers if answer.region != region]
    verdict = judge(variant, replace(evidence, answers=answers))
    name = REFUSED.format(region)
    assert (verdict.status, broken(verdict)) == (FAIL, [name])
    assert verdict.text == f"{name}: got none, expected ENODEV (see samples.jsonl)"


def test_answers_of_a_run_by_balancing_are_not_asked_for(pinned: Variant, good: Evidence) -> None:
    assert good.answers == []
    assert judge(pinned, good).status == PASS


# a count of pages that were not moved must be all that is said


@pytest.mark.parametrize(
    "changes",
    [
        {"errno": 1},
        {"answers": {"5": 100}},
        {"answers": {"1": 100}},
        {"answers": {"-14": 50, "1": 50}},
    ],
)
def test_a_count_beside_a_refusal_or_another_node_fails(
    passed: Passed, changes: dict[str, Any]
) -> None:
    variant, evidence = passed("move_pages")
    verdict = judge(variant, _answered(evidence, "subject", **changes))
    assert (verdict.status, broken(verdict)) == (FAIL, [OF_SUBJECT])


def test_a_pinned_block_that_went_offline_is_no_excuse(passed: Passed) -> None:
    variant, evidence = passed("offline")
    verdict = judge(variant, _answered(evidence, "subject", answers={"0": 1, "-16": 1}))
    assert (verdict.status, broken(verdict)) == (FAIL, [OF_SUBJECT])


# the home node, where it is not node 0


@pytest.mark.parametrize(
    ("answers", "status"),
    [({"1": 100}, PASS), ({"1": 50, "unset": 50}, PASS), ({"0": 1, "unset": 99}, FAIL)],
)
def test_pages_that_did_not_move_are_on_the_home_node(
    passed: Passed, answers: dict[str, int], status: str
) -> None:
    """Of those that the kernel says it could not move it names no other node."""
    variant, evidence = passed("move_pages_from_node_1")
    assert (variant.home_node, evidence.start.target_node) == (1, 0)
    verdict = judge(variant, _answered(evidence, "subject", answers=answers))
    assert verdict.status == status
    assert broken(verdict) == ([] if status == PASS else [OF_SUBJECT])
