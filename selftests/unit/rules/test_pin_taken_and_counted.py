"""The pin itself: each rule holds on a real run, and breaks on its evidence altered once."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from avocado_pin.evidence.placement import Place
from avocado_pin.evidence.records import SUBJECT, Evidence
from avocado_pin.rules.judge import ERROR, FAIL, PASS, Verdict
from avocado_pin.rules.page_kind import most_shared_frames
from avocado_pin.variant.variant import Variant

from .. import runs
from ..runs import PINNED, EvidenceOf, VariantOf, broken, judge, rule

RELEASE_5_10 = "5.10.0-46-cloud-amd64"
Passed = Callable[[str], tuple[Variant, Evidence]]
# The captured run in which the kernel refused the pin was one in ZONE_MOVABLE.
REFUSED = (
    "pin_nightly.move_pages.driver.hugetlb.pages_1024.two_nodes.normal.off.no_writer",
    "expect=pin_refused ENOMEM",
    "expect_why=there is none elsewhere",
)


# pin is refused, pin is taken


@pytest.fixture
def refusal(evidence_of: EvidenceOf) -> Evidence:
    """Return the evidence of a run in which the kernel refused the pin."""
    return evidence_of("pin_refused")


def test_a_pin_that_must_be_refused_and_is_passes(variant_of: VariantOf, refusal: Evidence) -> None:
    verdict = judge(variant_of(*REFUSED), refusal)
    assert verdict.status == PASS
    assert verdict.text.startswith("the pin was refused with ENOMEM, as expected: there is none ")
    assert [rule.name for rule in verdict.rules] == [
        *("kernel log", "no pin leaked", "pin is refused"),
        *("kernel counts the pins", "driver unloads"),
    ]


def test_a_refusal_with_another_errno_fails(variant_of: VariantOf, refusal: Evidence) -> None:
    verdict = judge(variant_of(REFUSED[0], "expect=pin_refused EFAULT"), refusal)
    assert (verdict.status, broken(verdict)) == (FAIL, ["pin is refused"])
    assert verdict.text == (
        "the pin of the subject answered ENOMEM, expected EFAULT (see samples.jsonl)"
    )


def test_a_pin_that_must_be_refused_but_is_taken_fails(
    variant_of: VariantOf, good: Evidence
) -> None:
    verdict = judge(variant_of(PINNED, "expect=pin_refused EFAULT"), good)
    assert verdict.status == FAIL
    assert broken(verdict) == ["pin is refused", "kernel counts the pins"]
    assert verdict.text.startswith("the pin of the subject answered success, expected EFAULT ")


def test_pins_that_a_refused_pin_left_fail(variant_of: VariantOf, refusal: Evidence) -> None:
    verdict = judge(variant_of(*REFUSED), replace(refusal, pins_held=1))
    assert (verdict.status, broken(verdict)) == (FAIL, ["kernel counts the pins"])
    assert rule(verdict, "kernel counts the pins").expected == "0"


def test_a_refused_pin_leaves_the_driver_free(variant_of: VariantOf, refusal: Evidence) -> None:
    verdict = judge(variant_of(*REFUSED), replace(refusal, rmmod_error="in use"))
    assert (verdict.status, broken(verdict)) == (FAIL, ["driver unloads"])


def test_a_pin_that_must_be_taken_but_is_refused_fails(
    variant_of: VariantOf, refusal: Evidence
) -> None:
    verdict = judge(variant_of(REFUSED[0], "expect=stay"), refusal)
    assert (verdict.status, broken(verdict)) == (FAIL, ["pin is taken"])
    assert verdict.text == "the pin of the subject was refused: ENOMEM (see samples.jsonl)"
    assert [rule.name for rule in verdict.rules] == ["kernel log", "no pin leaked", "pin is taken"]


def test_an_errno_without_a_name_is_told_by_its_number(
    variant_of: VariantOf, refusal: Evidence
) -> None:
    evidence = replace(refusal, start=replace(refusal.start, pin_errno=524))
    verdict = judge(variant_of(REFUSED[0], "expect=stay"), evidence)
    assert verdict.text == "the pin of the subject was refused: 524 (see samples.jsonl)"


@pytest.mark.parametrize(("release", "applies"), [("6.4.0", "pin is taken"), ("6.5.0", "refused")])
def test_what_must_happen_is_that_of_the_guests_kernel(
    variant_of: VariantOf, refusal: Evidence, release: str, applies: str
) -> None:
    variant = variant_of(REFUSED[0], "expect=stay, 6.5 pin_refused ENOMEM", "expect_why=a")
    verdict = judge(variant, refusal, release)
    assert verdict.status == (FAIL if applies == "pin is taken" else PASS)


# minor faults of the pin


@pytest.mark.parametrize("faults", [99, 101, 0])
def test_other_minor_faults_than_pages_fail(pinned: Variant, good: Evidence, faults: int) -> None:
    verdict = judge(pinned, replace(good, start=replace(good.start, minor_faults=faults)))
    assert (verdict.status, broken(verdict)) == (FAIL, ["minor faults of the pin"])
    assert verdict.text == (
        f"pinning 100 untouched pages took {faults} minor faults, expected 100 (see samples.jsonl)"
    )


@pytest.mark.parametrize("faults", [1, 3, 1024])
def test_other_minor_faults_than_huge_pages_fail(passed: Passed, faults: int) -> None:
    variant, evidence = passed("thp")
    verdict = judge(variant, replace(evidence, start=replace(evidence.start, minor_faults=faults)))
    assert (verdict.status, broken(verdict)) == (FAIL, ["minor faults of the pin"])
    assert verdict.text == (
        f"pinning 1024 untouched pages took {faults} minor faults, expected 2 (see samples.jsonl)"
    )


@pytest.mark.parametrize("run", ["unpinned_100", "mlock", "movable", "compaction", "file", "zero"])
def test_minor_faults_are_not_judged_where_they_say_nothing(passed: Passed, run: str) -> None:
    variant, evidence = passed(run)
    altered = replace(evidence, start=replace(evidence.start, minor_faults=7))
    assert judge(variant, altered).status == PASS


@pytest.mark.parametrize(("release", "faults"), [("6.1.0", 0), ("6.5.13", 0), ("6.6.0", 2)])
def test_minor_faults_of_huge_pages_of_a_pool_are_the_kernels(
    passed: Passed, release: str, faults: int
) -> None:
    variant, evidence = passed("hugetlb")
    for found in (0, 2, 1024):
        altered = replace(evidence, start=replace(evidence.start, minor_faults=found))
        verdict = judge(variant, altered, release)
        assert broken(verdict) == ([] if found == faults else ["minor faults of the pin"])


# driver holds the mapped pages


def _held(evidence: Evidence, when: int = -1) -> list[Place]:
    """Return the places of the pages that the driver held at a report."""
    held = evidence.reports[when].held
    assert held
    return held.places


def _not_held(verdict: Verdict, said: str) -> None:
    assert (verdict.status, broken(verdict)) == (FAIL, ["driver holds the mapped pages"])
    assert verdict.text.startswith(f"what the driver says it holds: {said}, expected 100 and 0")


@pytest.mark.parametrize("run", ["pinned_100", "move_pages", "uacce"])
def test_a_driver_that_holds_fewer_pages_fails(passed: Passed, run: str) -> None:
    variant, evidence = passed(run)
    told = runs.told(evidence, pages=99, runs=runs.runs_of(_held(evidence)[:99]))
    _not_held(judge(variant, told), "99 pages, 0 of which are not the mapped ones")


def test_a_driver_that_holds_more_pages_fails(pinned: Variant, good: Evidence) -> None:
    said = "101 pages, 0 of which are not the mapped ones"
    _not_held(judge(pinned, runs.told(good, pages=101)), said)


@pytest.mark.parametrize(("pfn", "node"), [(524100, 0), (None, 1), (0, -1)])
def test_a_driver_that_holds_another_page_fails(
    pinned: Variant, good: Evidence, pfn: int | None, node: int
) -> None:
    mapped = _held(good)[3][0]
    other = mapped if pfn is None else pfn
    places = [*_held(good)[:3], (other, node), *_held(good)[4:]]
    verdict = judge(pinned, runs.told(good, runs=runs.runs_of(places)))
    _not_held(verdict, "100 pages, 1 of which are not the mapped ones")
    holds = f"node {node} (PFN {other})" if other else "no place"
    first = f"first page 3: held is {holds}, mapped node 0 (PFN {mapped})"
    assert verdict.text.endswith(f"{first} (see samples.jsonl)")


@pytest.mark.parametrize("run", ["pinned_100", "move_pages"])
def test_a_driver_that_refuses_the_question_fails(passed: Passed, run: str) -> None:
    variant, evidence = passed(run)
    told = runs.told(evidence, errno=2, pages=0, runs=())
    _not_held(judge(variant, told), "it refused with ENOENT")


def test_a_driver_that_was_never_asked_fails(pinned: Variant, good: Evidence) -> None:
    never = {"driver_pages": None, "driver_differs": None}
    reports = [replace(runs.subject(report, **never), held=None) for report in good.reports]
    _not_held(judge(pinned, replace(good, reports=reports)), "it was not asked")


def test_once_unpinned_what_the_driver_held_last_counts(passed: Passed) -> None:
    variant, evidence = passed("unpinned_after")
    assert evidence.reports[-1].held is None
    (asked,) = (n for n, report in enumerate(evidence.reports) if report.reason == "unpin")
    places = [(524100, 0), *_held(evidence, asked)[1:]]
    told = runs.told(evidence, asked, runs=runs.runs_of(places))
    _not_held(judge(variant, told), "100 pages, 1 of which are not the mapped ones")


# pin keeps the shared page


def _not_kept(verdict: Verdict, got: str) -> None:
    assert (verdict.status, broken(verdict)) == (FAIL, ["pin keeps the shared page"])
    assert verdict.text == (
        f"the pin was expected to take what is shared, at most 1 frames: {got} (see samples.jsonl)"
    )


KEPT = "100 pages, 100 of which are not the mapped ones, 100 the ones of after the pin"


def test_a_pin_that_keeps_the_shared_page_says_so(passed: Passed) -> None:
    found = rule(judge(*passed("read_pin")), "pin keeps the shared page")
    assert found.got == (
        f"1 frames and 0 pages without one after the pin; the driver in the end: {KEPT}"
    )


@pytest.mark.parametrize(
    ("pages", "own", "said"),
    [
        (0, 0, "0 pages, 0 of which are not the mapped ones, 0 the"),
        (99, 0, "99 pages, 99 of which are not the mapped ones, 99 the"),
        (100, 1, "100 pages, 99 of which are not the mapped ones, 99 the"),
        (100, 100, "100 pages, 0 of which are not the mapped ones, 0 the"),
    ],
)
def test_a_driver_that_does_not_hold_what_was_mapped_before_fails(
    passed: Passed, pages: int, own: int, said: str
) -> None:
    """In the end it holds so many pages, and so many of them are the process's own."""
    variant, evidence = passed("read_pin")
    mapped = evidence.reports[-1].placements[SUBJECT].places
    places = [*mapped[:own], *_held(evidence)[own:pages]]
    _not_kept(
        judge(variant, runs.told(evidence, pages=pages, runs=runs.runs_of(places))),
        "1 frames and 0 pages without one after the pin; the driver in the end: "
        f"{said} ones of after the pin",
    )


@pytest.mark.parametrize(
    ("kind", "pages", "most"), [("zero", 1024, 1), ("ksm", 256, 2), ("ksm", 1024, 5)]
)
def test_merged_pages_may_share_a_few_frames_and_pages_only_read_one(
    passed: Passed, kind: str, pages: int, most: int
) -> None:
    variant, _ = passed("read_pin")
    assert most_shared_frames(replace(variant, page_kind=kind), pages) == most


def test_a_driver_that_holds_neither_the_shared_page_nor_the_mapped_ones_fails(
    passed: Passed,
) -> None:
    variant, evidence = passed("read_pin")
    told = runs.told(evidence, runs=((524100, 0, 100),))
    verdict = judge(variant, told)
    assert (verdict.status, broken(verdict)) == (FAIL, ["pin keeps the shared page"])
    assert "100 of which are not the mapped ones, 0 the ones of after the pin" in verdict.text


def test_a_driver_that_refuses_to_tell_of_the_shared_page_fails(passed: Passed) -> None:
    variant, evidence = passed("read_pin")
    verdict = judge(variant, runs.told(evidence, errno=2, pages=0, runs=()))
    assert (verdict.status, broken(verdict)) == (FAIL, ["pin keeps the shared page"])
    assert "it refused with ENOENT, 0 the ones of after the pin" in verdict.text


# The zero page of the captured run, and another frame.
ZERO, OTHER = (12977, 0), (12978, 0)


@pytest.mark.parametrize(
    ("placed", "frames", "unknown", "kept"),
    [
        # no page has a place, or one has none
        (dict.fromkeys(range(100), runs.UNKNOWN), 0, 100, 0),
        ({7: runs.UNKNOWN}, 1, 1, 99),
        # one has a frame of its own, or each
        ({7: OTHER}, 2, 0, 99),
        ({page: (521135 + page, 0) for page in range(100)}, 100, 0, 0),
    ],
)
def test_pages_that_do_not_share_one_frame_after_the_pin_fail(
    passed: Passed, placed: dict[int, Place], frames: int, unknown: int, kept: int
) -> None:
    variant, evidence = passed("read_pin")
    assert set(evidence.start.baseline[SUBJECT].places) == {ZERO}
    _not_kept(
        judge(variant, runs.baseline_places(evidence, placed)),
        f"{frames} frames and {unknown} pages without one after the pin; the driver in the end: "
        f"100 pages, 100 of which are not the mapped ones, {kept} the ones of after the pin",
    )


def test_unpinned_pages_do_not_pass_as_pinned_ones_that_move(
    passed: Passed, moved: Evidence
) -> None:
    variant, _ = passed("read_pin")
    verdict = judge(variant, moved)
    assert verdict.status == ERROR
    assert broken(verdict) == ["workload did what was asked"]
    said = runs.did(moved, page_kind="zero", pin="driver_read")
    _not_kept(
        judge(variant, said),
        "100 frames and 0 pages without one after the pin; the driver in the end: it was not "
        "asked, 0 the ones of after the pin",
    )


# kernel counts the pins


@pytest.mark.parametrize("held", [99, 101, 0])
def test_other_pins_held_than_pages_fail(pinned: Variant, good: Evidence, held: int) -> None:
    verdict = judge(pinned, replace(good, pins_held=held))
    assert (verdict.status, broken(verdict)) == (FAIL, ["kernel counts the pins"])
    assert verdict.text == (
        f"the kernel counts {held} page pins at the end of the run, expected 100 "
        "(see vmstat_pinned.txt)"
    )


@pytest.mark.parametrize("held", [0, 200])
def test_only_one_of_two_ranges_is_held(passed: Passed, held: int) -> None:
    variant, evidence = passed("double_range")
    assert evidence.pins_held == 100
    verdict = judge(variant, replace(evidence, pins_held=held))
    assert (verdict.status, broken(verdict)) == (FAIL, ["kernel counts the pins"])


def test_pins_that_others_held_before_do_not_count(pinned: Variant, good: Evidence) -> None:
    verdict = judge(pinned, replace(good, pins_before=1, pins_held=100, pins_after=1))
    assert broken(verdict) == ["kernel counts the pins"]
    assert "counts 99 page pins" in verdict.text


# ZONE_MOVABLE


@pytest.mark.parametrize("run", ["movable", "movable_unpinned"])
def test_pages_that_do_not_start_in_the_movable_zone_are_inconclusive(
    passed: Passed, run: str
) -> None:
    variant, evidence = passed(run)
    zones = {"Normal": 1, "Movable": 99}
    verdict = judge(variant, runs.before_pin(evidence, zones=zones))
    assert (verdict.status, broken(verdict)) == (ERROR, ["pages start in ZONE_MOVABLE"])
    assert verdict.text == (
        "inconclusive: 99 of 100 subject pages were in ZONE_MOVABLE before the pin, so there was "
        "nothing for it to move (see samples.jsonl)"
    )


@pytest.mark.parametrize("run", ["movable", "movable_unpinned"])
def test_pages_that_were_nowhere_before_the_pin_are_inconclusive(passed: Passed, run: str) -> None:
    variant, evidence = passed(run)
    verdict = judge(variant, replace(evidence, start=replace(evidence.start, before_pin=None)))
    assert (verdict.status, broken(verdict)) == (ERROR, ["pages start in ZONE_MOVABLE"])
    assert verdict.text.startswith("inconclusive: 0 of 100 subject pages were in ZONE_MOVABLE ")


@pytest.mark.parametrize("run", ["movable", "movable_unpinned"])
def test_pages_whose_zone_before_the_pin_is_unknown_are_inconclusive(
    passed: Passed, run: str
) -> None:
    variant, evidence = passed(run)
    verdict = judge(variant, runs.before_pin(evidence, zones={}))
    assert (verdict.status, broken(verdict)) == (ERROR, ["pages start in ZONE_MOVABLE"])


@pytest.mark.parametrize(("zones", "known"), [({}, 0), ({"Normal": 99}, 99)])
def test_a_pinned_page_whose_zone_is_unknown_fails(
    passed: Passed, zones: dict[str, int], known: int
) -> None:
    variant, evidence = passed("movable")
    verdict = judge(variant, runs.baseline(evidence, zones=zones))
    assert (verdict.status, broken(verdict)) == (FAIL, ["pin leaves ZONE_MOVABLE"])
    assert rule(verdict, "pin leaves ZONE_MOVABLE").got == (
        f"0 of {known} in ZONE_MOVABLE after the pin, 0 in the frames of before"
    )


def _left(verdict: Verdict, zone: int, frames: int) -> None:
    assert (verdict.status, broken(verdict)) == (FAIL, ["pin leaves ZONE_MOVABLE"])
    assert verdict.text == (
        f"{zone} of 100 pinned pages are still in ZONE_MOVABLE, {frames} of them in the frames in "
        "which they were before the pin, expected 0 and 0; the zone of 100 is known "
        "(see samples.jsonl)"
    )


def test_a_page_that_the_pin_leaves_in_the_movable_zone_fails(passed: Passed) -> None:
    variant, evidence = passed("movable")
    _left(judge(variant, runs.baseline(evidence, zones={"Normal": 99, "Movable": 1})), 1, 0)


def test_a_page_that_the_pin_leaves_in_its_frame_fails(passed: Passed) -> None:
    variant, evidence = passed("movable")
    before = evidence.start.before_pin
    assert before
    after = evidence.start.baseline[SUBJECT].places
    _left(judge(variant, runs.stays_at(evidence, [before.places[0], *after[1:]])), 0, 1)


def test_before_5_13_a_pin_keeps_pages_in_the_movable_zone(
    evidence_of: EvidenceOf, passed: Passed
) -> None:
    variant, left = passed("movable")
    kept = evidence_of("movable_5_10")
    verdict = judge(variant, kept, RELEASE_5_10)
    assert verdict.status == PASS
    assert rule(verdict, "pin keeps pages in ZONE_MOVABLE").expected == "100 of 100 and 100"
    assert broken(judge(variant, kept)) == ["pin leaves ZONE_MOVABLE"]
    assert broken(judge(variant, left, RELEASE_5_10)) == ["pin keeps pages in ZONE_MOVABLE"]


def test_zones_are_not_judged_where_no_memory_is_movable(passed: Passed) -> None:
    variant, evidence = passed("compaction")
    assert evidence.start.before_pin
    assert judge(variant, runs.before_pin(evidence, zones={"Movable": 1})).status == PASS


@pytest.mark.parametrize(
    ("pages", "differs", "status"),
    [
        (100, 0, PASS),
        (99, 0, FAIL),
        (0, 0, FAIL),
        (-1, -1, FAIL),
        (100, 1, FAIL),
        (None, None, FAIL),
    ],
)
def test_a_driver_that_let_go_for_a_while_fails(
    pinned: Variant, good: Evidence, pages: int | None, differs: int | None, status: str
) -> None:
    first = runs.subject(good.reports[0], driver_pages=pages, driver_differs=differs)
    verdict = judge(pinned, replace(good, reports=[first, *good.reports[1:]]))
    assert verdict.status == status
    assert (f"it said {pages} pages, {differs} of which" in verdict.text) == (status == FAIL)


def test_a_page_that_is_mapped_nowhere_for_a_moment_is_not_let_go(
    pinned: Variant, good: Evidence
) -> None:
    first = runs.subject(good.reports[0], nodes={0: 99}, unknown=1, driver_differs=1)
    assert judge(pinned, replace(good, reports=[first, *good.reports[1:]])).status == PASS
