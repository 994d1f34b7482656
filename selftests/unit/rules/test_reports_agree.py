"""The counts of the workload's reports must be those of its places, page by page."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from avocado_pin.evidence.placement import Change, Place, Runs
from avocado_pin.evidence.records import CONTROL, SUBJECT, Evidence, Report
from avocado_pin.rules.judge import ERROR, PASS, Verdict
from avocado_pin.variant.variant import Variant

from .. import runs
from ..runs import BROKEN, PASSED, EvidenceOf, VariantOf, broken, judge, rule

Passed = Callable[[str], tuple[Variant, Evidence]]
NAME = "reports agree with the places"


def _placed(report: Report, name: str, **changes: Any) -> Report:
    """Return a report of which a placement says something else, and nothing but that."""
    placement = replace(report.placements[name], **changes)
    return replace(report, placements={**report.placements, name: placement})


def _altered(evidence: Evidence, when: int, alter: Callable[[Report], Report]) -> Evidence:
    reports = list(evidence.reports)
    reports[when] = alter(reports[when])
    return replace(evidence, reports=reports)


def _with_page(report: Report, name: str, page: int, place: Place) -> Runs:
    places = report.placements[name].places
    return runs.runs_of([*places[:page], place, *places[page + 1 :]])


def _contradicts(verdict: Verdict, said: str) -> None:
    assert verdict.status == ERROR
    assert broken(verdict)[0] == NAME
    assert said in verdict.text
    assert verdict.text.startswith("contradicting evidence: the ")


@pytest.mark.parametrize("run", [*PASSED, *BROKEN])
def test_reports_agree_in_every_captured_run(
    variant_of: VariantOf, evidence_of: EvidenceOf, run: str
) -> None:
    variant = variant_of(*{**PASSED, **BROKEN}[run])
    assert rule(judge(variant, evidence_of(run)), NAME).passed


# the places, where the counts are as they were


def test_a_subject_that_ended_on_another_node_is_no_pass(pinned: Variant, good: Evidence) -> None:
    elsewhere = ((1054576, 1, 100),)
    evidence = _altered(good, -1, lambda last: _placed(last, SUBJECT, runs=elsewhere))
    verdict = judge(pinned, evidence)
    _contradicts(
        verdict,
        "the report at 9.9 s says of the subject: node 0: 100, unknown: 0, swap: 0, its placement "
        "says node 1: 100, unknown: 0, swap: 0 (see samples.jsonl)",
    )
    assert broken(verdict) == [NAME, "pinned pages stay", "driver holds the mapped pages"]
    stays = rule(verdict, "pinned pages stay")
    assert stays.got == "100 of 100 changed node or PFN, 0 had no place after the pin"
    assert "first page 0 from node 0 (PFN 25243) to node 1 (PFN 1054576)" in stays.text


def test_one_page_that_ended_on_another_node_by_the_same_pfn_is_no_pass(
    pinned: Variant, good: Evidence
) -> None:
    pfn, _ = good.reports[-1].placements[SUBJECT].places[3]
    other = _with_page(good.reports[-1], SUBJECT, 3, (pfn, 1))
    verdict = judge(pinned, _altered(good, -1, lambda last: _placed(last, SUBJECT, runs=other)))
    _contradicts(verdict, "its placement says node 0: 99, node 1: 1, unknown: 0")
    assert "pinned pages stay" in broken(verdict)


def test_one_page_that_ended_in_another_frame_is_no_pass(pinned: Variant, good: Evidence) -> None:
    last = good.reports[-1]
    other = _with_page(last, SUBJECT, 3, (524100, 0))
    verdict = judge(pinned, _altered(good, -1, lambda last: _placed(last, SUBJECT, runs=other)))
    _contradicts(
        verdict,
        "says of the subject: 0 pages changed, baseline and placement differ in 1, and 0 are in "
        "swap, first page 3 from node 0 (PFN 25246) to node 0 (PFN 524100)",
    )
    assert "pinned pages stay" in broken(verdict)


@pytest.mark.parametrize(
    ("run", "name"),
    [
        ("pinned_100", CONTROL),
        ("fork", "child"),
        ("fork_move_pages", "child"),
        ("double_range", "released"),
        ("unpinned_100", SUBJECT),
        ("mlock", SUBJECT),
        ("compaction", CONTROL),
    ],
)
def test_a_region_whose_pages_ended_where_they_began_contradicts(
    passed: Passed, run: str, name: str
) -> None:
    variant, evidence = passed(run)
    began = evidence.start.baseline[name].runs
    _contradicts(
        judge(variant, _altered(evidence, -1, lambda last: _placed(last, name, runs=began))),
        f" says of the {name}: ",
    )


def test_control_pages_that_moved_where_none_may_are_found_by_their_places(passed: Passed) -> None:
    variant, evidence = passed("balancing_off")
    moved = _with_page(evidence.reports[-1], CONTROL, 3, (1054576, 1))
    altered = _altered(evidence, -1, lambda last: _placed(last, CONTROL, runs=moved))
    verdict = judge(variant, altered)
    _contradicts(verdict, "says of the control: node 0: 100")
    assert rule(verdict, "control pages stay").got == "1 of 100 changed node or PFN"


def test_a_subject_that_moved_before_it_was_unpinned_is_no_pass(passed: Passed) -> None:
    variant, evidence = passed("unpinned_after")
    (unpin,) = (n for n, report in enumerate(evidence.reports) if report.reason == "unpin")
    moved = _with_page(evidence.reports[unpin], SUBJECT, 3, (1054576, 1))
    altered = _altered(evidence, unpin, lambda report: _placed(report, SUBJECT, runs=moved))
    verdict = judge(variant, altered)
    _contradicts(verdict, "says of the subject: node 0: 100, unknown: 0, swap: 0, its placement")
    assert "pinned pages stay" in broken(verdict)


@pytest.mark.parametrize("pages", [99, 101])
def test_a_placement_without_each_page_contradicts(
    pinned: Variant, good: Evidence, pages: int
) -> None:
    places = [*good.reports[-1].placements[CONTROL].places, (1054999, 1)][:pages]
    altered = runs.runs_of(places)
    verdict = judge(pinned, _altered(good, -1, lambda last: _placed(last, CONTROL, runs=altered)))
    _contradicts(
        verdict,
        f"the control's placement at 9.9 s lists {pages} pages, 0 without a place, the region has "
        "100, and 0 without one are counted",
    )


@pytest.mark.parametrize("field", ["unknown", "swapped"])
def test_a_placement_that_counts_pages_it_does_not_list_contradicts(
    pinned: Variant, good: Evidence, field: str
) -> None:
    verdict = judge(pinned, _altered(good, -1, lambda last: _placed(last, CONTROL, **{field: 1})))
    _contradicts(verdict, "0 without a place, the region has 100, and 1 without one are counted")
    _contradicts(
        judge(pinned, runs.baseline(good, unknown=1)), "the subject's placement at the baseline "
    )


def test_a_placement_before_the_pin_is_looked_at_too(passed: Passed) -> None:
    variant, evidence = passed("movable")
    verdict = judge(variant, runs.before_pin(evidence, unknown=1))
    _contradicts(verdict, "the subject's placement before the pin lists 100 pages, 0 without")


@pytest.mark.parametrize("left", [(), (SUBJECT,), (CONTROL,)])
def test_a_last_report_without_its_placements_is_no_pass(
    pinned: Variant, good: Evidence, left: tuple[str, ...]
) -> None:
    placed = {name: good.reports[-1].placements[name] for name in left}
    verdict = judge(pinned, _altered(good, -1, lambda last: replace(last, placements=placed)))
    _contradicts(
        verdict,
        f"the report at 9.9 s lists the pages of {', '.join(left) or 'no region'}, the baseline "
        "those of subject, control",
    )


def test_an_unpin_without_placements_before_it_is_no_pass(passed: Passed) -> None:
    variant, evidence = passed("unpinned_after")
    kept = [report for report in evidence.reports if report.reason != "unpin"]
    _contradicts(judge(variant, replace(evidence, reports=kept)), "lists the pages of no region")


# the counts, where the places are as they were


@pytest.mark.parametrize(
    ("name", "changes", "said"),
    [
        (SUBJECT, {"nodes": {1: 100}}, "node 1: 100, unknown: 0, swap: 0, its placement says"),
        (SUBJECT, {"nodes": {0: 99}}, "99 pages, the region has 100"),
        (CONTROL, {"nodes": {1: 99}, "unknown": 1}, "node 1: 99, unknown: 1, swap: 0, its "),
        (CONTROL, {"nodes": {1: 99}, "swapped": 1}, "node 1: 99, unknown: 0, swap: 1, its "),
        (SUBJECT, {"changed": 1}, "1 of 100 pages changed, but it lists none"),
        (CONTROL, {"changed": 99}, "99 of 100 pages changed, but it lists 100, from 0 to 99"),
        (CONTROL, {"changed_pages": ()}, "100 of 100 pages changed, but it lists none"),
        (
            CONTROL,
            {"changed_pages": (range(1, 101),)},
            "100 of 100 pages changed, but it lists 100, from 1 to 100",
        ),
        (
            CONTROL,
            {"changed": 99, "changed_pages": (range(99),)},
            "99 pages changed, baseline and placement differ in 100, and 0 are in swap",
        ),
        (CONTROL, {"first_changed": None}, "the first changed page is None, but it lists 100"),
        (CONTROL, {"ever_changed": 99}, "99 pages have ever changed, the reports so far say 100"),
        (SUBJECT, {"driver_pages": 99}, "the driver holds 99 pages, the driver's answer says the"),
        (SUBJECT, {"driver_pages": None}, "was not asked, the driver's answer says the driver ho"),
        (SUBJECT, {"driver_pages": -1}, "the driver refused, the driver's answer says the driver"),
        (
            SUBJECT,
            {"driver_differs": 1},
            "1 of the driver's pages are not the mapped ones, page by page it is 0",
        ),
        (SUBJECT, {"driver_differs": None}, "None of the driver's pages are not the mapped ones"),
    ],
)
def test_a_count_that_is_not_that_of_the_places_contradicts(
    pinned: Variant, good: Evidence, name: str, changes: dict[str, Any], said: str
) -> None:
    last = runs.of_region(good.reports[-1], name, **changes)
    _contradicts(judge(pinned, runs.last(good, last)), said)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"page": 1}, "the first changed page is 1, but it lists 100, from 0 to 99"),
        ({"pfn_from": 5}, "page 0 was at node 0 (PFN 5), the baseline says at node 0 (PFN "),
        ({"node_from": 1}, "page 0 was at node 1 (PFN "),
        ({"pfn_to": 5}, "page 0 is at node 1 (PFN 5), its placement says at node 1 (PFN "),
        ({"node_to": 0}, "page 0 is at node 0 (PFN "),
    ],
)
def test_a_first_changed_page_that_is_not_that_of_the_places_contradicts(
    pinned: Variant, good: Evidence, changes: dict[str, int], said: str
) -> None:
    first = good.reports[-1].control.first_changed
    assert first
    last = runs.control(good.reports[-1], first_changed=replace(first, **changes))
    _contradicts(judge(pinned, runs.last(good, last)), said)


def test_a_driver_that_does_not_list_what_it_holds_contradicts(
    pinned: Variant, good: Evidence
) -> None:
    held = good.reports[-1].held
    assert held
    short = replace(held, runs=runs.runs_of(held.places[:99]))
    verdict = judge(pinned, _altered(good, -1, lambda last: replace(last, held=short)))
    _contradicts(verdict, "the driver holds 100 pages, and 99 of them are listed")


# reports of counts alone


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"nodes": {0: 99, 1: 1}},
            "99 pages are on node 0, by the baseline and the changed pages 100 at least",
        ),
        ({"nodes": {0: 101}}, "101 pages, the region has 100"),
        ({"changed": 1, "ever_changed": 1}, "1 of 100 pages changed, but it lists none"),
        ({"ever_changed": -1}, "-1 pages have ever changed, the reports so far say 0"),
    ],
)
def test_a_report_in_between_that_contradicts_itself_is_no_pass(
    pinned: Variant, good: Evidence, changes: dict[str, Any], said: str
) -> None:
    altered = _altered(good, 2, lambda report: runs.subject(report, **changes))
    _contradicts(judge(pinned, altered), f"the report at 9.3 s says of the subject: {said}")


def test_a_page_that_has_changed_has_changed_for_ever(pinned: Variant, good: Evidence) -> None:
    away = runs.moved(good, {3: (1059256, 1)}, when=2)
    forgotten = _altered(away, 3, lambda report: runs.subject(report, ever_changed=0))
    verdict = judge(pinned, forgotten)
    _contradicts(verdict, "the report at 9.3 s says of the subject: 0 pages have ever changed, the")


def test_a_page_that_was_away_between_two_reports_has_changed_for_ever(
    pinned: Variant, good: Evidence
) -> None:
    away = _altered(good, 2, lambda report: runs.subject(report, ever_changed=1))
    verdict = judge(pinned, away)
    _contradicts(verdict, "says of the subject: 0 pages have ever changed, the reports so far say")


def test_pages_that_a_report_lists_as_changed_have_changed(pinned: Variant, good: Evidence) -> None:
    assert [report.control.changed for report in good.reports[:3]] == [0, 0, 100]
    fewer = _altered(good, 2, lambda report: runs.control(report, ever_changed=99))
    _contradicts(judge(pinned, fewer), "99 pages have ever changed, the reports so far say 100")


def test_pages_in_the_middle_of_a_move_contradict_nothing(pinned: Variant, good: Evidence) -> None:
    unknown = dict.fromkeys(range(10), runs.UNKNOWN)
    assert judge(pinned, runs.moved(good, unknown, when=2)).status == PASS
    assert rule(judge(pinned, runs.moved(good, unknown)), NAME).passed


# pages in swap, which are in no list of places


@pytest.mark.parametrize("name", [SUBJECT, CONTROL])
def test_pages_in_swap_and_unknown_ones_are_told_apart_by_their_counts(
    passed: Passed, name: str
) -> None:
    variant, evidence = passed("reclaim")
    pages = {3: runs.SWAPPED, 4: runs.UNKNOWN}
    assert rule(judge(variant, runs.moved(evidence, pages, name)), NAME).passed


def test_another_page_than_the_one_in_swap_contradicts(passed: Passed) -> None:
    variant, evidence = passed("reclaim")
    evidence = runs.moved(evidence, {3: runs.SWAPPED})
    pfn, node = evidence.start.baseline[SUBJECT].places[4]
    last = runs.subject(
        evidence.reports[-1],
        changed_pages=(range(4, 5),),
        first_changed=Change(4, pfn, pfn, node, node),
    )
    said = "1 pages changed, baseline and placement differ in 0, and 1 are in swap"
    _contradicts(judge(variant, runs.last(evidence, last)), said)


@pytest.mark.parametrize("count", [1, 99])
def test_pages_in_swap_that_are_not_counted_as_changed_contradict(
    passed: Passed, count: int
) -> None:
    variant, evidence = passed("reclaim")
    assert evidence.reports[-1].control.swapped == 100
    last = runs.control(evidence.reports[-1], changed=count, changed_pages=(range(count),))
    said = f"{count} pages changed, baseline and placement differ in 0, and 100 are in swap"
    _contradicts(judge(variant, runs.last(evidence, last)), said)


# numa_maps


@pytest.mark.parametrize("run", PASSED)
def test_numa_maps_agree_with_the_places(passed: Passed, run: str) -> None:
    variant, evidence = passed(run)
    assert all(one.keys() == evidence.mapped[0].keys() for one in evidence.mapped)
    assert judge(variant, evidence).status == PASS


@pytest.mark.parametrize(
    ("run", "when", "nodes", "said"),
    [
        ("pinned_100", 0, {1: 100}, "numa_maps_before.txt has subject pages {1: 100}, the baseli"),
        ("pinned_100", 0, {}, "numa_maps_before.txt has subject pages {}, the baseline {0: 100}"),
        ("pinned_100", 1, {0: 99, 1: 1}, "has 1 subject pages on node 1, the reports then 0 to 0"),
        ("move_pages", 1, {0: 99}, "has 99 subject pages on node 0, the reports then 100 to 100"),
    ],
)
def test_numa_maps_that_contradict_the_places_do_not_pass(
    passed: Passed,
    run: str,
    when: int,
    nodes: dict[int, int],
    said: str,
) -> None:
    variant, evidence = passed(run)
    mapped = list(evidence.mapped)
    mapped[when] = {**mapped[when], SUBJECT: nodes}
    verdict = judge(variant, replace(evidence, mapped=mapped))
    assert verdict.status == ERROR
    assert said in verdict.text


def test_pages_that_balancing_tries_to_move_are_in_no_numa_maps(
    pinned: Variant, good: Evidence
) -> None:
    before, after = good.mapped
    evidence = replace(good, mapped=[before, {**after, SUBJECT: {0: 99}}])
    assert judge(pinned, evidence).status == PASS


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"ever_changed": 101}, "101 pages have ever changed, the reports so far say 100"),
        ({"node": 0}, "page 0 is on node 0, where it counts none"),
    ],
)
def test_a_report_without_places_must_fit_its_own_counts(
    pinned: Variant, good: Evidence, changes: dict[str, int], said: str
) -> None:
    control = good.reports[-2].control
    assert control.first_changed
    if "node" in changes:
        first = replace(control.first_changed, node_to=changes["node"])
        altered = runs.control(good.reports[-2], first_changed=first)
    else:
        altered = runs.control(good.reports[-2], **changes)
    verdict = judge(pinned, replace(good, reports=[*good.reports[:-2], altered, good.reports[-1]]))
    _contradicts(verdict, said)
