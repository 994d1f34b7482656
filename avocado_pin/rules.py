"""The rules: from the evidence of a run to its verdict. Pure functions of records.

docs/rules.md says why each rule is as it is.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from avocado_pin.agreement import contradictions
from avocado_pin.evidence import Evidence, Program, Programs
from avocado_pin.samples import Region, Report
from avocado_pin.variant import Variant

PASS, FAIL, ERROR, CANCEL = "PASS", "FAIL", "ERROR", "CANCEL"
# Exit status of a kselftest that could not test (tools/testing/selftests/kselftest.h).
KSFT_SKIP = 4


@dataclass(frozen=True)
class Rule:
    """One rule applied.

    :param broken_means: the test's status if the rule is broken
    :param text: the sentence that says how it is broken, if it is
    """

    name: str
    got: str
    expected: str
    passed: bool
    broken_means: str
    text: str


@dataclass(frozen=True)
class Verdict:
    """PASS, FAIL, ERROR or CANCEL, the sentence that says why, and every rule that was applied."""

    status: str
    text: str
    rules: list[Rule]


def judge_crash(error: str, trouble: list[str], look_at: str) -> Verdict:
    """Judge a test that ended in an error while the kernel was in trouble: a FAIL.

    :param trouble: as in Evidence, at least one line
    :param look_at: the artifact that has those lines
    """
    rule = _kernel_log(trouble, look_at)
    return Verdict(FAIL, f"{rule.text}; then: {error}", [rule])


def judge(variant: Variant, evidence: Evidence) -> Verdict:
    """Apply the rules, the weightiest first: the first broken one decides the status.

    :param evidence: with at least one report
    """
    return _verdict(list(_rules(variant, evidence)), _success(variant, evidence))


def judge_programs(programs: Programs) -> Verdict:
    """Judge the programs that test the driver's interface, by the same manner."""
    names = ", ".join(program.name for program in programs.ended)
    applied = [
        _kernel_log(programs.trouble),
        _no_leak(programs.pins_before, programs.pins_after),
        *map(_program, programs.ended),
        _driver_unloads(programs.rmmod_error),
    ]
    return _verdict(applied, f"every check of {names} holds")


def settled(variant: Variant, reports: list[Report], writer_node: int) -> bool:
    """Return whether more samples can't change the outcome, so that the run may end."""
    if not reports:
        return False
    last = reports[-1]
    if not variant.pinned:
        return _moved_enough(variant, last.subject, writer_node)
    if last.subject.ever_changed:
        return True
    since = next(
        (r.time_s for r in reports if _moved_enough(variant, r.control, writer_node)), None
    )
    return since is not None and last.time_s - since >= variant.hold_s


def _verdict(applied: list[Rule], success: str) -> Verdict:
    rules = [replace(rule, text="") if rule.passed else rule for rule in applied]
    broken = [rule for rule in rules if not rule.passed]
    if not broken:
        return Verdict(PASS, success, rules)
    text = broken[0].text
    if broken[1:]:
        text += f"; also broken: {', '.join(rule.name for rule in broken[1:])}"
    return Verdict(broken[0].broken_means, text, rules)


def _program(program: Program) -> Rule:
    lines = [line for line in program.output.splitlines() if line.strip()]
    checks = [line for line in lines if re.match(r"(not )?ok \d", line)]
    failed = [line for line in checks if line.startswith("not ok")]
    plans = [line for line in lines if re.fullmatch(r"1\.\.\d+", line)]
    whole = plans == [f"1..{len(checks)}"] if checks or plans else bool(lines)
    plan = ", ".join(plans) or "none"
    said = failed[0] if failed else (lines or ["nothing"])[-1]
    if program.status == 0 and not failed:
        said = f"{len(checks)} checks and the plan {plan}" if checks or plans else "no output"
    return Rule(
        name=program.name,
        got=f"exit {program.status}, {len(failed)} of {len(checks)} checks not ok, plan {plan}",
        expected="exit 0, some output, and if it is TAP, as many checks as planned, all ok",
        passed=program.status == 0 and not failed and whole,
        broken_means=ERROR if program.status == KSFT_SKIP and not failed else FAIL,
        text=f"{program.name} ended with {program.status}: {said} (see {program.name}.tap)",
    )


def _rules(variant: Variant, evidence: Evidence) -> Iterator[Rule]:
    yield _kernel_log(evidence.trouble)
    yield _no_leak(evidence.pins_before, evidence.pins_after)
    yield _numastat_agrees(evidence)
    if variant.pinned:
        yield _subject_stays(variant, evidence)
        yield _minor_faults(evidence)
        yield _driver_holds(evidence)
        yield _pins_held(evidence)
        yield _driver_unloads(evidence.rmmod_error)
        yield _clean_end(evidence)
        yield _subject_found(evidence)
        yield _control_moves(variant, evidence)
    else:
        yield _clean_end(evidence)
        yield _subject_moves(variant, evidence)


def _kernel_log(lines: list[str], look_at: str = "dmesg.txt") -> Rule:
    return Rule(
        name="kernel log",
        got=f"{len(lines)} lines of trouble",
        expected="0: no warning, oops, stall or lockup",
        passed=not lines,
        broken_means=FAIL,
        text=f"the guest's kernel log has: {''.join(lines[:1])} (see {look_at})",
    )


def _no_leak(before: int, after: int) -> Rule:
    leaked = after - before
    return Rule(
        name="no pin leaked",
        got=f"{leaked} pins more than before the workload",
        expected="0",
        passed=leaked == 0,
        broken_means=FAIL,
        text=f"{leaked} page pins leaked: nr_foll_pin_acquired and nr_foll_pin_released differ by "
        f"{after} after everything is closed, and did by {before} "
        "before (see vmstat_after.txt)",
    )


def _numastat_agrees(evidence: Evidence) -> Rule:
    compared, wrong = contradictions(evidence)
    return Rule(
        name="numastat agrees",
        got=f"{len(wrong)} of {compared} samples contradict",
        expected="at least 1 sample, 0 that contradict by more than numastat's rounding and the "
        "program's own pages allow",
        passed=compared > 0 and not wrong,
        broken_means=ERROR,
        text=(f"contradicting evidence: {wrong[0]}" if wrong else "no sample could be compared")
        + " (see numastat.log and samples.jsonl)",
    )


def _subject_stays(variant: Variant, evidence: Evidence) -> Rule:
    pages = evidence.start.pages
    unplaced = evidence.start.unknown[0]
    moved = max(report.subject.ever_changed for report in evidence.reports)
    text = f"{unplaced} of {pages} pinned pages were not there after the pin"
    if moved:
        text = f"{moved} of {pages} pinned pages moved: {_first_change(evidence.reports)}"
    return Rule(
        name="pinned pages stay",
        got=f"{moved} of {pages} changed node or PFN, {unplaced} had no place after the pin",
        expected="0 and 0",
        passed=not moved and not unplaced,
        broken_means=FAIL,
        text=f"{text} (see samples.jsonl)",
    )


def _minor_faults(evidence: Evidence) -> Rule:
    faults, pages = evidence.start.minor_faults, evidence.start.pages
    return Rule(
        name="minor faults of the pin",
        got=str(faults),
        expected=str(pages),
        passed=faults == pages,
        broken_means=FAIL,
        text=f"pinning {pages} untouched pages took {faults} minor faults, expected {pages} "
        "(see samples.jsonl)",
    )


def _driver_holds(evidence: Evidence) -> Rule:
    pages = evidence.start.pages
    last = evidence.reports[-1].subject
    return Rule(
        name="driver holds the mapped pages",
        got=f"{last.driver_pages} held, {last.driver_differs} of them not the mapped ones",
        expected=f"{pages} held, 0 of them not the mapped ones",
        passed=last.driver_pages == pages and last.driver_differs == 0,
        broken_means=FAIL,
        text=f"the driver says it holds {last.driver_pages} pages, {last.driver_differs} of which "
        f"are not the mapped ones, expected {pages} and 0 (see samples.jsonl)",
    )


def _pins_held(evidence: Evidence) -> Rule:
    held, pages = evidence.pins_held - evidence.pins_before, evidence.start.pages
    return Rule(
        name="kernel counts the pins",
        got=str(held),
        expected=str(pages),
        passed=held == pages,
        broken_means=FAIL,
        text=f"the kernel counts {held} page pins at the end of the run, expected {pages} "
        "(see vmstat_pinned.txt)",
    )


def _driver_unloads(rmmod_error: str) -> Rule:
    return Rule(
        name="driver unloads",
        got=rmmod_error or "unloaded",
        expected="unloaded",
        passed=not rmmod_error,
        broken_means=FAIL,
        text=f"the driver can't be unloaded after everything is closed: {rmmod_error}",
    )


def _clean_end(evidence: Evidence) -> Rule:
    end = evidence.end
    got = f"exit {end.exit_code}, errno {end.unpin_errno} of the unpin"
    return Rule(
        name="workload ends cleanly",
        got=got,
        expected="exit 0, errno 0 of the unpin",
        passed=end.exit_code == 0 and end.unpin_errno == 0,
        broken_means=FAIL,
        text=f"the workload ended with {got} (see samples.jsonl)",
    )


def _subject_found(evidence: Evidence) -> Rule:
    lost = evidence.reports[-1].subject.unknown
    return Rule(
        name="pinned pages are found",
        got=f"{lost} of {evidence.start.pages} without a place at the end",
        expected="0",
        passed=not lost,
        broken_means=ERROR,
        text=f"inconclusive: {lost} of {evidence.start.pages} pinned pages had no place at the "
        "end, in the middle of an attempt to move them or gone (see samples.jsonl)",
    )


def _control_moves(variant: Variant, evidence: Evidence) -> Rule:
    regions = [report.control for report in _in_time(variant, evidence)]
    moved = _most_moved(evidence, regions)
    return Rule(
        name="control pages move",
        got=_of(moved, evidence),
        expected=_enough(variant, evidence),
        passed=_any_moved_enough(variant, evidence, regions),
        broken_means=ERROR,
        text=f"inconclusive: only {_of(moved, evidence)} control pages moved to node "
        f"{evidence.start.writer_node} {_observed(variant, evidence)}, expected "
        f"{_enough(variant, evidence)}: no pressure to migrate, no verdict (see samples.jsonl)",
    )


def _subject_moves(variant: Variant, evidence: Evidence) -> Rule:
    regions = [report.subject for report in _in_time(variant, evidence)]
    moved = _most_moved(evidence, regions)
    node = evidence.start.writer_node
    return Rule(
        name="unpinned pages move",
        got=_of(moved, evidence),
        expected=_enough(variant, evidence),
        passed=_any_moved_enough(variant, evidence, regions),
        broken_means=FAIL,
        text=f"only {_of(moved, evidence)} unpinned pages moved to node {node} "
        f"{_observed(variant, evidence)}, expected {_enough(variant, evidence)}; in the end they "
        f"are on {_places(evidence.reports[-1].subject)} (see samples.jsonl)",
    )


def _moved_enough(variant: Variant, region: Region, node: int) -> bool:
    pages = sum(region.nodes.values()) + region.unknown
    return region.on(node) * 100 >= variant.moved_min_percent * pages


def _in_time(variant: Variant, evidence: Evidence) -> list[Report]:
    """Return the reports up to the deadline; a fixed number of samples has none."""
    if variant.samples:
        return evidence.reports
    end = evidence.write_start_s + variant.move_deadline_s
    return [report for report in evidence.reports if report.time_s <= end]


def _any_moved_enough(variant: Variant, evidence: Evidence, regions: list[Region]) -> bool:
    node = evidence.start.writer_node
    return any(_moved_enough(variant, region, node) for region in regions)


def _most_moved(evidence: Evidence, regions: list[Region]) -> int:
    return max((region.on(evidence.start.writer_node) for region in regions), default=0)


def _of(moved: int, evidence: Evidence) -> str:
    return f"{moved} of {evidence.start.pages}"


def _enough(variant: Variant, evidence: Evidence) -> str:
    if variant.moved_min_percent == 100:
        return f"all {evidence.start.pages}"
    return f"{variant.moved_min_percent:g} % of {evidence.start.pages}"


def _observed(variant: Variant, evidence: Evidence) -> str:
    seconds = evidence.reports[-1].time_s - evidence.write_start_s
    if not variant.samples:
        seconds = min(seconds, variant.move_deadline_s)
    return f"in {seconds:.1f} s of remote writes"


def _places(region: Region) -> str:
    parts = [f"node {node}: {pages}" for node, pages in sorted(region.nodes.items())]
    return ", ".join(parts) or "no known node"


def _first_change(reports: list[Report]) -> str:
    for report in reports:
        change = report.subject.first_changed
        if change:
            return (
                f"first page {change.page} from node {change.node_from} (PFN {change.pfn_from}) "
                f"to node {change.node_to} (PFN {change.pfn_to})"
            )
    return "and came back between two reports"


def _success(variant: Variant, evidence: Evidence) -> str:
    node = evidence.start.writer_node
    kind = "control" if variant.pinned else "unpinned"
    moved, when = 0, ""
    for report in _in_time(variant, evidence):
        region = report.control if variant.pinned else report.subject
        if _moved_enough(variant, region, node):
            moved = region.on(node)
            seconds = report.time_s - evidence.write_start_s
            when = f"within {seconds:.1f} s of the first remote write"
            break
    sentence = f"{_of(moved, evidence)} {kind} pages moved to node {node} {when}"
    if variant.pinned:
        sentence += f"; {_of(evidence.start.pages, evidence)} pinned pages stayed"
    return sentence
