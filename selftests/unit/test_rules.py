"""Each rule holds on the evidence of a real run, and breaks on it altered in one way."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from avocado_pin import kernel_text, numastat
from avocado_pin.agreement import LOW_SAMPLES_IN_A_ROW
from avocado_pin.evidence import Evidence, Program, Programs
from avocado_pin.rules import (
    ERROR,
    FAIL,
    PASS,
    Rule,
    Verdict,
    judge,
    judge_crash,
    judge_programs,
    settled,
)
from avocado_pin.samples import Change, End, NumastatSample, Region, Report
from avocado_pin.variant import Variant

EvidenceOf = Callable[[str], Evidence]
VariantOf = Callable[..., Variant]
Captured = Callable[[str], str]

CELLS = {
    "pinned_100": "pin_tests.pinned.pages_100",
    "unpinned_100": "pin_tests.unpinned.pages_100",
    "seed_pinned": "pin_tests.seed.pinned",
    "seed_unpinned": "pin_tests.seed.unpinned",
}
RUNS = [*CELLS, "no_pin", "unpin_early", "leak", "pinned_off", "unpinned_off"]
MOVED = Change(page=3, pfn_from=524172, pfn_to=1059256, node_from=0, node_to=1)


@pytest.fixture
def pinned(variant_of: VariantOf) -> Variant:
    return variant_of("pin_tests.pinned.pages_100")


@pytest.fixture
def unpinned(variant_of: VariantOf) -> Variant:
    return variant_of("pin_tests.unpinned.pages_100")


@pytest.fixture
def good(evidence_of: EvidenceOf) -> Evidence:
    """Return the evidence of a run in which all pinned pages stayed."""
    return evidence_of("pinned_100")


@pytest.fixture
def moved(evidence_of: EvidenceOf) -> Evidence:
    """Return the evidence of a run in which all unpinned pages moved."""
    return evidence_of("unpinned_100")


def _rule(verdict: Verdict, name: str) -> Rule:
    return next(rule for rule in verdict.rules if rule.name == name)


def _broken(verdict: Verdict) -> list[str]:
    return [rule.name for rule in verdict.rules if not rule.passed]


def _subject(report: Report, **changes: Any) -> Report:
    return replace(report, subject=replace(report.subject, **changes))


def _control(report: Report, **changes: Any) -> Report:
    return replace(report, control=replace(report.control, **changes))


def _last(evidence: Evidence, last: Report) -> Evidence:
    return replace(evidence, reports=[*evidence.reports[:-1], last])


def _left(evidence: Evidence, alter: Callable[..., Report], **changes: Any) -> Evidence:
    """Return the evidence with each report altered in which all pages of the control moved."""
    reports = [
        alter(report, **changes) if report.control.on(1) == 100 else report
        for report in evidence.reports
    ]
    return replace(evidence, reports=reports)


# Real runs


@pytest.mark.parametrize("run", CELLS)
def test_a_good_run_passes_with_every_rule(
    variant_of: VariantOf, evidence_of: EvidenceOf, run: str
) -> None:
    verdict = judge(variant_of(CELLS[run]), evidence_of(run))
    assert (verdict.status, _broken(verdict)) == (PASS, [])
    assert all(rule.text == "" for rule in verdict.rules)


def test_the_rules_of_a_pinned_run(pinned: Variant, good: Evidence) -> None:
    assert [rule.name for rule in judge(pinned, good).rules] == [
        "kernel log",
        "no pin leaked",
        "numastat agrees",
        "pinned pages stay",
        "minor faults of the pin",
        "driver holds the mapped pages",
        "kernel counts the pins",
        "driver unloads",
        "workload ends cleanly",
        "pinned pages are found",
        "control pages move",
    ]


def test_the_rules_of_an_unpinned_run(unpinned: Variant, moved: Evidence) -> None:
    assert [rule.name for rule in judge(unpinned, moved).rules] == [
        "kernel log",
        "no pin leaked",
        "numastat agrees",
        "workload ends cleanly",
        "unpinned pages move",
    ]


def test_a_pinned_run_that_passes_says_what_moved_and_what_stayed(
    pinned: Variant, good: Evidence
) -> None:
    assert judge(pinned, good).text == (
        "100 of 100 control pages moved to node 1 within 1.5 s of the first remote write; "
        "100 of 100 pinned pages stayed"
    )


def test_an_unpinned_run_that_passes_says_what_moved(unpinned: Variant, moved: Evidence) -> None:
    assert judge(unpinned, moved).text == (
        "100 of 100 unpinned pages moved to node 1 within 1.4 s of the first remote write"
    )


def test_an_unpinned_run_tells_when_its_own_pages_moved(unpinned: Variant, moved: Evidence) -> None:
    # In the first report, 1.4 s after the first write, the control is where it was.
    reports = [_control(moved.reports[0], nodes={0: 100}), *moved.reports[1:]]
    verdict = judge(unpinned, replace(moved, reports=reports))
    assert verdict.status == PASS
    assert verdict.text.endswith("moved to node 1 within 1.4 s of the first remote write")


def test_a_driver_that_unpins_early_fails(pinned: Variant, evidence_of: EvidenceOf) -> None:
    verdict = judge(pinned, evidence_of("unpin_early"))
    assert verdict.status == FAIL
    assert verdict.text == (
        "100 of 100 pinned pages moved: first page 0 from node 0 (PFN 394266) to node 1 "
        "(PFN 1055012) (see samples.jsonl); also broken: driver holds the mapped pages, "
        "kernel counts the pins"
    )


def test_a_driver_that_does_not_pin_fails(pinned: Variant, evidence_of: EvidenceOf) -> None:
    verdict = judge(pinned, evidence_of("no_pin"))
    assert verdict.status == FAIL
    assert verdict.text == (
        "100 of 100 pinned pages were not there after the pin (see samples.jsonl); also broken: "
        "minor faults of the pin, driver holds the mapped pages, kernel counts the pins"
    )


def test_a_driver_that_leaks_a_page_fails(pinned: Variant, evidence_of: EvidenceOf) -> None:
    verdict = judge(pinned, evidence_of("leak"))
    assert verdict.status == FAIL
    assert verdict.text == (
        "1 page pins leaked: nr_foll_pin_acquired and nr_foll_pin_released differ by 1 after "
        "everything is closed, and did by 0 before (see vmstat_after.txt)"
    )


def test_a_pinned_run_without_balancing_is_inconclusive(
    pinned: Variant, evidence_of: EvidenceOf
) -> None:
    verdict = judge(pinned, evidence_of("pinned_off"))
    assert verdict.status == ERROR
    assert verdict.text == (
        "inconclusive: only 0 of 100 control pages moved to node 1 in 6.4 s of remote writes, "
        "expected all 100: no pressure to migrate, no verdict (see samples.jsonl)"
    )


def test_an_unpinned_run_without_balancing_fails(
    unpinned: Variant, evidence_of: EvidenceOf
) -> None:
    verdict = judge(unpinned, evidence_of("unpinned_off"))
    assert verdict.status == FAIL
    assert verdict.text == (
        "only 0 of 100 unpinned pages moved to node 1 in 6.8 s of remote writes, expected all "
        "100; in the end they are on node 0: 100 (see samples.jsonl)"
    )


def test_a_run_that_pins_nothing_does_not_pass_as_a_pinned_one(
    pinned: Variant, moved: Evidence
) -> None:
    verdict = judge(pinned, moved)
    assert verdict.status == FAIL
    assert verdict.text.startswith("100 of 100 pinned pages moved: first page 0 from node 0")


# kernel log


def test_a_line_of_trouble_fails(pinned: Variant, good: Evidence, captured: Captured) -> None:
    trouble = kernel_text.trouble(captured("dmesg/null_pointer.txt"))
    verdict = judge(pinned, replace(good, trouble=trouble))
    assert (verdict.status, _broken(verdict)) == (FAIL, ["kernel log"])
    assert verdict.text == (
        "the guest's kernel log has: BUG: kernel NULL pointer dereference, "
        "address: 0000000000000000 (see dmesg.txt)"
    )
    assert _rule(verdict, "kernel log").got == "2 lines of trouble"


def test_trouble_fails_an_unpinned_run_too(
    unpinned: Variant, moved: Evidence, captured: Captured
) -> None:
    trouble = kernel_text.trouble(captured("dmesg/warning.txt"))
    verdict = judge(unpinned, replace(moved, trouble=trouble))
    assert verdict.status == FAIL
    assert "WARNING: CPU: 1 PID: 171 at provoke.c:14" in verdict.text


# no pin leaked


@pytest.mark.parametrize("leaked", [1, 100, -1])
def test_a_leak_fails(pinned: Variant, good: Evidence, leaked: int) -> None:
    verdict = judge(pinned, replace(good, pins_after=leaked))
    assert (verdict.status, _broken(verdict)) == (FAIL, ["no pin leaked"])
    assert verdict.text.startswith(f"{leaked} page pins leaked: ")
    assert f"differ by {leaked} after everything is closed, and did by 0 before" in verdict.text
    assert "vmstat_after.txt" in verdict.text


def test_pins_that_others_held_before_are_no_leak(pinned: Variant, good: Evidence) -> None:
    verdict = judge(pinned, replace(good, pins_before=7, pins_held=107, pins_after=7))
    assert verdict.status == PASS


def test_a_leak_fails_an_unpinned_run_too(unpinned: Variant, moved: Evidence) -> None:
    verdict = judge(unpinned, replace(moved, pins_after=1))
    assert (verdict.status, _broken(verdict)) == (FAIL, ["no pin leaked"])


# numastat agrees


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


# Node 1 at the end: 100 pages by the exact counts (the control), 213 to 215 of the program's own,
# of which 16 may be on either node. That makes 297 to 331; 1.15 MiB are 294 pages, 1.30 are 333.
TOO_LITTLE_MIB, TOO_MUCH_MIB = 1.15, 1.30
# 296.96 pages, enough only by numastat's rounding; and 330.24.
LEAST_MIB, MOST_MIB = 1.16, 1.29


@pytest.mark.parametrize("run", RUNS)
def test_numastat_agrees_in_every_captured_run(
    pinned: Variant, evidence_of: EvidenceOf, run: str
) -> None:
    assert _rule(judge(pinned, evidence_of(run)), "numastat agrees").passed


def test_every_sample_between_two_reports_is_compared(pinned: Variant, good: Evidence) -> None:
    rule = _rule(judge(pinned, good), "numastat agrees")
    assert rule.got == "0 of 3 samples contradict"
    assert rule.expected.startswith("at least 1 sample, 0 that contradict by more than ")


@pytest.mark.parametrize(("source", "target", "wrong"), [(0, 1, 3), (1, 0, 2)])
def test_pages_that_numastat_shows_on_another_node_contradict(
    pinned: Variant, good: Evidence, source: int, target: int, wrong: int
) -> None:
    # 100 pages in all samples. During the first the control moves, so that it may be on node 0
    # still.
    verdict = judge(pinned, _shift(good, 100, source, target))
    assert (verdict.status, _broken(verdict)) == (ERROR, ["numastat agrees"])
    assert _rule(verdict, "numastat agrees").got == f"{wrong} of 3 samples contradict"


def test_a_last_sample_that_shows_too_little_contradicts(pinned: Variant, good: Evidence) -> None:
    verdict = judge(pinned, _alter_samples(good, [2], node=1, mib=TOO_LITTLE_MIB))
    assert (verdict.status, _broken(verdict)) == (ERROR, ["numastat agrees"])
    assert verdict.text == (
        "contradicting evidence: at 17.1 s numastat shows 294 pages on node 1, the exact counts "
        "are 100 to 100 and 213 to 215 of the program's own (see numastat.log and samples.jsonl)"
    )


def test_a_last_sample_within_the_rounding_agrees(pinned: Variant, good: Evidence) -> None:
    assert judge(pinned, _alter_samples(good, [2], node=1, mib=LEAST_MIB)).status == PASS


@pytest.mark.parametrize("number", [1, 2])
def test_a_sample_that_shows_too_much_contradicts(
    pinned: Variant, good: Evidence, number: int
) -> None:
    verdict = judge(pinned, _alter_samples(good, [number], node=1, mib=TOO_MUCH_MIB))
    assert (verdict.status, _broken(verdict)) == (ERROR, ["numastat agrees"])
    assert "numastat shows 333 pages on node 1, the exact counts are 100 to 100" in verdict.text
    assert _rule(verdict, "numastat agrees").got == "1 of 3 samples contradict"


def test_a_sample_at_the_most_agrees(pinned: Variant, good: Evidence) -> None:
    assert judge(pinned, _alter_samples(good, [1], node=1, mib=MOST_MIB)).status == PASS


# Without balancing, 162 pages of the program's own are on node 1, and so up to 178: 0.70 MiB are
# 179.2, no more than that only by numastat's rounding, and 0.71 are 182.
@pytest.mark.parametrize(("mib", "agrees"), [(0.70, True), (0.71, False)])
def test_a_sample_above_the_most_within_the_rounding_agrees(
    unpinned: Variant, evidence_of: EvidenceOf, mib: float, agrees: bool
) -> None:
    evidence = _alter_samples(evidence_of("unpinned_off"), [1], node=1, mib=mib)
    assert _rule(judge(unpinned, evidence), "numastat agrees").passed is agrees


@pytest.mark.parametrize("when", [0, 1])
@pytest.mark.parametrize(("pages", "mib"), [(-100, TOO_LITTLE_MIB), (100, TOO_MUCH_MIB)])
def test_the_programs_own_pages_may_move_during_the_run(
    pinned: Variant, good: Evidence, when: int, pages: int, mib: float
) -> None:
    # What contradicts above agrees if node 1 had other pages of the program's own at one end.
    own = [dict(good.own_bytes[0]), dict(good.own_bytes[1])]
    own[when][1] += pages * good.start.page_size
    evidence = replace(good, own_bytes=(own[0], own[1]))
    assert judge(pinned, _alter_samples(evidence, [2], node=1, mib=mib)).status == PASS


def test_a_low_sample_followed_by_a_good_one_is_no_contradiction(
    pinned: Variant, good: Evidence
) -> None:
    verdict = judge(pinned, _alter_samples(good, [1], node=1, mib=TOO_LITTLE_MIB))
    assert verdict.status == PASS
    assert _rule(verdict, "numastat agrees").got == "0 of 3 samples contradict"


def test_the_last_sample_is_the_last_that_could_be_compared(
    pinned: Variant, good: Evidence
) -> None:
    # Without the reports after it, the third can't be.
    cut = replace(good, reports=good.reports[:-2])
    assert judge(pinned, _alter_samples(cut, [2], node=1, mib=TOO_LITTLE_MIB)).status == PASS
    verdict = judge(pinned, _alter_samples(cut, [1], node=1, mib=TOO_LITTLE_MIB))
    assert (verdict.status, _broken(verdict)) == (ERROR, ["numastat agrees"])
    assert _rule(verdict, "numastat agrees").got == "1 of 2 samples contradict"


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
    assert judge(variant_of(CELLS["seed_pinned"]), evidence).status == status


@pytest.mark.parametrize(
    ("mib", "status"), [(0.76, ERROR), (0.77, PASS), (MOST_MIB, PASS), (TOO_MUCH_MIB, ERROR)]
)
def test_a_page_that_moves_during_a_sample_may_be_on_either_node(
    pinned: Variant, good: Evidence, mib: float, status: str
) -> None:
    # During the first sample the control moved: node 1 has 0 to 100 of its pages, and so 197 to 331
    # in all. 0.76 MiB are 195 pages.
    first = replace(good, numastat=good.numastat[:1])
    assert judge(pinned, _alter_samples(first, [0], node=1, mib=mib)).status == status


def test_pages_in_the_middle_of_a_move_may_be_on_any_node(pinned: Variant, good: Evidence) -> None:
    evidence = _alter_samples(good, [1], node=1, mib=TOO_MUCH_MIB)
    moving = [_subject(report, nodes={0: 90}, unknown=10) for report in good.reports[:-1]]
    reports = [*moving, good.reports[-1]]
    assert judge(pinned, replace(evidence, reports=reports)).status == PASS


@pytest.mark.parametrize("node", [0, 1])
def test_a_node_that_numastat_does_not_show_contradicts(
    pinned: Variant, good: Evidence, node: int
) -> None:
    cut = [_without(sample, node) for sample in good.numastat]
    verdict = judge(pinned, replace(good, numastat=cut))
    assert (verdict.status, _broken(verdict)) == (ERROR, ["numastat agrees"])
    assert f"numastat shows 0 pages on node {node}, the exact counts are 100 to 100" in verdict.text


def test_pages_that_numastat_alone_shows_on_a_further_node_contradict(
    pinned: Variant, good: Evidence
) -> None:
    # 0.08 MiB are 20 pages; 16 of the program's own could be anywhere.
    assert judge(pinned, _alter_samples(good, [1], node=2, mib=0.0)).status == PASS
    verdict = judge(pinned, _alter_samples(good, [1], node=2, mib=0.08))
    assert (verdict.status, _broken(verdict)) == (ERROR, ["numastat agrees"])
    assert "numastat shows 20 pages on node 2, the exact counts are 0 to 0" in verdict.text


NO_SAMPLE = "no sample could be compared (see numastat.log and samples.jsonl)"


@pytest.mark.parametrize("cut", [slice(0, 1), slice(-1, None)])
def test_a_sample_without_a_report_before_and_after_is_not_compared(
    unpinned: Variant, moved: Evidence, cut: slice
) -> None:
    verdict = judge(unpinned, replace(moved, reports=moved.reports[cut]))
    assert (verdict.status, _broken(verdict)) == (ERROR, ["numastat agrees"])
    assert _rule(verdict, "numastat agrees").got == "0 of 0 samples contradict"
    assert verdict.text == NO_SAMPLE


def test_a_run_without_a_sample_is_an_error(pinned: Variant, good: Evidence) -> None:
    verdict = judge(pinned, replace(good, numastat=[]))
    assert (verdict.status, _broken(verdict)) == (ERROR, ["numastat agrees"])
    assert verdict.text == NO_SAMPLE


def test_a_contradiction_fails_an_unpinned_run_too(unpinned: Variant, moved: Evidence) -> None:
    # 0.79 MiB are 202 pages.
    verdict = judge(unpinned, _alter_samples(moved, [0], node=1, mib=0.79))
    assert (verdict.status, _broken(verdict)) == (ERROR, ["numastat agrees"])
    assert "on node 1, the exact counts are 200 to 200 and 21 to 23 of" in verdict.text


def test_the_first_of_several_contradictions_is_told(pinned: Variant, good: Evidence) -> None:
    first = judge(pinned, _alter_samples(good, [1], node=1, mib=9)).text
    both = judge(pinned, _alter_samples(good, [1, 2], node=1, mib=9))
    assert _rule(both, "numastat agrees").got.startswith("2 of ")
    assert both.text == first
    assert judge(pinned, _alter_samples(good, [2], node=1, mib=9)).text != first


def test_the_rounding_of_numastat_is_half_of_its_last_decimal() -> None:
    assert numastat.ROUNDING_BYTES == 0.005 * (1 << 20)


# pinned pages stay


def test_one_page_that_moved_fails(pinned: Variant, good: Evidence) -> None:
    last = _subject(
        good.reports[-1], nodes={0: 99, 1: 1}, changed=1, ever_changed=1, first_changed=MOVED
    )
    verdict = judge(pinned, _last(good, last))
    assert (verdict.status, _broken(verdict)) == (FAIL, ["pinned pages stay"])
    assert verdict.text == (
        "1 of 100 pinned pages moved: first page 3 from node 0 (PFN 524172) to node 1 "
        "(PFN 1059256) (see samples.jsonl)"
    )


def test_a_page_copied_on_its_node_fails(pinned: Variant, good: Evidence) -> None:
    copied = replace(MOVED, pfn_to=524100, node_to=0)
    last = _subject(good.reports[-1], changed=1, ever_changed=1, first_changed=copied)
    verdict = judge(pinned, _last(good, last))
    assert verdict.status == FAIL
    assert "from node 0 (PFN 524172) to node 0 (PFN 524100)" in verdict.text


def test_a_page_that_came_back_fails(pinned: Variant, good: Evidence) -> None:
    away = _subject(good.reports[2], ever_changed=1, first_changed=MOVED)
    back = [_subject(report, ever_changed=1) for report in good.reports[3:]]
    verdict = judge(pinned, replace(good, reports=[*good.reports[:2], away, *back]))
    assert (verdict.status, _broken(verdict)) == (FAIL, ["pinned pages stay"])
    assert "1 of 100 pinned pages moved: first page 3 from node 0" in verdict.text


def test_a_page_that_came_back_between_two_reports_fails(pinned: Variant, good: Evidence) -> None:
    verdict = judge(pinned, _last(good, _subject(good.reports[-1], ever_changed=1)))
    assert verdict.status == FAIL
    assert verdict.text.startswith("1 of 100 pinned pages moved: and came back between two reports")


def test_a_page_without_a_place_after_the_pin_fails(pinned: Variant, good: Evidence) -> None:
    verdict = judge(pinned, replace(good, start=replace(good.start, unknown=(1, 0))))
    assert (verdict.status, _broken(verdict)) == (FAIL, ["pinned pages stay"])
    assert verdict.text == "1 of 100 pinned pages were not there after the pin (see samples.jsonl)"


def test_a_control_page_without_a_place_is_no_failure(pinned: Variant, good: Evidence) -> None:
    assert judge(pinned, replace(good, start=replace(good.start, unknown=(0, 1)))).status == PASS


# minor faults of the pin


@pytest.mark.parametrize("faults", [99, 101, 0])
def test_other_minor_faults_than_pages_fail(pinned: Variant, good: Evidence, faults: int) -> None:
    verdict = judge(pinned, replace(good, start=replace(good.start, minor_faults=faults)))
    assert (verdict.status, _broken(verdict)) == (FAIL, ["minor faults of the pin"])
    assert verdict.text == (
        f"pinning 100 untouched pages took {faults} minor faults, expected 100 (see samples.jsonl)"
    )


def test_minor_faults_of_an_unpinned_run_are_not_judged(unpinned: Variant, moved: Evidence) -> None:
    evidence = replace(moved, start=replace(moved.start, minor_faults=101))
    assert judge(unpinned, evidence).status == PASS


# driver holds the mapped pages


@pytest.mark.parametrize(
    ("pages", "differs"), [(99, 0), (101, 0), (100, 1), (-1, 0), (None, None), (100, None)]
)
def test_a_driver_that_does_not_hold_the_mapped_pages_fails(
    pinned: Variant, good: Evidence, pages: int | None, differs: int | None
) -> None:
    last = _subject(good.reports[-1], driver_pages=pages, driver_differs=differs)
    verdict = judge(pinned, _last(good, last))
    assert (verdict.status, _broken(verdict)) == (FAIL, ["driver holds the mapped pages"])
    assert verdict.text == (
        f"the driver says it holds {pages} pages, {differs} of which are not the mapped ones, "
        "expected 100 and 0 (see samples.jsonl)"
    )


# kernel counts the pins


@pytest.mark.parametrize("held", [99, 101, 0])
def test_other_pins_held_than_pages_fail(pinned: Variant, good: Evidence, held: int) -> None:
    verdict = judge(pinned, replace(good, pins_held=held))
    assert (verdict.status, _broken(verdict)) == (FAIL, ["kernel counts the pins"])
    assert verdict.text == (
        f"the kernel counts {held} page pins at the end of the run, expected 100 "
        "(see vmstat_pinned.txt)"
    )


def test_pins_that_others_held_before_do_not_count(pinned: Variant, good: Evidence) -> None:
    verdict = judge(pinned, replace(good, pins_before=1, pins_held=100, pins_after=1))
    assert _broken(verdict) == ["kernel counts the pins"]
    assert "counts 99 page pins" in verdict.text


# driver unloads


IN_USE = "rmmod: ERROR: Module page_pin is in use"


def test_a_driver_that_does_not_unload_fails(pinned: Variant, good: Evidence) -> None:
    verdict = judge(pinned, replace(good, rmmod_error=IN_USE))
    assert (verdict.status, _broken(verdict)) == (FAIL, ["driver unloads"])
    assert verdict.text == f"the driver can't be unloaded after everything is closed: {IN_USE}"
    assert _rule(verdict, "driver unloads").got == IN_USE


# workload ends cleanly


@pytest.mark.parametrize("end", [End(1, 0), End(0, 22), End(4, 22), End(-1, 0)])
def test_a_workload_that_does_not_end_cleanly_fails(
    pinned: Variant, good: Evidence, end: End
) -> None:
    verdict = judge(pinned, replace(good, end=end))
    assert (verdict.status, _broken(verdict)) == (FAIL, ["workload ends cleanly"])
    assert verdict.text == (
        f"the workload ended with exit {end.exit_code}, errno {end.unpin_errno} of the unpin "
        "(see samples.jsonl)"
    )


def test_an_unpinned_workload_that_does_not_end_cleanly_fails(
    unpinned: Variant, moved: Evidence
) -> None:
    verdict = judge(unpinned, replace(moved, end=End(1, 0)))
    assert (verdict.status, _broken(verdict)) == (FAIL, ["workload ends cleanly"])


# pinned pages are found


def test_a_pinned_page_without_a_place_at_the_end_is_inconclusive(
    pinned: Variant, good: Evidence
) -> None:
    last = _subject(good.reports[-1], nodes={0: 99}, unknown=1)
    verdict = judge(pinned, _last(good, last))
    assert (verdict.status, _broken(verdict)) == (ERROR, ["pinned pages are found"])
    assert verdict.text == (
        "inconclusive: 1 of 100 pinned pages had no place at the end, in the middle of an attempt "
        "to move them or gone (see samples.jsonl)"
    )


def test_a_pinned_page_without_a_place_before_the_end_is_found(
    pinned: Variant, good: Evidence
) -> None:
    lost = [_subject(report, nodes={0: 99}, unknown=1) for report in good.reports[:-1]]
    assert judge(pinned, replace(good, reports=[*lost, good.reports[-1]])).status == PASS


def test_a_control_page_without_a_place_at_the_end_is_no_failure(
    pinned: Variant, good: Evidence
) -> None:
    last = _control(good.reports[-1], nodes={1: 99}, unknown=1)
    assert judge(pinned, _last(good, last)).status == PASS


# control pages move


def test_one_control_page_that_stayed_is_inconclusive(pinned: Variant, good: Evidence) -> None:
    verdict = judge(pinned, _left(good, _control, nodes={0: 1, 1: 99}))
    assert (verdict.status, _broken(verdict)) == (ERROR, ["control pages move"])
    assert verdict.text == (
        "inconclusive: only 99 of 100 control pages moved to node 1 in 5.5 s of remote "
        "writes, expected all 100: no pressure to migrate, no verdict (see samples.jsonl)"
    )


def test_one_control_page_in_the_middle_of_a_move_is_inconclusive(
    pinned: Variant, good: Evidence
) -> None:
    verdict = judge(pinned, _left(good, _control, nodes={1: 99}, unknown=1))
    assert (verdict.status, _broken(verdict)) == (ERROR, ["control pages move"])


def test_control_pages_that_went_elsewhere_are_inconclusive(
    pinned: Variant, good: Evidence
) -> None:
    # To node 0, from which they came; by numastat too.
    verdict = judge(pinned, _left(_shift(good, 100, 1, 0), _control, nodes={0: 100}))
    assert (verdict.status, _broken(verdict)) == (ERROR, ["control pages move"])
    assert "only 0 of 100 control pages moved to node 1" in verdict.text


@pytest.mark.parametrize(("moved", "status"), [(69, PASS), (68, ERROR)])
def test_the_seeds_control_may_leave_some_pages(
    variant_of: VariantOf, evidence_of: EvidenceOf, moved: int, status: str
) -> None:
    # The others are on node 0 by numastat too, from the first sample after remote writes on.
    seed = _shift(evidence_of("seed_pinned"), 100 - moved, 1, 0, first=5)
    evidence = _left(seed, _control, nodes={0: 100 - moved, 1: moved})
    verdict = judge(variant_of("pin_tests.seed.pinned"), evidence)
    assert verdict.status == status
    assert f"{moved} of 100 control pages moved to node 1" in verdict.text
    assert _rule(verdict, "control pages move").expected == "69 % of 100"


@pytest.mark.parametrize("when", range(1, 7))
def test_one_report_in_which_the_control_had_moved_is_enough(
    pinned: Variant, good: Evidence, when: int
) -> None:
    # As if one page had gone back at once, before and after that report.
    reports = _left(good, _control, nodes={0: 1, 1: 99}).reports
    reports[when] = good.reports[when]
    assert judge(pinned, replace(good, reports=reports)).status == PASS


# The control had moved 1.523 s after the first write.
@pytest.mark.parametrize(("deadline", "status"), [("1.52", ERROR), ("1.53", PASS)])
def test_a_control_that_moved_too_late_is_inconclusive(
    variant_of: VariantOf, good: Evidence, deadline: str, status: str
) -> None:
    hasty = variant_of(CELLS["pinned_100"], f"move_deadline_s={deadline}")
    verdict = judge(hasty, good)
    assert verdict.status == status
    assert _broken(verdict) == (["control pages move"] if status == ERROR else [])


def test_a_control_that_moved_at_the_deadline_is_in_time(
    variant_of: VariantOf, good: Evidence
) -> None:
    variant = variant_of(CELLS["pinned_100"], "move_deadline_s=2")
    at_last = replace(good.reports[1], time_s=good.write_start_s + 2)
    cut = replace(good, reports=[good.reports[0], at_last, *good.reports[3:]])
    assert judge(variant, cut).status == PASS


# With a fixed number of samples all are looked at; the control had moved 2.135 s after the first
# write.
@pytest.mark.parametrize(
    ("assignments", "passes"),
    [
        (["move_deadline_s=2"], True),
        (["move_deadline_s=2", "samples=0"], False),
        (["move_deadline_s=3", "samples=0"], True),
    ],
)
def test_a_fixed_number_of_samples_has_no_deadline(
    variant_of: VariantOf, evidence_of: EvidenceOf, assignments: list[str], passes: bool
) -> None:
    for run, rule in [
        ("seed_pinned", "control pages move"),
        ("seed_unpinned", "unpinned pages move"),
    ]:
        verdict = judge(variant_of(CELLS[run], *assignments), evidence_of(run))
        assert _broken(verdict) == ([] if passes else [rule])


# unpinned pages move


def test_one_unpinned_page_that_stayed_fails(unpinned: Variant, moved: Evidence) -> None:
    verdict = judge(unpinned, _left(moved, _subject, nodes={0: 1, 1: 99}))
    assert (verdict.status, _broken(verdict)) == (FAIL, ["unpinned pages move"])
    assert verdict.text == (
        "only 99 of 100 unpinned pages moved to node 1 in 3.8 s of remote writes, expected all "
        "100; in the end they are on node 0: 1, node 1: 99 (see samples.jsonl)"
    )


def test_unpinned_pages_without_a_known_place_fail(unpinned: Variant, moved: Evidence) -> None:
    verdict = judge(unpinned, _left(moved, _subject, nodes={}, unknown=100))
    assert verdict.status == FAIL
    assert "they are on no known node" in verdict.text


@pytest.mark.parametrize("when", range(3))
def test_one_report_in_which_the_unpinned_pages_had_moved_is_enough(
    unpinned: Variant, moved: Evidence, when: int
) -> None:
    reports = _left(moved, _subject, nodes={0: 1, 1: 99}).reports
    reports[when] = moved.reports[when]
    assert judge(unpinned, replace(moved, reports=reports)).status == PASS


# They had moved 1.437 s after the first write.
@pytest.mark.parametrize(("deadline", "status"), [("1.43", FAIL), ("1.44", PASS)])
def test_unpinned_pages_that_moved_too_late_fail(
    variant_of: VariantOf, moved: Evidence, deadline: str, status: str
) -> None:
    hasty = variant_of(CELLS["unpinned_100"], f"move_deadline_s={deadline}")
    verdict = judge(hasty, moved)
    assert verdict.status == status
    assert _broken(verdict) == (["unpinned pages move"] if status == FAIL else [])


# Precedence: the first broken rule of the order above decides


BREAKS: dict[str, Callable[[Evidence], Evidence]] = {
    "kernel log": lambda e: replace(e, trouble=["WARNING: CPU: 1 PID: 171 at provoke.c:14"]),
    "no pin leaked": lambda e: replace(e, pins_after=1),
    "numastat agrees": lambda e: _alter_samples(e, [2], node=0, mib=9),
    "pinned pages stay": lambda e: replace(e, start=replace(e.start, unknown=(1, 0))),
    "minor faults of the pin": lambda e: replace(e, start=replace(e.start, minor_faults=99)),
    "driver holds the mapped pages": lambda e: _last(e, _subject(e.reports[-1], driver_differs=1)),
    "kernel counts the pins": lambda e: replace(e, pins_held=99),
    "driver unloads": lambda e: replace(e, rmmod_error=IN_USE),
    "workload ends cleanly": lambda e: replace(e, end=End(exit_code=1, unpin_errno=22)),
    "pinned pages are found": lambda e: _last(e, _subject(e.reports[-1], unknown=1)),
    "control pages move": lambda e: _left(e, _control, nodes={1: 99}, unknown=1),
}
STATUS = dict.fromkeys(BREAKS, FAIL) | dict.fromkeys(
    ["numastat agrees", "pinned pages are found", "control pages move"], ERROR
)


@pytest.mark.parametrize("first", BREAKS)
def test_the_first_broken_rule_decides_and_the_others_are_named(
    pinned: Variant, good: Evidence, first: str
) -> None:
    names = list(BREAKS)[list(BREAKS).index(first) :]
    evidence = good
    for name in names:
        evidence = BREAKS[name](evidence)
    verdict = judge(pinned, evidence)
    assert verdict.status == STATUS[first]
    assert _broken(verdict) == names
    alone = judge(pinned, BREAKS[first](good)).text
    others = f"; also broken: {', '.join(names[1:])}" if names[1:] else ""
    assert verdict.text == alone + others


def test_a_moved_page_counts_though_the_control_did_not_move(
    pinned: Variant, good: Evidence
) -> None:
    last = _subject(good.reports[-1], ever_changed=1, first_changed=MOVED)
    evidence = _left(_last(good, last), _control, nodes={1: 99}, unknown=1)
    verdict = judge(pinned, evidence)
    assert verdict.status == FAIL
    assert verdict.text.endswith("; also broken: control pages move")


# settled


def test_nothing_is_settled_without_a_report(pinned: Variant, unpinned: Variant) -> None:
    assert not settled(pinned, [], writer_node=1)
    assert not settled(unpinned, [], writer_node=1)


def test_an_unpinned_run_is_settled_once_its_pages_moved(
    unpinned: Variant, evidence_of: EvidenceOf
) -> None:
    reports = evidence_of("seed_unpinned").reports
    answers = [settled(unpinned, reports[:n], writer_node=1) for n in (1, 10, 11)]
    assert answers == [False, False, True]


def test_an_unpinned_run_is_not_settled_by_pages_on_another_node(
    unpinned: Variant, moved: Evidence
) -> None:
    assert not settled(unpinned, moved.reports, writer_node=0)


def test_an_unpinned_run_is_not_settled_while_one_page_is_left(
    unpinned: Variant, moved: Evidence
) -> None:
    left = _subject(moved.reports[-1], nodes={0: 1, 1: 99})
    assert not settled(unpinned, [left], writer_node=1)


def test_a_pinned_run_is_settled_when_the_control_moved_and_was_held(
    pinned: Variant, good: Evidence
) -> None:
    # The control had moved at 14.738 s; hold_s is 2, so the report at 17.026 s is the first.
    answers = [settled(pinned, good.reports[:n], writer_node=1) for n in range(1, 7)]
    assert answers == [False, False, False, False, True, True]


def test_a_pinned_run_is_held_as_long_as_its_variant_says(
    variant_of: VariantOf, good: Evidence
) -> None:
    at_once = variant_of("pin_tests.pinned.pages_100", "hold_s=0")
    long = variant_of("pin_tests.pinned.pages_100", "hold_s=60")
    assert settled(at_once, good.reports[:2], writer_node=1)
    assert not settled(long, good.reports, writer_node=1)


def test_a_pinned_run_is_settled_at_once_by_a_page_that_moved(
    pinned: Variant, good: Evidence
) -> None:
    first = _subject(good.reports[0], ever_changed=1)
    assert settled(pinned, [first], writer_node=1)


def test_a_pinned_run_without_balancing_is_never_settled(
    pinned: Variant, evidence_of: EvidenceOf
) -> None:
    assert not settled(pinned, evidence_of("pinned_off").reports, writer_node=1)


def test_a_region_counts_unknown_pages_as_not_moved(pinned: Variant, good: Evidence) -> None:
    unknown = Region({1: 99}, 1, 99, 99, "0-98", MOVED)
    reports = [replace(report, control=unknown) for report in good.reports]
    assert not settled(pinned, reports, writer_node=1)


# The programs that test the driver's interface


@pytest.fixture
def programs(captured: Captured) -> Programs:
    """Return how programs ended in a run in which every check held."""
    ended = [
        Program(name, 0, captured(f"runs/abi/{name}.tap")) for name in ("abi_check", "seed_program")
    ]
    return Programs(ended, pins_before=0, pins_after=0, trouble=[], rmmod_error="")


def _ended(programs: Programs, status: int, output: str) -> Programs:
    """Return the programs with another end of the first."""
    first = Program("abi_check", status, output)
    return replace(programs, ended=[first, *programs.ended[1:]])


def test_programs_whose_checks_hold_pass(programs: Programs) -> None:
    verdict = judge_programs(programs)
    assert (verdict.status, _broken(verdict)) == (PASS, [])
    assert verdict.text == "every check of abi_check, seed_program holds"


@pytest.mark.parametrize("status", [0, 1])
def test_a_check_that_does_not_hold_fails_whatever_the_exit(
    programs: Programs, status: int
) -> None:
    output = programs.ended[0].output.replace("\nok 140 - ", "\nnot ok 140 - ")
    verdict = judge_programs(_ended(programs, status, output))
    assert (verdict.status, _broken(verdict)) == (FAIL, ["abi_check"])
    assert verdict.text == (
        f"abi_check ended with {status}: not ok 140 - no pin is held at the end (see abi_check.tap)"
    )
    assert _rule(verdict, "abi_check").got == (
        f"exit {status}, 1 of 140 checks not ok, plan 1..140"
    )


def test_programs_fail_a_driver_that_does_not_pin(programs: Programs, captured: Captured) -> None:
    verdict = judge_programs(_ended(programs, 1, captured("runs/abi_no_pin/abi_check.tap")))
    assert verdict.status == FAIL
    assert verdict.text == (
        "abi_check ended with 1: not ok 2 - two pins are held: got 0, expected 2 "
        "(see abi_check.tap)"
    )
    assert _rule(verdict, "abi_check").got == "exit 1, 26 of 140 checks not ok, plan 1..140"


def test_a_program_that_was_killed_fails_with_its_last_words(programs: Programs) -> None:
    output = programs.ended[0].output.partition("ok 5 ")[0]
    verdict = judge_programs(_ended(programs, 137, output))
    assert verdict.status == FAIL
    assert verdict.text == ("abi_check ended with 137: ok 4 - pin them again (see abi_check.tap)")
    assert _rule(verdict, "abi_check").got == "exit 137, 0 of 4 checks not ok, plan none"


@pytest.mark.parametrize("output", ["", "\n", " \n\t\n\n"])
@pytest.mark.parametrize(("status", "said"), [(0, "no output"), (139, "nothing")])
def test_a_program_that_says_nothing_fails_whatever_the_exit(
    programs: Programs, status: int, said: str, output: str
) -> None:
    verdict = judge_programs(_ended(programs, status, output))
    assert (verdict.status, _broken(verdict)) == (FAIL, ["abi_check"])
    assert verdict.text == f"abi_check ended with {status}: {said} (see abi_check.tap)"
    assert _rule(verdict, "abi_check").got == (f"exit {status}, 0 of 0 checks not ok, plan none")


def test_the_last_words_of_a_program_are_no_blank_line(programs: Programs) -> None:
    verdict = judge_programs(_ended(programs, 1, "open: No such device\n \n\n"))
    assert verdict.text == ("abi_check ended with 1: open: No such device (see abi_check.tap)")


@pytest.mark.parametrize(
    ("line", "instead", "checks", "plan"),
    [
        ("\n1..140\n", "\n", 140, "none"),
        ("\n1..140\n", "\n1..141\n", 140, "1..141"),
        ("\n1..140\n", "\n1..14\n", 140, "1..14"),
        ("\n1..140\n", "\n1..1400\n", 140, "1..1400"),
        ("\n1..140\n", "\n1..140\n1..140\n", 140, "1..140, 1..140"),
        ("\n1..140\n", "\n1..141\n1..140\n", 140, "1..141, 1..140"),
        ("\n1..140\n", "\n1..140\n1..141\n", 140, "1..140, 1..141"),
        ("\nok 70 - max_pages = 4\n", "\n", 139, "1..140"),
    ],
)
def test_a_plan_that_is_not_the_number_of_checks_fails(
    programs: Programs, line: str, instead: str, checks: int, plan: str
) -> None:
    output = programs.ended[0].output
    assert line in output
    verdict = judge_programs(_ended(programs, 0, output.replace(line, instead)))
    assert (verdict.status, _broken(verdict)) == (FAIL, ["abi_check"])
    assert _rule(verdict, "abi_check").got == (f"exit 0, 0 of {checks} checks not ok, plan {plan}")
    assert verdict.text == (
        f"abi_check ended with 0: {checks} checks and the plan {plan} (see abi_check.tap)"
    )


@pytest.mark.parametrize("plan", ["1..1", "1..140"])
def test_a_plan_without_checks_fails(programs: Programs, plan: str) -> None:
    verdict = judge_programs(_ended(programs, 0, f"# pins held: 0\n{plan}\n"))
    assert (verdict.status, _broken(verdict)) == (FAIL, ["abi_check"])
    assert verdict.text == (
        f"abi_check ended with 0: 0 checks and the plan {plan} (see abi_check.tap)"
    )


def test_a_plan_may_come_first(programs: Programs) -> None:
    output = "1..140\n" + programs.ended[0].output.replace("\n1..140\n", "\n")
    assert judge_programs(_ended(programs, 0, output)).status == PASS


def test_blank_lines_between_the_checks_do_not_count(programs: Programs) -> None:
    output = programs.ended[0].output.replace("\n", "\n\n")
    assert judge_programs(_ended(programs, 0, output)).status == PASS


def test_a_program_that_prints_no_tap_needs_no_plan(programs: Programs) -> None:
    said = programs.ended[1].output
    assert "1.." not in said
    assert judge_programs(_ended(programs, 0, said)).status == PASS


def test_a_program_that_could_not_test_is_an_error(programs: Programs) -> None:
    # What kmod/tests/abi_check.c prints without the device, instead of the captured output.
    output = "1..0 # SKIP no /dev/page_pin\n"
    verdict = judge_programs(_ended(programs, 4, output))
    assert (verdict.status, _broken(verdict)) == (ERROR, ["abi_check"])
    assert verdict.text == (
        "abi_check ended with 4: 1..0 # SKIP no /dev/page_pin (see abi_check.tap)"
    )


def test_a_check_that_does_not_hold_fails_a_program_that_then_could_not_test(
    programs: Programs,
) -> None:
    output = programs.ended[0].output.replace("\nok 140 - ", "\nnot ok 140 - ")
    verdict = judge_programs(_ended(programs, 4, output))
    assert (verdict.status, _broken(verdict)) == (FAIL, ["abi_check"])
    assert verdict.text == (
        "abi_check ended with 4: not ok 140 - no pin is held at the end (see abi_check.tap)"
    )


@pytest.mark.parametrize("status", [1, 2, 3, 5, 127, 139])
def test_any_other_exit_fails_though_every_check_holds(programs: Programs, status: int) -> None:
    verdict = judge_programs(_ended(programs, status, programs.ended[0].output))
    assert (verdict.status, _broken(verdict)) == (FAIL, ["abi_check"])


def test_a_leak_by_the_programs_outweighs_them(programs: Programs) -> None:
    verdict = judge_programs(replace(_ended(programs, 1, ""), pins_after=2))
    assert verdict.status == FAIL
    assert verdict.text.startswith("2 page pins leaked: ")
    assert verdict.text.endswith("; also broken: abi_check")


def test_a_driver_that_does_not_unload_fails_the_programs(programs: Programs) -> None:
    verdict = judge_programs(replace(programs, rmmod_error=IN_USE))
    assert (verdict.status, _broken(verdict)) == (FAIL, ["driver unloads"])
    assert verdict.text == f"the driver can't be unloaded after everything is closed: {IN_USE}"


def test_a_program_that_fails_outweighs_a_driver_that_does_not_unload(programs: Programs) -> None:
    verdict = judge_programs(replace(_ended(programs, 1, ""), rmmod_error=IN_USE))
    assert verdict.text.startswith("abi_check ended with 1: ")
    assert verdict.text.endswith("; also broken: driver unloads")


def test_trouble_by_the_programs_outweighs_a_leak(programs: Programs, captured: Captured) -> None:
    trouble = kernel_text.trouble(captured("dmesg/bug.txt"))
    verdict = judge_programs(replace(programs, pins_after=2, trouble=trouble))
    assert verdict.status == FAIL
    assert "kernel BUG at provoke3.c:20!" in verdict.text
    assert verdict.text.endswith("; also broken: no pin leaked")


# A test that ended in an error while the kernel was in trouble

LOST = "guest, command 'sleep 0.31': got in the guest: Kernel panic, expected an end within 180 s"


@pytest.mark.parametrize("look_at", ["dmesg.txt", "console.txt"])
@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("panic", "Kernel panic - not syncing: sysrq triggered crash"),
        ("null_pointer", "BUG: kernel NULL pointer dereference, address: 0000000000000000"),
        ("refcount", "refcount_t: addition on 0; use-after-free."),
    ],
)
def test_an_error_with_trouble_fails_with_the_kernels_line_first(
    captured: Captured, name: str, line: str, look_at: str
) -> None:
    verdict = judge_crash(LOST, kernel_text.trouble(captured(f"dmesg/{name}.txt")), look_at)
    assert (verdict.status, _broken(verdict)) == (FAIL, ["kernel log"])
    assert verdict.text == f"the guest's kernel log has: {line} (see {look_at}); then: {LOST}"
    assert [rule.name for rule in verdict.rules] == ["kernel log"]
