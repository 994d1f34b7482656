"""Rules of the pin itself: taken or refused, counted, and what the driver says it holds."""

from collections.abc import Iterator
from errno import errorcode

from avocado_pin.evidence.records import SUBJECT, Evidence
from avocado_pin.rules.kernel_afterwards import driver_unloads
from avocado_pin.rules.verdict import ERROR, FAIL, Rule
from avocado_pin.variant.expectation import Outcome
from avocado_pin.variant.param_by_kernel import ZONE_KEPT
from avocado_pin.variant.variant import Variant

MOVABLE = "Movable"


def refused(outcome: Outcome, evidence: Evidence) -> Iterator[Rule]:
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
    """Rules of pages that are pinned until the end of the run."""
    if variant.faults != "unchecked" and not variant.touch_first:
        yield _minor_faults(variant, evidence)
    yield _driver_holds(evidence)
    yield _pins_held(evidence, evidence.start.pages)
    yield driver_unloads(evidence.rmmod_error)


def lost(evidence: Evidence) -> Rule:
    """A pin that the kernel takes and whose pages the process then no longer maps."""
    pages = evidence.start.pages
    after = evidence.start.baseline[SUBJECT]
    frames = len(set(after.pfns))
    last = evidence.reports[-1].subject
    got = (
        f"{frames} frames and {after.unknown} pages without one after the pin; in the end "
        f"{last.driver_pages} pages held, {last.driver_differs} of which are not the mapped ones"
    )
    held = (last.driver_pages, last.driver_differs) == (pages, pages)
    return Rule(
        name="pin keeps the shared page",
        got=got,
        expected=f"1 frame and 0; {pages}, {pages}",
        passed=frames == 1 and after.unknown == 0 and held,
        broken_means=FAIL,
        text=f"the pin was expected to take the one page that all map: {got} (see samples.jsonl)",
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
    code = evidence.start.pin_errno
    return errorcode.get(code, str(code)) if code else "success"


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
    asked = [r.subject for r in evidence.reports if r.subject.driver_pages is not None]
    got = [(region.driver_pages, region.driver_differs) for region in asked[-1:]]
    said = "it was not asked"
    if got:
        said = f"{got[0][0]} pages, {got[0][1]} of which are not the mapped ones"
    return Rule(
        name="driver holds the mapped pages",
        got=said,
        expected=f"{pages} pages, 0 of which are not the mapped ones",
        passed=got == [(pages, 0)],
        broken_means=FAIL,
        text=f"what the driver says it holds: {said}, expected {pages} and 0 (see samples.jsonl)",
    )


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
