"""Do the workload's reports say what its places say, page by page? Pure functions of records.

docs/rules.md says what is compared.
"""

from collections.abc import Iterator

from avocado_pin.evidence.placement import NOWHERE, Placement
from avocado_pin.evidence.records import SUBJECT, Evidence
from avocado_pin.rules import report_differences
from avocado_pin.rules.rule import ERROR, Rule
from avocado_pin.rules.settled import while_pinned
from avocado_pin.variant.axes import BALANCING


def reports_agree(evidence: Evidence) -> Rule:
    """No count of the workload's may contradict the places that it lists."""
    wrong = [
        *_placements(evidence),
        *_missing(evidence),
        *_differences(evidence),
        *_mapped(evidence),
    ]
    return Rule(
        name="reports agree with the places",
        got=f"{len(wrong)} contradictions",
        expected="0",
        passed=not wrong,
        broken_means=ERROR,
        text=f"contradicting evidence: {''.join(wrong[:1])} (see samples.jsonl)",
    )


def _placements(evidence: Evidence) -> Iterator[str]:
    """Each list of places must have every page, and count those without a place."""
    for when, name, placement in _listed(evidence):
        places = placement.places
        got = len(places), places.count(NOWHERE)
        expected = evidence.start.pages, placement.unknown + placement.swapped
        if got != expected:
            yield (
                f"the {name}'s placement {when} lists {got[0]} pages, {got[1]} without a place, "
                f"the region has {expected[0]}, and {expected[1]} without one are counted"
            )


def _listed(evidence: Evidence) -> Iterator[tuple[str, str, Placement]]:
    if evidence.start.before_pin:
        yield "before the pin", SUBJECT, evidence.start.before_pin
    for name, placement in evidence.start.baseline.items():
        yield "at the baseline", name, placement
    for report in evidence.reports:
        for name, placement in report.placements.items():
            yield f"at {report.time_s:.1f} s", name, placement


def _missing(evidence: Evidence) -> Iterator[str]:
    """All regions must be listed at the end of the pin, and of the run."""
    regions = evidence.start.baseline.keys()
    for report in [*while_pinned(evidence)[-1:], *evidence.reports[-1:]]:
        if report.placements.keys() != regions:
            yield (
                f"the report at {report.time_s:.1f} s lists the pages of "
                f"{', '.join(report.placements) or 'no region'}, the baseline those of "
                f"{', '.join(regions)}"
            )


def _mapped(evidence: Evidence) -> Iterator[str]:
    """The kernel's own count by node, in numa_maps, must be that of the places.

    At the end pages may be on their way: to what the last two reports say, or in the middle of
    an attempt of balancing's to move them, when they are counted nowhere.
    """
    last = evidence.reports[-2:]
    for name, before, after in _by_region(evidence):
        baseline = evidence.start.baseline[name]
        # The zero page is nobody's, and not counted.
        if before != baseline.nodes and (before or len(set(baseline.pfns)) > 1):
            yield f"numa_maps_before.txt has {name} pages {before}, the baseline {baseline.nodes}"
        regions = [report.regions[name] for report in last]
        unknown = max(region.unknown for region in regions)
        for node in {*after, *(node for region in regions for node in region.nodes)}:
            said = [region.on(node) for region in regions]
            least = 0 if evidence.start.did["migrator"] == BALANCING else min(said) - unknown
            if not least <= after.get(node, 0) <= max(said) + unknown:
                yield (
                    f"numa_maps_after.txt has {after.get(node, 0)} {name} pages on node {node}, "
                    f"the reports then {min(said)} to {max(said)}"
                )


def _by_region(evidence: Evidence) -> Iterator[tuple[str, dict[int, int], dict[int, int]]]:
    """Yield each region of the process, and its pages by node: before and at the end."""
    if evidence.mapped:
        before, after = evidence.mapped
        for name in before:
            yield name, before[name], after[name]


def _differences(evidence: Evidence) -> Iterator[str]:
    for name, baseline in evidence.start.baseline.items():
        ever: set[int] = set()
        count = 0
        for report in evidence.reports:
            region = report.regions[name]
            listed = {page for pages in region.changed_pages for page in pages}
            ever |= listed
            differences = [
                *report_differences.from_itself(region, listed, evidence.start.pages),
                *report_differences.from_earlier(region, max(count, len(ever))),
            ]
            if name in report.placements:
                now = report.placements[name]
                differences += report_differences.from_placement(region, listed, baseline, now)
                if name == SUBJECT:
                    differences += report_differences.from_driver(region, report.held, now)
            differences += report_differences.from_baseline(region, listed, baseline)
            count = region.ever_changed
            for one in differences:
                yield f"the report at {report.time_s:.1f} s says of the {name}: {one}"
