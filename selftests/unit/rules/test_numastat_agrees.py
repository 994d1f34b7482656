"""numastat agrees with the exact counts, give or take what docs/rules.md allows."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from avocado_pin.evidence import numastat
from avocado_pin.evidence.records import CONTROL, Evidence, NumastatSample
from avocado_pin.rules.judge import ERROR, PASS
from avocado_pin.rules.numastat_agrees import LOW_SAMPLES_IN_A_ROW
from avocado_pin.variant.variant import Variant

from .. import runs
from ..runs import BROKEN, PASSED, EvidenceOf, VariantOf, broken, judge, rule

Passed = Callable[[str], tuple[Variant, Evidence]]


def _shows(sample: NumastatSample, node: int, mib: float) -> NumastatSample:
    """Return a sample with another amount of memory on a node."""
    rows = {**sample.table.rows, "Total": {**sample.table.rows["Total"], node: mib}}
    return replace(sample, table=replace(sample.table, rows=rows))


def _alter_samples(evidence: Evidence, numbers: list[int], node: int, mib: float) -> Evidence:
    """Return the evidence with samples of these numbers altered."""
    altered = [
        _shows(sample, node, mib) if number in numbers else sample
        for number, sample in enumerate(evidence.numastat)
    ]
    return replace(evidence, numastat=altered)


def _shift(evidence: Evidence, pages: int, source: int, target: int, first: int = 0) -> Evidence:
    """Return the evidence with pages on another node, from a sample on, as numastat prints them."""
    mib = round(pages / 256, 2)
    for number, sample in list(enumerate(evidence.numastat))[first:]:
        total = sample.table.rows["Total"]
        for node, shown in [(source, total[source] - mib), (target, total[target] + mib)]:
            evidence = _alter_samples(evidence, [number], node, shown)
    return evidence


def _without(sample: NumastatSample, node: int) -> NumastatSample:
    """Return a sample without a node's column."""
    rows = {
        name: {column: mib for column, mib in row.items() if column != node}
        for name, row in sample.table.rows.items()
    }
    return replace(sample, table=replace(sample.table, rows=rows))


# Node 1 at the end of pinned_100: 100 pages by the exact counts (the control), 238 to 243 of the
# program's own, of which 16 may be on either node. That makes 322 to 359; 1.25 MiB are 320 pages,
# 1.41 are 361.
TOO_LITTLE_MIB, TOO_MUCH_MIB = 1.25, 1.41
# 322.6 and 358.4 pages.
LEAST_MIB, MOST_MIB = 1.26, 1.40


@pytest.mark.parametrize("run", [*PASSED, *BROKEN])
def test_numastat_agrees_in_every_captured_run(
    variant_of: VariantOf, evidence_of: EvidenceOf, run: str
) -> None:
    variant = variant_of(*{**PASSED, **BROKEN}[run])
    assert rule(judge(variant, evidence_of(run)), "numastat agrees").passed


def test_every_sample_between_two_reports_is_compared(pinned: Variant, good: Evidence) -> None:
    found = rule(judge(pinned, good), "numastat agrees")
    assert found.got == "0 of 5 samples contradict"
    assert found.expected.startswith("at least 1 sample, 0 that contradict by more than ")


@pytest.mark.parametrize(("source", "target"), [(0, 1), (1, 0)])
def test_pages_that_numastat_shows_on_another_node_contradict(
    pinned: Variant, good: Evidence, source: int, target: int
) -> None:
    verdict = judge(pinned, _shift(good, 100, source, target))
    assert (verdict.status, broken(verdict)) == (ERROR, ["numastat agrees"])
    assert rule(verdict, "numastat agrees").got == "5 of 5 samples contradict"


def test_a_last_sample_that_shows_too_little_contradicts(pinned: Variant, good: Evidence) -> None:
    verdict = judge(pinned, _alter_samples(good, [4], node=1, mib=TOO_LITTLE_MIB))
    assert (verdict.status, broken(verdict)) == (ERROR, ["numastat agrees"])
    assert verdict.text == (
        "contradicting evidence: at 9.8 s numastat shows 320 pages on node 1, the exact counts "
        "are 100 to 100 and 238 to 243 of the program's own (see numastat.log and samples.jsonl)"
    )


def test_a_last_sample_at_the_least_agrees(pinned: Variant, good: Evidence) -> None:
    assert judge(pinned, _alter_samples(good, [4], node=1, mib=LEAST_MIB)).status == PASS


# Node 1 of seed_pinned at its end: 100 pages of the control and 211 at least of the program's own.
# 1.21 MiB are 309.76, as many only by numastat's rounding, and 1.20 are 307.2.
@pytest.mark.parametrize(("mib", "status"), [(1.21, PASS), (1.20, ERROR)])
def test_a_last_sample_below_the_least_within_the_rounding_agrees(
    passed: Passed, mib: float, status: str
) -> None:
    variant, evidence = passed("seed_pinned")
    assert judge(variant, _alter_samples(evidence, [9], node=1, mib=mib)).status == status


@pytest.mark.parametrize("number", [3, 4])
def test_a_sample_that_shows_too_much_contradicts(
    pinned: Variant, good: Evidence, number: int
) -> None:
    verdict = judge(pinned, _alter_samples(good, [number], node=1, mib=TOO_MUCH_MIB))
    assert (verdict.status, broken(verdict)) == (ERROR, ["numastat agrees"])
    assert "numastat shows 361 pages on node 1, the exact counts are 100 to 100" in verdict.text
    assert rule(verdict, "numastat agrees").got == "1 of 5 samples contradict"


def test_a_sample_at_the_most_agrees(pinned: Variant, good: Evidence) -> None:
    assert judge(pinned, _alter_samples(good, [1], node=1, mib=MOST_MIB)).status == PASS


# Node 0 of unpinned_100 has 433 to 437 pages of the program's own, and so up to 453: 1.77 MiB are
# 453.12, no more than that only by numastat's rounding, and 1.78 are 455.7.
@pytest.mark.parametrize(("mib", "agrees"), [(1.77, True), (1.78, False)])
def test_a_sample_above_the_most_within_the_rounding_agrees(
    unpinned: Variant, moved: Evidence, mib: float, agrees: bool
) -> None:
    evidence = _alter_samples(moved, [1], node=0, mib=mib)
    assert rule(judge(unpinned, evidence), "numastat agrees").passed is agrees


@pytest.mark.parametrize("when", [0, 1])
@pytest.mark.parametrize(("pages", "mib"), [(-100, TOO_LITTLE_MIB), (100, TOO_MUCH_MIB)])
def test_the_programs_own_pages_may_move_during_the_run(
    pinned: Variant, good: Evidence, when: int, pages: int, mib: float
) -> None:
    # What contradicts above agrees if node 1 had other pages of the program's own at one end.
    own = [dict(good.own_bytes[0]), dict(good.own_bytes[1])]
    own[when][1] += pages * good.start.page_size
    evidence = replace(good, own_bytes=(own[0], own[1]))
    assert judge(pinned, _alter_samples(evidence, [4], node=1, mib=mib)).status == PASS


def test_a_low_sample_followed_by_a_good_one_is_no_contradiction(
    pinned: Variant, good: Evidence
) -> None:
    verdict = judge(pinned, _alter_samples(good, [1], node=1, mib=TOO_LITTLE_MIB))
    assert verdict.status == PASS
    assert rule(verdict, "numastat agrees").got == "0 of 5 samples contradict"


def test_the_last_sample_is_the_last_that_could_be_compared(
    pinned: Variant, good: Evidence
) -> None:
    # Had the last one ended later, no report would be after it.
    late = replace(good.numastat[-1], end_s=good.reports[-1].time_s + 1)
    cut = replace(good, numastat=[*good.numastat[:-1], late])
    assert judge(pinned, _alter_samples(cut, [4], node=1, mib=TOO_LITTLE_MIB)).status == PASS
    verdict = judge(pinned, _alter_samples(cut, [3], node=1, mib=TOO_LITTLE_MIB))
    assert (verdict.status, broken(verdict)) == (ERROR, ["numastat agrees"])
    assert rule(verdict, "numastat agrees").got == "1 of 4 samples contradict"


@pytest.mark.parametrize(
    ("numbers", "status"),
    [
        ([1, 2], PASS),
        ([1, 2, 3], ERROR),
        ([1, 2, 4, 5], PASS),
        ([1, 2, 3, 4], ERROR),
    ],
)
def test_so_many_low_samples_in_a_row_contradict(
    variant_of: VariantOf, evidence_of: EvidenceOf, numbers: list[int], status: str
) -> None:
    assert LOW_SAMPLES_IN_A_ROW == 3
    evidence = _alter_samples(evidence_of("seed_pinned"), numbers, node=0, mib=0.0)
    assert judge(variant_of(*PASSED["seed_pinned"]), evidence).status == status


# 0 to 100 pages of the control and 222 to 259 others: 0.86 MiB are 220.2 pages, 0.87 are 222.7.
@pytest.mark.parametrize(
    ("mib", "status"), [(0.86, ERROR), (0.87, PASS), (MOST_MIB, PASS), (TOO_MUCH_MIB, ERROR)]
)
def test_pages_that_move_during_a_sample_may_be_on_either_node(
    pinned: Variant, good: Evidence, mib: float, status: str
) -> None:
    # As if the control had moved before the second report, and so during the first sample.
    there = dict(enumerate(good.reports[-1].placements[CONTROL].places))
    sooner = runs.moved(good, there, CONTROL, when=1)
    first = replace(sooner, numastat=good.numastat[:1])
    assert judge(pinned, _alter_samples(first, [0], node=1, mib=mib)).status == status


def test_pages_in_the_middle_of_a_move_may_be_on_any_node(pinned: Variant, good: Evidence) -> None:
    evidence = _alter_samples(good, [1], node=1, mib=TOO_MUCH_MIB)
    moving = [runs.subject(report, nodes={0: 90}, unknown=10) for report in good.reports[:-1]]
    reports = [*moving, good.reports[-1]]
    assert judge(pinned, replace(evidence, reports=reports)).status == PASS


@pytest.mark.parametrize("node", [0, 1])
def test_a_node_that_numastat_does_not_show_contradicts(
    pinned: Variant, good: Evidence, node: int
) -> None:
    cut = [_without(sample, node) for sample in good.numastat]
    verdict = judge(pinned, replace(good, numastat=cut))
    assert (verdict.status, broken(verdict)) == (ERROR, ["numastat agrees"])
    assert f"numastat shows 0 pages on node {node}, the exact counts are 100 to 100" in verdict.text


def test_pages_that_numastat_alone_shows_on_a_further_node_contradict(
    pinned: Variant, good: Evidence
) -> None:
    # 0.08 MiB are 20 pages; 16 of the program's own could be anywhere.
    assert judge(pinned, _alter_samples(good, [1], node=2, mib=0.0)).status == PASS
    verdict = judge(pinned, _alter_samples(good, [1], node=2, mib=0.08))
    assert (verdict.status, broken(verdict)) == (ERROR, ["numastat agrees"])
    assert "numastat shows 20 pages on node 2, the exact counts are 0 to 0" in verdict.text


NO_SAMPLE = "no sample could be compared (see numastat.log and samples.jsonl)"


@pytest.mark.parametrize("cut", [slice(0, 1), slice(-1, None)])
def test_a_sample_without_a_report_before_and_after_is_not_compared(
    unpinned: Variant, moved: Evidence, cut: slice
) -> None:
    verdict = judge(unpinned, replace(moved, reports=moved.reports[cut]))
    assert verdict.status == ERROR
    found = rule(verdict, "numastat agrees")
    assert (found.passed, found.got) == (False, "0 of 0 samples contradict")
    assert found.text == NO_SAMPLE


# Of runs whose moves are over within a second, as under KVM before the first sample.
FAST = ["migrate_pages", "move_pages_unpinned", "unpinned_100", "pinned_100"]


def _once_moved(variant: Variant, evidence: Evidence) -> Evidence:
    """Return the evidence without the reports and samples from before the moves were over."""
    name = "subject" if variant.pin == "none" else "control"
    reports = [report for report in evidence.reports if report.regions[name].on(1) == 100]
    numastat = [one for one in evidence.numastat if one.start_s >= reports[0].time_s]
    return replace(evidence, reports=reports, numastat=numastat)


@pytest.mark.parametrize("run", FAST)
def test_moves_that_are_over_before_the_first_sample_are_judged(passed: Passed, run: str) -> None:
    variant, evidence = passed(run)
    over = _once_moved(variant, evidence)
    # Two reports and the sample between them, which is all that a settled run has.
    first = replace(over, reports=over.reports[-3:], numastat=over.numastat[-1:])
    verdict = judge(variant, first)
    assert (verdict.status, broken(verdict)) == (PASS, [])
    assert rule(verdict, "numastat agrees").got == "0 of 1 samples contradict"
    # It is compared as any other.
    verdict = judge(variant, _alter_samples(first, [0], node=1, mib=9))


# A sample's time is cut to hundredths: it may have begun nearly 0.01 s later.
@pytest.mark.parametrize(("later", "compared"), [(0.009, 1), (0.011, 0)])
def test_a_report_that_ended_within_the_clocks_step_is_before_a_sample(
    pinned: Variant, good: Evidence, later: float, compared: int
) -> None:
    sample = good.numastat[0]
    first = replace(good.reports[0], end_s=sample.start_s + later)
    evidence = replace(good, numastat=[sample], reports=[first, *good.reports[1:]])
    found = rule(judge(pinned, evidence), "numastat agrees")
    assert found.got == f"0 of {compared} samples contradict"


@pytest.mark.parametrize("run", FAST)
def test_a_run_that_ends_before_a_sample_rests_on_the_exact_places(
    passed: Passed, run: str
) -> None:
    variant, evidence = passed(run)
    over = replace(evidence, reports=evidence.reports[-1:], numastat=[])
    verdict = judge(variant, over)
    assert (verdict.status, broken(verdict)) == (PASS, [])
    assert rule(verdict, "numastat agrees").got == "the run was over before numastat was asked"
    assert "; the run was over before numastat was asked" in verdict.text


def test_a_run_without_a_sample_or_exact_places_is_an_error(
    unpinned: Variant, moved: Evidence
) -> None:
    before = [report for report in moved.reports if report.time_s < moved.pressure_s]
    verdict = judge(
        unpinned,
        replace(
            moved,
            reports=before or moved.reports[:1],
            numastat=[],
            pressure_s=moved.reports[-1].end_s,
        ),
    )
    assert verdict.status == ERROR
    found = rule(verdict, "numastat agrees")
    assert not found.passed
    assert found.text.startswith("no sample could be compared (see numastat.log")


# Node 1: 100 or 200 pages by the exact counts, and 96 to 112 of the program's own.
@pytest.mark.parametrize("run", ["unpinned_100", "balancing_off", "move_pages", "one_node", "thp"])
def test_a_contradiction_fails_any_run(passed: Passed, run: str) -> None:
    variant, evidence = passed(run)
    verdict = judge(variant, _alter_samples(evidence, [0], node=1, mib=9))
    assert (verdict.status, broken(verdict)) == (ERROR, ["numastat agrees"])
    assert "numastat shows 2304 pages on node 1, the exact counts are " in verdict.text


def test_the_childs_copies_are_not_the_processs_own(passed: Passed) -> None:
    # numastat is asked about the parent. The child's 100 pages are on node 1, and not shown.
    variant, evidence = passed("fork")
    assert evidence.reports[-1].regions["child"].on(1) == 100
    assert judge(variant, evidence).status == PASS
    verdict = judge(variant, _shift(evidence, 100, 0, 1))
    assert broken(verdict) == ["numastat agrees"]


def test_a_released_range_is_the_processs_own(passed: Passed) -> None:
    variant, evidence = passed("double_range")
    verdict = judge(variant, runs.left(evidence, "released", 100))
    assert broken(verdict)[0] == "numastat agrees"


def test_the_first_of_several_contradictions_is_told(pinned: Variant, good: Evidence) -> None:
    first = judge(pinned, _alter_samples(good, [1], node=1, mib=9)).text
    both = judge(pinned, _alter_samples(good, [1, 2], node=1, mib=9))
    assert rule(both, "numastat agrees").got.startswith("2 of ")
    assert both.text == first
    assert judge(pinned, _alter_samples(good, [2], node=1, mib=9)).text != first


def test_the_rounding_of_numastat_is_half_of_its_last_decimal() -> None:
    assert numastat.ROUNDING_BYTES == 0.005 * (1 << 20)
