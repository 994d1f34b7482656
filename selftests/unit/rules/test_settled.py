"""Has a region moved, and when is the outcome of a run settled?"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from avocado_pin.evidence.records import CONTROL, SUBJECT, Evidence, Report
from avocado_pin.rules.judge import left_s
from avocado_pin.rules.settled import moved, moved_enough, must_move
from avocado_pin.variant.variant import Variant

from .. import runs
from ..runs import BROKEN, FORCED, PASSED, PINNED, RELEASE, SMALL, UNPINNED, EvidenceOf, VariantOf

Passed = Callable[[str], tuple[Variant, Evidence]]


def _settled(variant: Variant, evidence: Evidence, reports: list[Report], **changes: Any) -> bool:
    arguments = {
        "target_node": evidence.start.target_node,
        "pressure_s": evidence.pressure_s,
        **changes,
    }
    return left_s(variant, variant.expected(RELEASE), reports, **arguments) == 0


def _since(evidence: Evidence, since_s: float) -> list[Report]:
    return [report for report in evidence.reports if report.time_s >= since_s]


def _when(variant: Variant, evidence: Evidence, **changes: Any) -> list[bool]:
    """Return after which reports a run was settled, of those under pressure."""
    since = _since(evidence, evidence.pressure_s)
    return [
        _settled(variant, evidence, since[: number + 1], **changes) for number in range(len(since))
    ]


# moved


@pytest.mark.parametrize(
    ("moves", "pages"), [("to_target", 30), ("elsewhere", 60), ("to_swap", 20)]
)
def test_what_counts_as_moved_is_what_the_migrator_does(
    variant_of: VariantOf, good: Evidence, moves: str, pages: int
) -> None:
    # As if 30 control pages had been moved to node 1, 10 to other frames of node 0, 20 to swap.
    region = replace(good.reports[-1].control, nodes={0: 50, 1: 30}, swapped=20, changed=60)
    assert moved(variant_of(PINNED, f"moves={moves}"), region, 1) == pages


@pytest.mark.parametrize(("percent", "pages"), [("100", 100), ("99.5", 100), ("69", 69), ("1", 1)])
def test_enough_has_moved_from_the_variants_share_on(
    variant_of: VariantOf, good: Evidence, percent: str, pages: int
) -> None:
    variant = variant_of(PINNED, f"moved_min_percent={percent}")
    few, many = (
        replace(good.reports[-1].control, nodes={0: 100 - count, 1: count})
        for count in (pages - 1, pages)
    )
    assert not moved_enough(variant, few, 1)
    assert moved_enough(variant, many, 1)


def test_pages_without_a_place_have_not_moved(pinned: Variant, good: Evidence) -> None:
    region = replace(good.reports[-1].control, nodes={1: 99}, unknown=1)
    assert not moved_enough(pinned, region, 1)


@pytest.mark.parametrize("moves", ["to_target", "elsewhere", "to_swap"])
def test_a_region_without_pages_has_not_moved(
    variant_of: VariantOf, good: Evidence, moves: str
) -> None:
    region = replace(good.reports[-1].control, nodes={}, changed=0)
    assert not moved_enough(variant_of(PINNED, f"moves={moves}"), region, 1)


@pytest.mark.parametrize(
    ("run", "regions"),
    [
        ("pinned_100", [CONTROL]),
        ("unpinned_100", [SUBJECT]),
        ("mlock", [SUBJECT]),
        ("unpinned_after", [CONTROL]),
        ("fork", [CONTROL, "child"]),
        ("fork_reads", [CONTROL, "child"]),
        ("fork_idles", [CONTROL]),
        ("fork_execs", [CONTROL]),
        ("fork_exits", [CONTROL]),
        ("double_range", [CONTROL, "released"]),
        ("balancing_off", []),
        ("unpinned_balancing_off", []),
        ("one_node", []),
        ("reclaim_mlock", [CONTROL]),
    ],
)
def test_the_regions_for_whose_move_a_run_waits(
    variant_of: VariantOf, run: str, regions: list[str]
) -> None:
    variant = variant_of(*PASSED[run])
    assert list(must_move(variant, variant.expected(RELEASE))) == regions


# settled


def test_nothing_is_settled_without_a_report(
    pinned: Variant, unpinned: Variant, good: Evidence
) -> None:
    assert not _settled(pinned, good, [])
    assert not _settled(unpinned, good, [])


def test_an_unpinned_run_is_settled_once_its_pages_moved(passed: Passed) -> None:
    assert _when(*passed("seed_unpinned"))[:4] == [False, True, True, True]


def test_an_unpinned_run_is_not_settled_by_pages_on_another_node(
    unpinned: Variant, moved: Evidence
) -> None:
    assert not any(_when(unpinned, moved, target_node=0))


def test_an_unpinned_run_is_not_settled_while_one_page_is_left(
    unpinned: Variant, moved: Evidence
) -> None:
    left = runs.subject(moved.reports[-1], nodes={0: 1, 1: 99})
    assert not _settled(unpinned, moved, [left])


def test_a_pinned_run_is_settled_when_the_control_moved_and_was_held(
    variant_of: VariantOf, good: Evidence
) -> None:
    # The control had moved in the third report, after 0.134 s; the ninth is 0.534 s later.
    held = variant_of(PINNED, "hold_s=0.5")
    assert _when(held, good) == [False] * 8 + [True] * 3


def test_what_is_left_of_a_run_is_known_once_the_control_moved(
    variant_of: VariantOf, good: Evidence
) -> None:
    """So that the next report can come when it is over."""
    held = variant_of(PINNED, "hold_s=0.5")
    since = _since(good, good.pressure_s)
    target = good.start.target_node
    left = [
        left_s(held, held.expected(RELEASE), since[: number + 1], target, good.pressure_s)
        for number in range(len(since))
    ]
    seconds = [report.time_s - since[2].time_s for report in since[2:]]
    assert left[:2] == [None, None]
    assert left[2:] == pytest.approx([max(0.0, 0.5 - s) for s in seconds])
    never = runs.left(good, CONTROL, 1).reports
    assert left_s(held, held.expected(RELEASE), never, target, good.pressure_s) is None


def test_a_pinned_run_is_held_as_long_as_its_variant_says(
    variant_of: VariantOf, good: Evidence
) -> None:
    assert all(_when(variant_of(PINNED, "hold_s=0"), good)[2:])
    assert not any(_when(variant_of(PINNED, "hold_s=60"), good))


def test_a_pinned_run_is_settled_at_once_by_a_page_that_moved(
    pinned: Variant, good: Evidence
) -> None:
    assert _settled(pinned, good, [runs.subject(good.reports[0], ever_changed=1)])


def test_a_pinned_run_without_balancing_is_never_settled(
    variant_of: VariantOf, evidence_of: EvidenceOf
) -> None:
    assert not any(_when(variant_of(*BROKEN["pinned_off"]), evidence_of("pinned_off")))


def test_control_pages_without_a_place_are_waited_for(pinned: Variant, good: Evidence) -> None:
    assert not any(_when(pinned, runs.left(good, CONTROL, 1, runs.UNKNOWN)))


@pytest.mark.parametrize(("run", "name"), [("fork", "child"), ("double_range", "released")])
def test_a_run_waits_for_its_companion(passed: Passed, run: str, name: str) -> None:
    variant, evidence = passed(run)
    assert _when(variant, evidence)[-1]
    assert not any(_when(variant, runs.left(evidence, name, 1)))


def test_where_nothing_may_move_a_run_is_held_from_the_pressure_on(passed: Passed) -> None:
    variant, evidence = passed("balancing_off")
    held = [r.time_s - evidence.pressure_s >= variant.hold_s for r in evidence.reports]
    assert _when(variant, evidence) == held
    assert held[0] is False
    assert held[-1] is True


def test_what_a_forced_migrator_could_not_do_is_settled_by_its_answer(passed: Passed) -> None:
    assert all(_when(*passed("one_node")))


def test_a_run_whose_subject_was_unpinned_is_settled_once_that_moved(passed: Passed) -> None:
    variant, evidence = passed("unpinned_after")
    assert evidence.unpinned_s is not None
    after = _since(evidence, evidence.unpinned_s)
    answers = [
        _settled(variant, evidence, after[: number + 1], unpinned=True)
        for number in range(len(after))
    ]
    assert answers == [False] * 3 + [True] * 4


# what a forced migrator left


def test_what_a_forced_migrator_left_twice_is_settled(
    variant_of: VariantOf, passed: Passed
) -> None:
    """A wrong expectation costs two reports and not the deadline."""
    _, stayed = passed("move_pages")
    wrong = variant_of(f"pin_nightly.move_pages.unpinned.anon.pages_1024.{FORCED}", SMALL)
    reports = _since(stayed, stayed.pressure_s)[:1] * 2
    assert not _settled(wrong, stayed, reports[:1])
    assert _settled(wrong, stayed, reports)


def test_what_still_moves_is_not_settled(variant_of: VariantOf, passed: Passed) -> None:
    _, stayed = passed("move_pages")
    wrong = variant_of(f"pin_nightly.move_pages.unpinned.anon.pages_1024.{FORCED}", SMALL)
    report = _since(stayed, stayed.pressure_s)[0]
    half = runs.subject(report, nodes={0: 50, 1: 50}, changed=50, ever_changed=50)
    unknown = runs.subject(report, nodes={0: 99}, unknown=1)
    assert not _settled(wrong, stayed, [report, half])
    assert not _settled(wrong, stayed, [unknown, unknown])


def test_balancing_is_waited_for(variant_of: VariantOf, good: Evidence) -> None:
    report = _since(good, good.pressure_s)[0]
    assert not _settled(variant_of(UNPINNED), good, [report, report])


def test_a_control_that_a_forced_migrator_left_twice_is_settled(passed: Passed) -> None:
    variant, evidence = passed("move_pages")
    left = runs.left(evidence, CONTROL, 1).reports[-1:]
    assert not _settled(variant, evidence, left)
    assert _settled(variant, evidence, left * 2)


def test_what_is_unpinned_and_left_twice_is_settled(passed: Passed) -> None:
    variant, evidence = passed("unpinned_after_move_pages")
    stayed = [report for report in evidence.reports if report.end_s <= evidence.unpinned_s][-1:]
    assert not _settled(variant, evidence, stayed, unpinned=True)
    assert _settled(variant, evidence, stayed * 2, unpinned=True)
