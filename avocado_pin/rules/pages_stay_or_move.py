"""Rules of where the pages are: who must stay, who must move."""

from collections.abc import Iterator

from avocado_pin.evidence.records import CHILD, CONTROL, SUBJECT, Evidence, Report
from avocado_pin.rules.rule import ERROR, FAIL, Rule
from avocado_pin.rules.settled import (
    changed_by_places,
    from_time,
    in_time,
    moved,
    moved_enough,
    third_must_move,
    under_the_pin,
    while_pinned,
)
from avocado_pin.rules.wording import (
    THIRDS,
    count_of,
    enough,
    first_change,
    noun,
    observed,
    places,
    pressure_by,
    where_to,
)
from avocado_pin.variant.variant import Variant


def stays(variant: Variant, evidence: Evidence) -> Rule:
    """The subject must stay where it is, until it is unpinned."""
    pages = evidence.start.pages
    unplaced = evidence.start.baseline[SUBJECT].unknown
    before = while_pinned(evidence)
    changed = _changed(evidence, before, SUBJECT)
    text = f"{unplaced} of {pages} {noun(variant)} pages were not there after the pin"
    if changed:
        text = f"{changed} of {pages} {noun(variant)} pages moved: {first_change(evidence, before)}"
    return Rule(
        name=f"{noun(variant)} pages stay",
        got=f"{changed} of {pages} changed node or PFN, {unplaced} had no place after the pin",
        expected="0 and 0",
        passed=not changed and not unplaced,
        broken_means=FAIL,
        text=f"{text} (see samples.jsonl)",
    )


def found(variant: Variant, evidence: Evidence) -> Rule:
    """A subject that stays must be somewhere."""
    pages = evidence.start.pages
    lost = while_pinned(evidence)[-1].subject.unknown
    return Rule(
        name=f"{noun(variant)} pages are found",
        got=f"{lost} of {pages} without a place at the end",
        expected="0",
        passed=not lost,
        broken_means=ERROR,
        text=f"inconclusive: {lost} of {pages} {noun(variant)} pages had no place at the "
        "end, in the middle of an attempt to move them or gone (see samples.jsonl)",
    )


def control_moves(variant: Variant, evidence: Evidence) -> Rule:
    """Equal pages that are not pinned must move, or there was no pressure."""
    reports = under_the_pin(variant, evidence)
    rule, said = _moves(variant, evidence, "control", "control", reports)
    return _conclude(rule, ERROR, f"inconclusive: only {said}: no pressure to migrate, no verdict")


def control_stays(evidence: Evidence) -> Rule:
    """Nothing may move where nothing can."""
    pages = evidence.start.pages
    changed = _changed(evidence, evidence.reports, CONTROL)
    return Rule(
        name="control pages stay",
        got=f"{changed} of {pages} changed node or PFN",
        expected="0",
        passed=not changed,
        broken_means=FAIL,
        text=f"{changed} of {pages} control pages moved where nothing should move any "
        "(see samples.jsonl)",
    )


def _changed(evidence: Evidence, reports: list[Report], region: str) -> int:
    """Return how many pages have moved, by the counts or the places, whichever has more."""
    counted = max((report.regions[region].ever_changed for report in reports), default=0)
    return max(counted, len(changed_by_places(evidence, reports, region)))


def time_was_given(variant: Variant, evidence: Evidence) -> Rule:
    """That nothing moves means something only after a while, and if the pages were used."""
    since = [report for report in evidence.reports if report.time_s >= evidence.pressure_s]
    seconds = since[-1].time_s - evidence.pressure_s if since else 0.0
    passes = since[-1].passes - since[0].passes if since else 0
    used = passes > 0 or not variant.writer_cpus
    return Rule(
        name="time was given",
        got=f"{seconds:.1f} s, {passes} passes over the pages",
        expected=f"{variant.hold_s:g} s" + (", 1 pass at least" if variant.writer_cpus else ""),
        passed=seconds >= variant.hold_s and used and bool(since),
        broken_means=ERROR,
        text=f"inconclusive: nothing moved, but it was watched for {seconds:.1f} s and {passes} "
        f"passes over the pages only, expected {variant.hold_s:g} s (see samples.jsonl)",
    )


def subject_moves(variant: Variant, evidence: Evidence) -> Rule:
    """The subject must move."""
    reports = in_time(variant, evidence)
    rule, said = _moves(variant, evidence, SUBJECT, noun(variant), reports)
    there = places(evidence.reports[-1].subject)
    return _conclude(rule, FAIL, f"only {said}; in the end they are on {there}")


def moves_once_unpinned(variant: Variant, evidence: Evidence) -> Rule:
    """The same pages that stayed while they were pinned must move after they are not."""
    since = evidence.unpinned_s
    reports = [] if since is None else from_time(evidence, since, variant)
    rule, said = _moves(variant, evidence, SUBJECT, "once pinned", reports, since)
    return _conclude(rule, FAIL, f"only {said} after they were unpinned")


def companion_moves(variant: Variant, evidence: Evidence) -> Iterator[Rule]:
    """A third region must move: the child's copies, or the range that was unpinned again.

    What a child does not use is only looked at.
    """
    name = variant.pinning.third
    if third_must_move(variant):
        reports = under_the_pin(variant, evidence)
        rule, said = _moves(variant, evidence, name, THIRDS[name], reports)
        yield _conclude(rule, FAIL, f"only {said}")
    if name == CHILD:
        yield _own_copies(evidence)


def _own_copies(evidence: Evidence) -> Rule:
    baseline = evidence.start.baseline
    shared = len(set(baseline[SUBJECT].pfns) & set(baseline[CHILD].pfns))
    return Rule(
        name="child's copies are its own",
        got=f"{shared} frames shared with the parent",
        expected="0",
        passed=not shared and not baseline[CHILD].unknown,
        broken_means=FAIL,
        text=f"{shared} pages of the child are in the frames that are pinned for its parent, and "
        f"{baseline[CHILD].unknown} have no place (see samples.jsonl)",
    )


def _moves(
    variant: Variant,
    evidence: Evidence,
    region: str,
    words: str,
    reports: list[Report],
    since_s: float | None = None,
) -> tuple[Rule, str]:
    """Return the rule that a region moves, without its text, and what is to be said of it."""
    node = evidence.start.target_node
    regions = [report.regions[region] for report in reports]
    most = max((moved(variant, region, node) for region in regions), default=0)
    got, wanted = count_of(most, evidence), enough(variant, evidence)
    seconds = observed(variant, evidence, since_s)
    said = (
        f"{got} {words} pages {where_to(variant, evidence)} {seconds} of {pressure_by(variant)}, "
        f"expected {wanted}"
    )
    passed = any(moved_enough(variant, region, node) for region in regions)
    return Rule(f"{words} pages move", got, wanted, passed, FAIL, ""), said


def _conclude(rule: Rule, broken_means: str, text: str) -> Rule:
    return Rule(
        rule.name, rule.got, rule.expected, rule.passed, broken_means, f"{text} (see samples.jsonl)"
    )
