"""Has a region moved, and when is the outcome of a run settled? Pure functions of reports."""

from collections.abc import Iterator

from avocado_pin.evidence.placement import Change, changes
from avocado_pin.evidence.records import CONTROL, SUBJECT, Evidence, Region, Report
from avocado_pin.variant.axes import ELSEWHERE, TO_SWAP
from avocado_pin.variant.expectation_parser import Expected
from avocado_pin.variant.variant import Variant


def moved(variant: Variant, region: Region, target_node: int) -> int:
    """Return how many pages have done what the variant's migrator makes pages do."""
    if variant.moves == ELSEWHERE:
        return region.changed
    if variant.moves == TO_SWAP:
        return region.swapped
    return region.on(target_node)


def moved_enough(variant: Variant, region: Region, target_node: int) -> bool:
    """Return whether as much of a region has moved as the variant asks for."""
    wanted = variant.moved_min_percent * max(region.pages, 1)
    return moved(variant, region, target_node) * 100 >= wanted


def must_move(variant: Variant, expected: Expected) -> Iterator[str]:
    """Yield the regions for whose move a run waits, of a subject that is not unpinned yet."""
    if not expected.stays:
        yield SUBJECT
    elif not expected.control_stays:
        yield CONTROL
    if variant.pinning.companion != "none":
        yield variant.pinning.companion


def left_s(
    variant: Variant,
    expected: Expected,
    reports: list[Report],
    target_node: int,
    pressure_s: float,
    unpinned: bool = False,
) -> float | None:
    """Return in how many seconds more reports can't change the outcome, 0 if they can't now.

    None if it is not known: something has still to move. Nothing has once a forced migrator has
    answered, which it has before the first report, and the pages are where they were.

    :param reports: since the pressure began or, if it is unpinned, since the subject was
    :param pressure_s: when the pressure began, by the guest's clock
    :param unpinned: whether the subject was unpinned under pressure
    """
    if not reports:
        return None
    left = _left_as_expected_s(variant, expected, reports, target_node, pressure_s, unpinned)
    return 0.0 if left is None and variant.forced and _at_rest(reports) else left


def _at_rest(reports: list[Report]) -> bool:
    """Return whether the last two reports say the same of all pages."""
    return len(reports) > 1 and reports[-2].regions == reports[-1].regions


def _left_as_expected_s(
    variant: Variant,
    expected: Expected,
    reports: list[Report],
    target_node: int,
    pressure_s: float,
    unpinned: bool,
) -> float | None:
    """Return in how many seconds what is expected has happened, None while it has not begun."""
    last = reports[-1]
    if unpinned:
        return 0.0 if moved_enough(variant, last.subject, target_node) else None
    if expected.stays and last.subject.ever_changed:
        return 0.0
    waited = [pressure_s]
    for name in must_move(variant, expected):
        when = _moved_at(variant, reports, name, target_node)
        if when is None:
            return None
        waited.append(when)
    hold = variant.hold_s if expected.stays else 0.0
    return max(0.0, max(waited) + hold - last.time_s)


def _moved_at(variant: Variant, reports: list[Report], name: str, node: int) -> float | None:
    """Return when a region was first seen to have moved, or None."""
    return next((r.time_s for r in reports if moved_enough(variant, r.regions[name], node)), None)


def changed_by_places(
    evidence: Evidence, reports: list[Report], name: str = SUBJECT
) -> list[Change]:
    """Return which pages are not where they were, by the places that reports list, each once."""
    found: dict[int, Change] = {}
    for report in reports:
        if name in report.placements:
            for change in changes(evidence.start.baseline[name], report.placements[name]):
                found.setdefault(change.page, change)
    return list(found.values())


def while_pinned(evidence: Evidence) -> list[Report]:
    """Return the reports from before the subject was unpinned under pressure, if it was."""
    if evidence.unpinned_s is None:
        return evidence.reports
    return [report for report in evidence.reports if report.end_s <= evidence.unpinned_s]


def in_time(variant: Variant, evidence: Evidence) -> list[Report]:
    """Return the reports from the pressure on."""
    return from_time(evidence, evidence.pressure_s, variant)


def under_the_pin(variant: Variant, evidence: Evidence) -> list[Report]:
    """Return the reports in time from before the subject was unpinned under pressure, if it was."""
    pinned = while_pinned(evidence)
    return [report for report in in_time(variant, evidence) if report in pinned]


def from_time(evidence: Evidence, since_s: float, variant: Variant) -> list[Report]:
    """Return the reports up to the deadline; a fixed number of samples has none."""
    reports = [report for report in evidence.reports if report.time_s >= since_s]
    if variant.samples:
        return reports
    return [report for report in reports if report.time_s <= since_s + variant.move_deadline_s]
