"""The places of the pages, page by page, against what the workload counted."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from avocado_pin.evidence.records import CONTROL, SUBJECT, Evidence, Placement
from avocado_pin.rules import places_agree
from avocado_pin.rules.judge import ERROR, FAIL
from avocado_pin.variant.variant import Variant

from .. import runs
from ..runs import PASSED, broken, judge_as_it_is, rule

Passed = Callable[[str], tuple[Variant, Evidence]]
COUNTS = "counts agree with the places"
KNOWN = "places in the end are known"


def _in_the_end(evidence: Evidence, name: str, places: Placement) -> Evidence:
    return replace(evidence, final={**evidence.final, name: places})


def _moved(placement: Placement, pages: int) -> Placement:
    """Return a placement with the first pages in other frames of node 1."""
    moved = [(1 << 30 | page, 1, 1) for page in range(pages)]
    kept = [(*place, 1) for place in placement.places[pages:] if place]
    return replace(placement, runs=(*moved, *kept))


@pytest.mark.parametrize("run", PASSED)
def test_what_was_counted_is_what_the_places_of_real_runs_show(passed: Passed, run: str) -> None:
    _, evidence = passed(run)
    assert runs.placed(evidence) == evidence
    assert places_agree.agree(evidence).passed


@pytest.mark.parametrize("pages", [1, 100])
@pytest.mark.parametrize("name", [SUBJECT, "child"])
def test_pages_that_moved_though_the_workload_counts_none_are_an_error(
    passed: Passed, name: str, pages: int
) -> None:
    variant, evidence = passed("fork")
    # Those of the child had moved, and are back.
    back = 100 - pages if name == "child" else pages
    altered = _in_the_end(evidence, name, _moved(evidence.start.baseline[name], back))
    verdict = judge_as_it_is(variant, altered)
    assert verdict.status == ERROR
    assert verdict.text.startswith(f"contradicting evidence: pages on each node, {name}: the last ")
    assert COUNTS in broken(verdict)


def test_pinned_pages_in_other_places_are_seen_whatever_is_counted(passed: Passed) -> None:
    variant, evidence = passed("pinned_100")
    altered = _in_the_end(evidence, SUBJECT, _moved(evidence.start.baseline[SUBJECT], 3))
    assert rule(judge_as_it_is(variant, altered), "pinned pages stay").got.startswith("3 of 100 ")


def test_a_move_that_counts_and_places_agree_on_fails(passed: Passed) -> None:
    variant, evidence = passed("pinned_100")
    altered = _in_the_end(evidence, SUBJECT, _moved(evidence.start.baseline[SUBJECT], 3))
    last = runs.subject(altered.reports[-1], nodes={0: 97, 1: 3}, changed=3, ever_changed=3)
    verdict = judge_as_it_is(variant, runs.last(altered, last))
    assert (verdict.status, broken(verdict)[:1]) == (FAIL, ["pinned pages stay"])


def test_a_frame_that_changed_on_the_same_node_is_a_contradiction(passed: Passed) -> None:
    variant, evidence = passed("pinned_100")
    (pfn, node, pages), *others = evidence.final[SUBJECT].runs
    altered = replace(evidence.final[SUBJECT], runs=((pfn + (1 << 30), node, pages), *others))
    verdict = judge_as_it_is(variant, _in_the_end(evidence, SUBJECT, altered))
    assert verdict.text.startswith(
        "contradicting evidence: pages that are elsewhere than at the baseline, subject: the last "
        f"report counts 0, and the places show {pages} (see samples.jsonl)"
    )


def test_a_control_that_did_not_move_is_seen(passed: Passed) -> None:
    variant, evidence = passed("pinned_100")
    altered = _in_the_end(evidence, CONTROL, evidence.start.baseline[CONTROL])
    verdict = judge_as_it_is(variant, altered)
    assert (verdict.status, broken(verdict)) == (ERROR, [COUNTS])


@pytest.mark.parametrize("pages", [99, 101])
def test_places_of_more_or_fewer_pages_are_a_contradiction(passed: Passed, pages: int) -> None:
    variant, evidence = passed("pinned_100")
    altered = replace(evidence.final[SUBJECT], runs=((1, 0, pages),))
    verdict = judge_as_it_is(variant, _in_the_end(evidence, SUBJECT, altered))
    assert verdict.text.startswith(
        f"contradicting evidence: 100 subject pages have a place at the baseline, and {pages} in "
    )


@pytest.mark.parametrize("name", [SUBJECT, CONTROL])
def test_places_that_were_not_said_leave_it_open(passed: Passed, name: str) -> None:
    variant, evidence = passed("pinned_100")
    left = {other: places for other, places in evidence.final.items() if other != name}
    verdict = judge_as_it_is(variant, replace(evidence, final=left))
    assert (verdict.status, broken(verdict)) == (ERROR, [KNOWN])
    assert verdict.text.startswith(
        f"inconclusive: the workload did not say where the pages of {name} were in the end"
    )


def test_pages_in_swap_are_told_from_unknown_ones(passed: Passed) -> None:
    variant, evidence = passed("reclaim")
    swapped = evidence.final[CONTROL]
    assert swapped.swapped == 100
    altered = replace(swapped, swapped=0, unknown=100)
    verdict = judge_as_it_is(variant, _in_the_end(evidence, CONTROL, altered))
    assert verdict.text.startswith("contradicting evidence: pages in swap, control: ")


# counts that contradict themselves


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"nodes": {0: 99}}, "a report counts 99 subject pages of 100"),
        ({"changed": 1}, "of 100 subject pages a report counts 1 that are elsewhere than at "),
        ({"ever_changed": 101}, "of 100 subject pages a report counts 0 that are elsewhere "),
    ],
)
def test_a_report_that_contradicts_itself_is_an_error(
    passed: Passed, changes: dict[str, object], text: str
) -> None:
    variant, evidence = passed("pinned_100")
    first = runs.subject(evidence.reports[0], **changes)
    verdict = judge_as_it_is(variant, replace(evidence, reports=[first, *evidence.reports[1:]]))
    assert (verdict.status, COUNTS in broken(verdict)) == (ERROR, True)
    assert verdict.text.startswith(f"contradicting evidence: {text}")


def test_pages_that_ever_changed_can_not_become_fewer(passed: Passed) -> None:
    variant, evidence = passed("pinned_100")
    first = runs.subject(evidence.reports[0], ever_changed=1)
    verdict = judge_as_it_is(variant, replace(evidence, reports=[first, *evidence.reports[1:]]))
    assert verdict.text.startswith(
        "contradicting evidence: 1 subject pages had ever been elsewhere in one report, and 0 in "
    )


def test_a_report_without_a_region_is_a_contradiction(passed: Passed) -> None:
    _, evidence = passed("fork")
    first = evidence.reports[0]
    without = {name: region for name, region in first.regions.items() if name != "child"}
    reports = [replace(first, regions=without), *evidence.reports[1:]]
    altered = replace(evidence, reports=reports)
    assert places_agree.agree(altered).text.startswith(
        "contradicting evidence: a report has no child pages, which the baseline has"
    )
