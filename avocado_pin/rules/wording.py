"""How the rules of pages say what they found: names of the pages, counts, places."""

from avocado_pin.evidence.records import CHILD, RELEASED, SUBJECT, Evidence, Region, Report
from avocado_pin.rules.settled import (
    changed_by_places,
    in_time,
    moved,
    moved_enough,
    third_must_move,
)
from avocado_pin.variant.axes import ELSEWHERE, TO_SWAP
from avocado_pin.variant.variant import Variant

# What the pages of a third region are called.
THIRDS = {CHILD: "the child's", RELEASED: "released"}


def noun(variant: Variant) -> str:
    """What the subject's pages are called: pinned, mlocked or unpinned."""
    return variant.pinning.called


def success(variant: Variant, evidence: Evidence, subject_stays: bool) -> str:
    """Return the sentence of a run in which every rule holds."""
    name = "control" if subject_stays else noun(variant)
    region = "control" if subject_stays else SUBJECT
    parts = []
    for report in in_time(variant, evidence):
        if moved_enough(variant, report.regions[region], evidence.start.target_node):
            count = moved(variant, report.regions[region], evidence.start.target_node)
            seconds = report.time_s - evidence.pressure_s
            where = where_to(variant, evidence)
            parts.append(
                f"{count_of(count, evidence)} {name} pages {where} within {seconds:.1f} s of "
                f"{pressure_by(variant)}"
            )
            break
    if subject_stays:
        pages = count_of(evidence.start.pages, evidence)
        parts.append(f"{pages} {noun(variant)} pages stayed")
    if variant.pinning.unpins:
        parts.append("and moved once unpinned")
    if third_must_move(variant):
        parts.append(f"{THIRDS[variant.pinning.third]} pages moved")
    return "; ".join(parts)


def count_of(count: int, evidence: Evidence) -> str:
    """Return a count of pages and of how many."""
    return f"{count} of {evidence.start.pages}"


def enough(variant: Variant, evidence: Evidence) -> str:
    """Return how many pages must move."""
    if variant.moved_min_percent == 100:
        return f"all {evidence.start.pages}"
    return f"{variant.moved_min_percent:g} % of {evidence.start.pages}"


def observed(variant: Variant, evidence: Evidence, since_s: float | None) -> str:
    """Return for how long it was looked, seconds of the guest's clock."""
    seconds = evidence.reports[-1].time_s - (since_s or evidence.pressure_s)
    if not variant.samples:
        seconds = min(seconds, variant.move_deadline_s)
    return f"in {seconds:.1f} s"


def where_to(variant: Variant, evidence: Evidence) -> str:
    """Return where pages that move have gone."""
    if variant.moves == ELSEWHERE:
        return "moved to other frames"
    if variant.moves == TO_SWAP:
        return "went to swap"
    return f"moved to node {evidence.start.target_node}"


def pressure_by(variant: Variant) -> str:
    """Return what makes pages move."""
    if variant.forced:
        return variant.migrator
    return "remote reads" if variant.access == "read" else "remote writes"


def places(region: Region) -> str:
    """Return where a region's pages are."""
    parts = [f"node {node}: {pages}" for node, pages in sorted(region.nodes.items())]
    if region.swapped:
        parts.append(f"swap: {region.swapped}")
    return ", ".join(parts) or "no known node"


def first_change(evidence: Evidence, reports: list[Report]) -> str:
    """Return the first page that is not where it was, and where it went."""
    for report in reports:
        if report.subject.first_changed:
            return f"first {report.subject.first_changed}"
    for change in changed_by_places(evidence, reports):
        return f"first {change}"
    return "and came back between two reports"
