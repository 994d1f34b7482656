"""The captured runs (selftests/data/README.md), and how the tests of the rules alter evidence."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from avocado_pin.evidence.records import CONTROL, SUBJECT, Evidence, Placement, Report
from avocado_pin.rules.judge import Rule, Verdict
from avocado_pin.rules.judge import judge as judge_on
from avocado_pin.variant.variant import Variant

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
    "zero": (f"pin_tests.move_pages.driver.zero.pages_100.{FORCED}",),
    "read_pin": (f"pin_nightly.balancing.driver_read.zero.pages_100.{FAST}",),
    "file": (f"pin_tests.move_pages.driver.file.pages_100.{FORCED}",),
}
# Each other run with reports.
BROKEN: dict[str, tuple[str, ...]] = {
    "no_pin": (PINNED,),
    "unpin_early": (PINNED,),
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
    return replace(evidence, reports=[*evidence.reports[:-1], report])


def baseline(evidence: Evidence, name: str = SUBJECT, **changes: Any) -> Evidence:
    """Return the evidence with a region's baseline altered."""
    placed = evidence.start.baseline
    altered = {**placed, name: replace(placed[name], **changes)}
    return replace(evidence, start=replace(evidence.start, baseline=altered))


def before_pin(evidence: Evidence, **changes: Any) -> Evidence:
    """Return the evidence with the subject elsewhere before the pin."""
    placed = evidence.start.before_pin
    assert isinstance(placed, Placement)
    return replace(evidence, start=replace(evidence.start, before_pin=replace(placed, **changes)))


def left(evidence: Evidence, name: str, **changes: Any) -> Evidence:
    """Return the evidence with a region altered wherever all of its pages were on node 1."""
    reports = [
        of_region(report, name, **changes)
        if report.regions[name].on(1) == evidence.start.pages
        else report
        for report in evidence.reports
    ]
    return replace(evidence, reports=reports)
