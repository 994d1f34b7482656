"""Rules of where the pages are: who must stay, who must move."""

from collections.abc import Iterator

from avocado_pin.evidence.records import SUBJECT, Evidence, Region, Report
from avocado_pin.rules.movement import moved, moved_enough
from avocado_pin.rules.verdict import ERROR, FAIL, Rule
from avocado_pin.variant.axes import ELSEWHERE, TO_SWAP
from avocado_pin.variant.expectation import Expected
from avocado_pin.variant.variant import Variant

# Page kinds that share frames before they are pinned or written, and what those are called.
SHARED = {"zero": "zero page", "ksm": "merged pages"}
# KSM lets so many pages have one frame (max_page_sharing, Documentation/admin-guide/mm/ksm.rst).
MERGED_PAGES = 256
# What the pages of a companion are called.
_COMPANIONS = {"child": "the child's", "released": "released"}


def noun(variant: Variant) -> str:
    """What the subject's pages are called: pinned, mlocked or unpinned."""
    if variant.pinned:
        return "pinned"
    return "mlocked" if variant.pin == "mlock" else "unpinned"


def stays(variant: Variant, evidence: Evidence) -> Rule:
    """The subject must stay where it is, until it is unpinned."""
    pages = evidence.start.pages
    unplaced = evidence.start.baseline[SUBJECT].unknown
    before = while_pinned(evidence)
    changed = max((report.subject.ever_changed for report in before), default=0)
    text = f"{unplaced} of {pages} {noun(variant)} pages were not there after the pin"
    if changed:
        text = f"{changed} of {pages} {noun(variant)} pages moved: {_first_change(before)}"
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
    reports = _under_the_pin(variant, evidence)
    rule, said = _moves(variant, evidence, "control", "control", reports)
    return _conclude(rule, ERROR, f"inconclusive: only {said}: no pressure to migrate, no verdict")


def control_stays(evidence: Evidence) -> Rule:
    """Nothing may move where nothing can."""
    pages = evidence.start.pages
    changed = max(report.control.ever_changed for report in evidence.reports)
    return Rule(
        name="control pages stay",
        got=f"{changed} of {pages} changed node or PFN",
        expected="0",
        passed=not changed,
        broken_means=FAIL,
        text=f"{changed} of {pages} control pages moved where nothing should move any "
        "(see samples.jsonl)",
    )


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
    reports = _in_time(variant, evidence)
    rule, said = _moves(variant, evidence, SUBJECT, noun(variant), reports)
    places = _places(evidence.reports[-1].subject)
    return _conclude(rule, FAIL, f"only {said}; in the end they are on {places}")


def moves_once_unpinned(variant: Variant, evidence: Evidence) -> Rule:
    """The same pages that stayed while they were pinned must move after they are not."""
    since = evidence.unpinned_s
    reports = [] if since is None else _from(evidence, since, variant)
    rule, said = _moves(variant, evidence, SUBJECT, "once pinned", reports, since)
    return _conclude(rule, FAIL, f"only {said} after they were unpinned")


def companion_moves(variant: Variant, evidence: Evidence) -> Iterator[Rule]:
    """A third region must move: the child's copies, or the range that was unpinned again."""
    name = variant.pinning.companion
    if name == "none":
        return
    words = _COMPANIONS[name]
    rule, said = _moves(variant, evidence, name, words, _under_the_pin(variant, evidence))
    yield _conclude(rule, FAIL, f"only {said}")
    if name == "child":
        yield _own_copies(evidence)


def while_pinned(evidence: Evidence) -> list[Report]:
    """Return the reports from before the subject was unpinned under pressure, if it was."""
    if evidence.unpinned_s is None:
        return evidence.reports
    return [report for report in evidence.reports if report.end_s <= evidence.unpinned_s]


def of_kind(variant: Variant, expected: Expected, evidence: Evidence) -> Iterator[Rule]:
    """The pages must be what the variant asked for."""
    pages = evidence.start.pages
    if variant.page_unit > 1:
        huge = min(placement.mapped_huge for placement in evidence.start.baseline.values())
        yield Rule(
            name="pages are mapped huge",
            got=f"{huge} of {pages}",
            expected=f"all {pages}",
            passed=huge == pages,
            broken_means=ERROR,
            text=f"inconclusive: only {huge} of {pages} pages are mapped by huge pages at the "
            "baseline (see samples.jsonl)",
        )
    shared = SHARED.get(variant.page_kind)
    if shared and (expected.stays or not variant.pinned):
        yield _leaves_shared(variant, shared, evidence)


def _leaves_shared(variant: Variant, name: str, evidence: Evidence) -> Rule:
    """Pages that shared frames must each have one of its own once it is pinned or written."""
    pages, before = evidence.start.pages, evidence.start.before_pin
    frames = len(set(before.pfns)) if before else 0
    own = len(set(evidence.start.baseline[SUBJECT].pfns))
    # All regions are merged with each other: the first and last frame can hold some of others.
    most = 1 if variant.page_kind == "zero" else -(-pages // MERGED_PAGES) + 1
    return Rule(
        name=f"pages leave the {name}",
        got=f"{frames} frames before the pin, {own} after",
        expected=f"at most {most} before the pin, {pages} after",
        passed=1 <= frames <= most and own == pages,
        broken_means=FAIL if 1 <= frames <= most else ERROR,
        text=f"{pages} pages were in {frames} frames before the pin and are in {own} after it, "
        f"expected at most {most} and {pages} (see samples.jsonl)",
    )


def success(variant: Variant, evidence: Evidence, subject_stays: bool) -> str:
    """Return the sentence of a run in which every rule holds."""
    name = "control" if subject_stays else noun(variant)
    region = "control" if subject_stays else SUBJECT
    parts = []
    for report in _in_time(variant, evidence):
        if moved_enough(variant, report.regions[region], evidence.start.target_node):
            count = moved(variant, report.regions[region], evidence.start.target_node)
            seconds = report.time_s - evidence.pressure_s
            where = _where(variant, evidence)
            parts.append(
                f"{_of(count, evidence)} {name} pages {where} within {seconds:.1f} s of "
                f"{_pressure(variant)}"
            )
            break
    if subject_stays:
        pages = _of(evidence.start.pages, evidence)
        parts.append(f"{pages} {noun(variant)} pages stayed")
    if variant.pinning.unpins:
        parts.append("and moved once unpinned")
    if variant.pinning.companion != "none":
        parts.append(f"{_COMPANIONS[variant.pinning.companion]} pages moved")
    return "; ".join(parts)


def _own_copies(evidence: Evidence) -> Rule:
    baseline = evidence.start.baseline
    shared = len(set(baseline[SUBJECT].pfns) & set(baseline["child"].pfns))
    return Rule(
        name="child's copies are its own",
        got=f"{shared} frames shared with the parent",
        expected="0",
        passed=not shared and not baseline["child"].unknown,
        broken_means=FAIL,
        text=f"{shared} pages of the child are in the frames that are pinned for its parent, and "
        f"{baseline['child'].unknown} have no place (see samples.jsonl)",
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
    got, enough = _of(most, evidence), _enough(variant, evidence)
    seconds = _observed(variant, evidence, since_s)
    said = (
        f"{got} {words} pages {_where(variant, evidence)} {seconds} of {_pressure(variant)}, "
        f"expected {enough}"
    )
    passed = any(moved_enough(variant, region, node) for region in regions)
    return Rule(f"{words} pages move", got, enough, passed, FAIL, ""), said


def _conclude(rule: Rule, broken_means: str, text: str) -> Rule:
    return Rule(
        rule.name, rule.got, rule.expected, rule.passed, broken_means, f"{text} (see samples.jsonl)"
    )


def _in_time(variant: Variant, evidence: Evidence) -> list[Report]:
    return _from(evidence, evidence.pressure_s, variant)


def _under_the_pin(variant: Variant, evidence: Evidence) -> list[Report]:
    """Return the reports in time from before the subject was unpinned under pressure, if it was."""
    pinned = while_pinned(evidence)
    return [report for report in _in_time(variant, evidence) if report in pinned]


def _from(evidence: Evidence, since_s: float, variant: Variant) -> list[Report]:
    """Return the reports up to the deadline; a fixed number of samples has none."""
    reports = [report for report in evidence.reports if report.time_s >= since_s]
    if variant.samples:
        return reports
    return [report for report in reports if report.time_s <= since_s + variant.move_deadline_s]


def _of(count: int, evidence: Evidence) -> str:
    return f"{count} of {evidence.start.pages}"


def _enough(variant: Variant, evidence: Evidence) -> str:
    if variant.moved_min_percent == 100:
        return f"all {evidence.start.pages}"
    return f"{variant.moved_min_percent:g} % of {evidence.start.pages}"


def _observed(variant: Variant, evidence: Evidence, since_s: float | None) -> str:
    seconds = evidence.reports[-1].time_s - (since_s or evidence.pressure_s)
    if not variant.samples:
        seconds = min(seconds, variant.move_deadline_s)
    return f"in {seconds:.1f} s"


def _where(variant: Variant, evidence: Evidence) -> str:
    if variant.moves == ELSEWHERE:
        return "moved to other frames"
    if variant.moves == TO_SWAP:
        return "went to swap"
    return f"moved to node {evidence.start.target_node}"


def _pressure(variant: Variant) -> str:
    if variant.forced:
        return variant.migrator
    return "remote reads" if variant.access == "read" else "remote writes"


def _places(region: Region) -> str:
    parts = [f"node {node}: {pages}" for node, pages in sorted(region.nodes.items())]
    if region.swapped:
        parts.append(f"swap: {region.swapped}")
    return ", ".join(parts) or "no known node"


def _first_change(reports: list[Report]) -> str:
    for report in reports:
        change = report.subject.first_changed
        if change and change.node_to < 0:
            return f"first page {change.page} from node {change.node_from} to swap"
        if change:
            return (
                f"first page {change.page} from node {change.node_from} (PFN {change.pfn_from}) "
                f"to node {change.node_to} (PFN {change.pfn_to})"
            )
    return "and came back between two reports"
