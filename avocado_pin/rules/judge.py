"""The rules: from the evidence of a run to its verdict. Pure functions of records.

docs/rules.md says why each rule is as it is.
"""

from collections.abc import Iterator

from avocado_pin.evidence.records import Evidence
from avocado_pin.rules import (
    not_seen,
    page_kind,
    pages_stay_or_move,
    pin_taken_and_counted,
    wording,
)
from avocado_pin.rules.driver_programs import judge_programs
from avocado_pin.rules.migrator_answers import answers
from avocado_pin.rules.nothing_left_behind import kernel_log, no_leak
from avocado_pin.rules.numastat_agrees import contradictions
from avocado_pin.rules.reports_agree import reports_agree
from avocado_pin.rules.rule import CANCEL, ERROR, FAIL, PASS, Rule, Verdict, also, verdict
from avocado_pin.rules.settled import left_s
from avocado_pin.variant.expectation_parser import PIN_REFUSED, Expected
from avocado_pin.variant.variant import Variant

__all__ = [
    "CANCEL",
    "ERROR",
    "FAIL",
    "PASS",
    "Rule",
    "Verdict",
    "also",
    "judge",
    "judge_crash",
    "judge_programs",
    "left_s",
]

# Of a verdict that rests on the exact places alone.
_NO_SAMPLE = "the run was over before numastat was asked"


def judge_crash(error: str, trouble: list[str], look_at: str) -> Verdict:
    """Judge a test that ended in an error while the kernel was in trouble: a FAIL.

    :param trouble: as in Evidence, at least one line
    :param look_at: the artifact that has those lines
    """
    rule = kernel_log(trouble, look_at)
    return Verdict(FAIL, f"{rule.text}; then: {error}", [rule])


def judge(variant: Variant, expected: Expected, evidence: Evidence) -> Verdict:
    """Apply the rules, the weightiest first: the first broken one decides the status.

    :param expected: what must happen on the guest's kernel
    :param evidence: with at least one report, unless the pin was refused
    """
    applied = list(_rules(variant, expected, evidence))
    if variant.newer_than_seen:
        applied = not_seen.unknown(applied)
    if expected.subject.what == PIN_REFUSED:
        success = f"the pin was refused with {expected.subject.errno}"
        return verdict(applied, _with_reason(variant, success))
    success = wording.success(variant, evidence, expected.stays) if evidence.reports else ""
    if _over_before_a_sample(evidence):
        success += f"; {_NO_SAMPLE}"
    return verdict(applied, _with_reason(variant, success))


def _with_reason(variant: Variant, success: str) -> str:
    """Add why what happened was expected, where that is not plain, and what older kernels do."""
    text = f"{success}, as expected: {variant.expect_why}" if variant.expect_why else success
    for one in variant.differences:
        if one.until:
            text += f"; {one}" + ("" if one.why == variant.expect_why else f" ({one.why})")
    return text


def _rules(variant: Variant, expected: Expected, evidence: Evidence) -> Iterator[Rule]:
    yield kernel_log(evidence.trouble)
    yield no_leak(evidence.pins_before, evidence.pins_after)
    if expected.subject.what == PIN_REFUSED:
        yield from pin_taken_and_counted.refused(variant, expected.subject, evidence)
        return
    if evidence.start.pin_errno:
        yield pin_taken_and_counted.taken(evidence)
        return
    asked = _as_asked(variant, evidence)
    yield asked
    if not asked.passed:
        return
    yield reports_agree(evidence)
    yield _numastat_agrees(evidence)
    yield from page_kind.of_kind(variant, expected, evidence)
    yield from pin_taken_and_counted.zone(variant, evidence)
    yield from _subject(variant, expected, evidence)
    if variant.forced:
        yield from answers(variant, expected, evidence)
    yield from pages_stay_or_move.companion_moves(variant, evidence)


def _subject(variant: Variant, expected: Expected, evidence: Evidence) -> Iterator[Rule]:
    if not expected.stays:
        yield _clean_end(evidence)
        yield pages_stay_or_move.subject_moves(variant, evidence)
        if variant.pinned:
            yield pin_taken_and_counted.lost(variant, evidence)
        yield from pin_taken_and_counted.unloads(variant, evidence)
        return
    yield pages_stay_or_move.stays(variant, evidence)
    yield from pin_taken_and_counted.held(variant, evidence)
    yield from pin_taken_and_counted.unloads(variant, evidence)
    yield _clean_end(evidence)
    yield pages_stay_or_move.found(variant, evidence)
    if expected.control_stays:
        yield pages_stay_or_move.control_stays(evidence)
        yield pages_stay_or_move.time_was_given(variant, evidence)
    else:
        yield pages_stay_or_move.control_moves(variant, evidence)
    if variant.pinning.unpins:
        yield pages_stay_or_move.moves_once_unpinned(variant, evidence)


def _as_asked(variant: Variant, evidence: Evidence) -> Rule:
    """The workload must have done what the variant is about."""
    cpus = variant.writer_cpus
    asked = {
        "pages": variant.pages,
        "page_kind": variant.page_kind,
        "pin": variant.pinning.method,
        "companion": variant.pinning.companion,
        "migrator": variant.migrator,
        "home_node": variant.home_node,
        "target_node": variant.target_node,
        "writer_cpus": list(cpus),
        "writer_node": variant.layout.node_of(cpus[0]).number if cpus else -1,
        "access": variant.access,
        "cpu": variant.workload_cpu,
        "cpu_node": variant.layout.node_of(variant.workload_cpu).number,
        "scratch_pages": variant.scratch_pages,
    }
    did = evidence.start.did
    other = [f"{name} {did.get(name)}, not {value}" for name, value in asked.items()]
    other = [text for text, name in zip(other, asked, strict=True) if did.get(name) != asked[name]]
    third = variant.pinning.third
    if third and third not in evidence.start.baseline:
        other.append(f"nothing of the region {third}")
    return Rule(
        name="workload did what was asked",
        got="; ".join(other) or "all of it",
        expected="all of it",
        passed=not other,
        broken_means=ERROR,
        text=f"the workload did something else: {'; '.join(other)} (see samples.jsonl)",
    )


def _numastat_agrees(evidence: Evidence) -> Rule:
    compared, wrong = contradictions(evidence)
    over = _over_before_a_sample(evidence)
    return Rule(
        name="numastat agrees",
        got=_NO_SAMPLE if over else f"{len(wrong)} of {compared} samples contradict",
        expected="at least 1 sample, 0 that contradict by more than numastat's rounding and the "
        "program's own pages allow",
        passed=over or (compared > 0 and not wrong),
        broken_means=ERROR,
        text=(f"contradicting evidence: {wrong[0]}" if wrong else "no sample could be compared")
        + " (see numastat.log and samples.jsonl)",
    )


def _over_before_a_sample(evidence: Evidence) -> bool:
    """Return whether a run ended before numastat was asked once, and left where the pages are.

    Samples that were taken, and of which none lies between two reports, are another matter.
    """
    placed = any(report.time_s >= evidence.pressure_s for report in evidence.reports)
    return placed and not evidence.numastat


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
