"""The captured runs (selftests/data/README.md), and how the tests of the rules alter evidence.

What has the pages of regions elsewhere has no numa_maps of them, which would contradict it.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from avocado_pin.evidence.placement import Change, Place, Placement, Runs
from avocado_pin.evidence.records import CONTROL, SUBJECT, Evidence, Report
from avocado_pin.rules.judge import Rule, Verdict
from avocado_pin.rules.judge import judge as judge_on
from avocado_pin.variant.variant import Variant

# Where pages are that have no place.
UNKNOWN: Place = (0, -1)
SWAPPED: Place = (0, -2)
# The kernel of the captured runs.
RELEASE = "6.1.0-56-cloud-amd64"
FAST = "two_nodes.normal.fast.one_writer"
FORCED = "two_nodes.normal.off.no_writer"
PINNED = f"pin_nightly.balancing.driver.anon.pages_100.{FAST}"
UNPINNED = f"pin_nightly.balancing.unpinned.anon.pages_100.{FAST}"
SMALL = "pages=100"
# Each run whose verdict was PASS: its cell, and what was assigned with it.
PASSED: dict[str, tuple[str, ...]] = {
    "pinned_100": (PINNED,),
    "unpinned_100": (UNPINNED,),
    "seed_pinned": ("pin_nightly.balancing.driver.anon.pages_100.two_nodes.normal.stock.seed",),
    "seed_unpinned": ("pin_nightly.balancing.unpinned.anon.pages_100.two_nodes.normal.stock.seed",),
    "mlock": (f"pin_nightly.balancing.mlock.anon.pages_100.{FAST}",),
    "unpinned_after": (f"pin_nightly.balancing.unpinned_after.anon.pages_100.{FAST}",),
    "fork": (f"pin_nightly.balancing.fork.anon.pages_100.{FAST}",),
    **{
        f"fork_{does}": (f"pin_nightly.balancing.fork_{does}.anon.pages_100.{FAST}",)
        for does in ("reads", "idles", "execs", "exits")
    },
    "double_range": (f"pin_nightly.balancing.double_range.anon.pages_100.{FAST}",),
    "thp": (f"pin_nightly.balancing.driver.thp.pages_1024.{FAST}",),
    "movable": ("pin_nightly.balancing.driver.anon.pages_100.two_nodes.movable.fast.one_writer",),
    "movable_unpinned": (
        "pin_nightly.balancing.unpinned.anon.pages_100.two_nodes.movable.fast.one_writer",
    ),
    "balancing_off": (
        "pin_nightly.balancing.driver.anon.pages_100.two_nodes.normal.off.one_writer",
    ),
    "unpinned_balancing_off": (
        "pin_nightly.balancing.unpinned.anon.pages_100.two_nodes.normal.off.one_writer",
    ),
    "move_pages": (f"pin_nightly.move_pages.driver.anon.pages_100.{FORCED}",),
    "move_pages_unpinned": (f"pin_nightly.move_pages.unpinned.anon.pages_1024.{FORCED}", SMALL),
    "unpinned_after_move_pages": (
        f"pin_nightly.move_pages.unpinned_after.anon.pages_1024.{FORCED}",
        SMALL,
    ),
    "fork_move_pages": (f"pin_nightly.move_pages.fork.anon.pages_1024.{FORCED}", SMALL),
    "one_node": ("pin_nightly.move_pages.driver.anon.pages_100.one_node.normal.off.no_writer",),
    "mbind": (f"pin_nightly.mbind.driver.anon.pages_1024.{FORCED}", SMALL),
    "migrate_pages": (f"pin_nightly.migrate_pages.driver.anon.pages_1024.{FORCED}", SMALL),
    "compaction": (f"pin_nightly.compaction.driver.anon.pages_1024.{FORCED}", SMALL),
    "reclaim": (f"pin_nightly.reclaim.driver.anon.pages_1024.{FORCED}", SMALL),
    "offline": ("pin_nightly.offline.driver.anon.pages_100.two_nodes.normal.off.no_writer",),
    "demotion": (
        "pin_nightly.demotion.driver.anon.pages_1024.tiered.normal.off.no_writer",
        SMALL,
    ),
    "demotion_mlock": (
        "pin_nightly.demotion.mlock.anon.pages_100.tiered.normal.off.no_writer",
        SMALL,
    ),
    "reclaim_mlock": (f"pin_nightly.reclaim.mlock.anon.pages_100.{FORCED}",),
    "hugetlb": (f"pin_tests.mbind.driver.hugetlb.pages_1024.{FORCED}",),
    "move_pages_from_node_1": (
        "pin_nightly.move_pages.driver.anon.pages_100.cpuless.normal.off.no_writer",
    ),
    "uacce": (f"pin_nightly.move_pages.uacce.anon.pages_1024.{FORCED}", SMALL),
    "ksm": (f"pin_tests.move_pages.driver.ksm.pages_100.{FORCED}",),
    "ksm_unpinned": (f"pin_nightly.move_pages.unpinned.ksm.pages_1024.{FORCED}", SMALL),
    "zero_unpinned": (f"pin_nightly.move_pages.unpinned.zero.pages_1024.{FORCED}", SMALL),
    "zero": (f"pin_tests.move_pages.driver.zero.pages_100.{FORCED}",),
    "read_pin": (f"pin_nightly.balancing.driver_read.zero.pages_100.{FAST}",),
    "file": (f"pin_tests.move_pages.driver.file.pages_100.{FORCED}",),
}
# Each other run with reports.
BROKEN: dict[str, tuple[str, ...]] = {
    "no_pin": (PINNED,),
    "unpin_early": (PINNED, "hold_s=3"),
    "leak": (PINNED,),
    "pinned_off": (PINNED, "move_deadline_s=5"),
    "unpinned_off": (UNPINNED, "move_deadline_s=5"),
}

EvidenceOf = Callable[[str], Evidence]
VariantOf = Callable[..., Variant]
Captured = Callable[[str], str]


def judge(variant: Variant, evidence: Evidence, release: str = RELEASE) -> Verdict:
    return judge_on(variant.on(release), variant.expected(release), evidence)


def rule(verdict: Verdict, name: str) -> Rule:
    return next(rule for rule in verdict.rules if rule.name == name)


def broken(verdict: Verdict) -> list[str]:
    return [rule.name for rule in verdict.rules if not rule.passed]


def of_region(report: Report, name: str, **changes: Any) -> Report:
    """Return a report with a region altered."""
    region = replace(report.regions[name], **changes)
    return replace(report, regions={**report.regions, name: region})


def subject(report: Report, **changes: Any) -> Report:
    return of_region(report, SUBJECT, **changes)


def control(report: Report, **changes: Any) -> Report:
    return of_region(report, CONTROL, **changes)


def did(evidence: Evidence, **changes: Any) -> Evidence:
    """Return the evidence of a workload that says that it did something else."""
    said = {**evidence.start.did, **changes}
    return replace(evidence, start=replace(evidence.start, did=said))


def last(evidence: Evidence, report: Report) -> Evidence:
    """Return the evidence with another last report."""
    return replace(evidence, reports=[*evidence.reports[:-1], report], mapped=[])


def baseline(evidence: Evidence, name: str = SUBJECT, **changes: Any) -> Evidence:
    """Return the evidence with a region's baseline altered."""
    placed = evidence.start.baseline
    altered = {**placed, name: replace(placed[name], **changes)}
    return replace(evidence, start=replace(evidence.start, baseline=altered), mapped=[])


def baseline_places(
    evidence: Evidence, pages: Mapping[int, Place], name: str = SUBJECT
) -> Evidence:
    """Return the evidence with pages elsewhere at the baseline, and the reports that count so."""
    where = [_places(evidence, report, name) for report in evidence.reports]
    before = evidence.start.baseline[name].places
    places = [pages.get(page, place) for page, place in enumerate(before)]
    altered = baseline(evidence, name, runs=runs_of(places), unknown=places.count(UNKNOWN))
    reports = [
        _arranged(altered, report, name, now)
        for report, now in zip(evidence.reports, where, strict=True)
    ]
    return replace(altered, reports=reports)


def stays_at(evidence: Evidence, places: list[Place]) -> Evidence:
    """Return the evidence of a subject that was at other places, and stayed, held by its driver."""
    start = baseline(evidence, runs=runs_of(places)).start
    altered = replace(evidence, start=start)
    reports = []
    for report in evidence.reports:
        moved_on = _arranged(altered, report, SUBJECT, places)
        held = report.held and replace(report.held, runs=runs_of(places))
        differs = report.subject.driver_differs
        reports.append(replace(subject(moved_on, driver_differs=differs), held=held))
    return replace(altered, reports=reports)


def before_pin(evidence: Evidence, **changes: Any) -> Evidence:
    """Return the evidence with the subject elsewhere before the pin."""
    placed = evidence.start.before_pin
    assert isinstance(placed, Placement)
    return replace(evidence, start=replace(evidence.start, before_pin=replace(placed, **changes)))


def moved(
    evidence: Evidence, pages: Mapping[int, Place], name: str = SUBJECT, when: int = -1
) -> Evidence:
    """Return the evidence with pages elsewhere in one report, in its counts and in its places.

    :param pages: page -> its place then; UNKNOWN and SWAPPED are places
    :param when: the report's index
    """
    report = evidence.reports[when]
    places = [pages.get(page, place) for page, place in enumerate(_places(evidence, report, name))]
    reports = list(evidence.reports)
    reports[when] = _arranged(evidence, report, name, places)
    for later in range(when % len(reports) + 1, len(reports)):
        ever = reports[when].regions[name].ever_changed
        known = reports[later].regions[name].ever_changed
        reports[later] = of_region(reports[later], name, ever_changed=max(ever, known))
    return replace(evidence, reports=reports, mapped=[])


def left(evidence: Evidence, name: str, count: int, place: Place | None = None) -> Evidence:
    """Return the evidence with pages left behind wherever all of a region's were on the target.

    :param count: how many, from the first on
    :param place: where they are then; None: where they were at the baseline
    """
    node = evidence.start.target_node
    baseline = evidence.start.baseline[name].places
    pages = {page: place or baseline[page] for page in range(count)}
    for when, report in enumerate(evidence.reports):
        if report.regions[name].on(node) == evidence.start.pages:
            evidence = moved(evidence, pages, name, when)
    return evidence


def told(evidence: Evidence, when: int = -1, **changes: Any) -> Evidence:
    """Return the evidence of a driver that answered something else, in counts and in places.

    :param when: the report's index
    """
    report = evidence.reports[when]
    assert report.held
    held = replace(report.held, **changes)
    places = zip(report.placements[SUBJECT].places, held.places, strict=False)
    differs = -1 if held.errno else sum(mapped != answered for mapped, answered in places)
    pages = -1 if held.errno else held.pages
    reports = list(evidence.reports)
    reports[when] = replace(subject(report, driver_pages=pages, driver_differs=differs), held=held)
    return replace(evidence, reports=reports)


def runs_of(places: Iterable[Place]) -> Runs:
    """Return places as the workload lists them, each page by itself."""
    return tuple((0 if node < 0 else pfn, -1 if node < 0 else node, 1) for pfn, node in places)


def _places(evidence: Evidence, report: Report, name: str) -> list[Place]:
    """Return where the pages were: of a report that counts them alone, as they ended up."""
    if name in report.placements:
        return report.placements[name].places
    if not report.regions[name].changed:
        return evidence.start.baseline[name].places
    return evidence.reports[-1].placements[name].places


def _arranged(evidence: Evidence, report: Report, name: str, places: list[Place]) -> Report:
    """Return a report whose counts of a region are those of places, and that lists these."""
    before = evidence.start.baseline[name].places
    unknown, swapped = places.count(UNKNOWN), places.count(SWAPPED)
    changed = [
        page
        for page, (old, new) in enumerate(zip(before, places, strict=True))
        if old != new and UNKNOWN not in (old, new)
    ]
    first = [
        Change(page, before[page][0], places[page][0], before[page][1], max(-1, places[page][1]))
        for page in changed[:1]
    ]
    altered = of_region(
        report,
        name,
        nodes=dict(Counter(node for _, node in places if node >= 0)),
        unknown=unknown,
        swapped=swapped,
        changed=len(changed),
        ever_changed=max(len(changed), report.regions[name].ever_changed),
        changed_pages=tuple(range(page, page + 1) for page in changed),
        first_changed=first[0] if first else None,
    )
    if name not in report.placements:
        return altered
    listed = {"runs": runs_of(places), "unknown": unknown, "swapped": swapped}
    placement = replace(report.placements[name], **listed)
    altered = replace(altered, placements={**report.placements, name: placement})
    if name != SUBJECT or not report.held or report.held.errno:
        return altered
    held = zip(places, report.held.places, strict=False)
    differs = sum(mapped != told for mapped, told in held if mapped != UNKNOWN)
    return subject(altered, driver_differs=differs)
