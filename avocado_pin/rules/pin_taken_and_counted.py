"""Rules of the pin itself: taken or refused, counted, and what the driver says it holds."""

from collections.abc import Iterator
from errno import errorcode

from avocado_pin.evidence.placement import Held, not_held, words
from avocado_pin.evidence.records import SUBJECT, Evidence, Report
from avocado_pin.rules.nothing_left_behind import driver_unloads
from avocado_pin.rules.page_kind import most_shared_frames
from avocado_pin.rules.rule import ERROR, FAIL, Rule
from avocado_pin.rules.settled import while_pinned
from avocado_pin.variant.expectation_parser import Outcome
from avocado_pin.variant.expectation_words import ZONE_KEPT
from avocado_pin.variant.variant import Variant

MOVABLE = "Movable"


def refused(variant: Variant, outcome: Outcome, evidence: Evidence) -> Iterator[Rule]:
    """Rules of a pin that the kernel must refuse."""
    got = _answer(evidence)
    yield Rule(
        name="pin is refused",
        got=got,
        expected=outcome.errno,
        passed=got == outcome.errno,
        broken_means=FAIL,
        text=f"the pin of the subject answered {got}, expected {outcome.errno} (see samples.jsonl)",
    )
    yield _pins_held(evidence, 0)
    yield from unloads(variant, evidence)


def unloads(variant: Variant, evidence: Evidence) -> Iterator[Rule]:
    """The driver of a pin that has one must unload, whatever became of the pin."""
    if variant.pinning.device:
        yield driver_unloads(evidence.rmmod_error)


def taken(evidence: Evidence) -> Rule:
    """The pin must be taken."""
    got = _answer(evidence)
    return Rule(
        name="pin is taken",
        got=got,
        expected="success",
        passed=not evidence.start.pin_errno,
        broken_means=FAIL,
        text=f"the pin of the subject was refused: {got} (see samples.jsonl)",
    )


def held(variant: Variant, evidence: Evidence) -> Iterator[Rule]:
    """Rules of pages that must stay, by what holds them."""
    pin = variant.pinning
    if pin.long_term and variant.faults != "unchecked" and not variant.touch_first:
        yield _minor_faults(variant, evidence)
    if pin.queried:
        yield _driver_holds(evidence)
    if pin.long_term:
        yield _pins_held(evidence, evidence.start.pages)


def lost(variant: Variant, evidence: Evidence) -> Rule:
    """A pin that the kernel takes and whose pages the process then no longer maps."""
    pages = evidence.start.pages
    most = most_shared_frames(variant, pages)
    after = evidence.start.baseline[SUBJECT]
    frames = len(set(after.pfns))
    held, differs = _driver_answer(evidence.reports[-1:])
    places = held.places if held else []
    kept = sum(old == told for old, told in zip(after.places, places, strict=False))
    got = (
        f"{frames} frames and {after.unknown} pages without one after the pin; the driver in the "
        f"end: {_said(held, differs)}, {kept} the ones of after the pin"
    )
    taken = held is not None and (held.pages, len(differs), kept) == (pages, pages, pages)
    return Rule(
        name="pin keeps the shared page",
        got=got,
        expected=f"at most {most} frames and 0; {pages}, {pages} and {pages}",
        passed=1 <= frames <= most and after.unknown == 0 and taken,
        broken_means=FAIL,
        text=f"the pin was expected to take what is shared, at most {most} frames: {got} "
        "(see samples.jsonl)",
    )


def zone(variant: Variant, evidence: Evidence) -> Iterator[Rule]:
    """Rules of pages that start in ZONE_MOVABLE."""
    if not variant.movable_mib:
        return
    before, after = evidence.start.before_pin, evidence.start.baseline[SUBJECT]
    pages = evidence.start.pages
    first = before.zones.get(MOVABLE, 0) if before else 0
    yield Rule(
        name="pages start in ZONE_MOVABLE",
        got=f"{first} of {pages}",
        expected=f"all {pages}",
        passed=first == pages,
        broken_means=ERROR,
        text=f"inconclusive: {first} of {pages} subject pages were in ZONE_MOVABLE before the pin, "
        "so there was nothing for it to move (see samples.jsonl)",
    )
    if not variant.pinned or not before:
        return
    kept = after.zones.get(MOVABLE, 0)
    known = sum(after.zones.values())
    same = len(set(before.pfns) & set(after.pfns))
    wanted = pages if variant.zone_movable == ZONE_KEPT else 0
    yield Rule(
        name=f"pin {'leaves' if wanted == 0 else 'keeps pages in'} ZONE_MOVABLE",
        got=f"{kept} of {known} in ZONE_MOVABLE after the pin, {same} in the frames of before",
        expected=f"{wanted} of {pages} and {wanted}",
        passed=(kept, same, known) == (wanted, wanted, pages),
        broken_means=FAIL,
        text=f"{kept} of {pages} pinned pages are still in ZONE_MOVABLE, {same} of them in the "
        f"frames in which they were before the pin, expected {wanted} and {wanted}; the zone of "
        f"{known} is known (see samples.jsonl)",
    )


def _answer(evidence: Evidence) -> str:
    return _errno(evidence.start.pin_errno) if evidence.start.pin_errno else "success"


def _errno(code: int) -> str:
    return errorcode.get(code, str(code))


def _minor_faults(variant: Variant, evidence: Evidence) -> Rule:
    pages = evidence.start.pages
    faults = evidence.start.minor_faults
    wanted = {"none": 0, "page": pages, "huge_page": pages // variant.page_unit}[variant.faults]
    return Rule(
        name="minor faults of the pin",
        got=str(faults),
        expected=str(wanted),
        passed=faults == wanted,
        broken_means=FAIL,
        text=f"pinning {pages} untouched pages took {faults} minor faults, expected {wanted} "
        "(see samples.jsonl)",
    )


def _driver_holds(evidence: Evidence) -> Rule:
    pages = evidence.start.pages
    reports = while_pinned(evidence)
    last = reports[-1:]
    held, differs = _driver_answer(last)
    said = _said(held, differs)
    holds = held is not None and held.pages == pages and not differs
    before = _let_go(reports[:-1], pages) if holds else ""
    first = before and f"; {before}"
    if held and differs:
        page = differs[0]
        mapped = last[0].placements[SUBJECT].places[page]
        first = f"; first page {page}: held is {words(held.places[page])}, mapped {words(mapped)}"
    return Rule(
        name="driver holds the mapped pages",
        got=before or said,
        expected=f"{pages} pages, 0 of which are not the mapped ones",
        passed=holds and not before,
        broken_means=FAIL,
        text=f"what the driver says it holds: {said}, expected {pages} and 0{first} "
        "(see samples.jsonl)",
    )


def _let_go(reports: list[Report], pages: int) -> str:
    """Return what the driver first did not hold by reports that only count, in words, or nothing.

    A page in the middle of an attempt to move it is mapped nowhere.
    """
    for report in reports:
        subject = report.subject
        said, differs = subject.driver_pages, subject.driver_differs
        most = subject.unknown + subject.swapped
        if said != pages or differs is None or not 0 <= differs <= most:
            return (
                f"at {report.time_s:.1f} s it said {said} pages, {differs} of which were not the "
                "mapped ones"
            )
    return ""


def _driver_answer(reports: list[Report]) -> tuple[Held | None, list[int]]:
    """Return what the driver held at a report, and which pages of it were not mapped."""
    if not reports or not reports[0].held or SUBJECT not in reports[0].placements:
        return None, []
    return reports[0].held, list(not_held(reports[0].placements[SUBJECT], reports[0].held))


def _said(held: Held | None, differs: list[int]) -> str:
    if not held:
        return "it was not asked"
    if held.errno:
        return f"it refused with {_errno(held.errno)}"
    return f"{held.pages} pages, {len(differs)} of which are not the mapped ones"


def _pins_held(evidence: Evidence, expected: int) -> Rule:
    count = evidence.pins_held - evidence.pins_before
    return Rule(
        name="kernel counts the pins",
        got=str(count),
        expected=str(expected),
        passed=count == expected,
        broken_means=FAIL,
        text=f"the kernel counts {count} page pins at the end of the run, expected {expected} "
        "(see vmstat_pinned.txt)",
    )
