"""Does the workload's count of its pages agree with where they are, page by page?

The counts of each report are the workload's own: how many pages are on a node, how many changed.
The placements at the baseline and at the end are each page's PFN and node, as the kernel told them.
"""

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

from avocado_pin.evidence.records import Evidence, Placement, Region
from avocado_pin.rules.verdict import ERROR, Rule


def changed(baseline: Placement, final: Placement) -> int:
    """Return how many pages are known to be elsewhere than at the baseline, or in swap."""
    return final.swapped + sum(
        before is not None and after is not None and before != after
        for before, after in zip(baseline.places, final.places, strict=False)
    )


def agree(evidence: Evidence) -> Rule:
    """What the workload counted must be what its placements show."""
    wrong = list(_contradictions(evidence))
    return Rule(
        name="counts agree with the places",
        got=f"{len(wrong)} contradictions",
        expected="0",
        passed=not wrong,
        broken_means=ERROR,
        text=f"contradicting evidence: {'; '.join(wrong[:1])} (see samples.jsonl)",
    )


def final_places_known(evidence: Evidence) -> Rule:
    """Each region must have been placed page by page in the end, and by the last report."""
    missing = sorted(set(evidence.start.baseline) - set(evidence.final))
    return Rule(
        name="places in the end are known",
        got=f"none of {', '.join(missing)}" if missing else "of every region",
        expected="of every region",
        passed=not missing,
        broken_means=ERROR,
        text=f"inconclusive: the workload did not say where the pages of {', '.join(missing)} were "
        "in the end (see samples.jsonl)",
    )


def _contradictions(evidence: Evidence) -> Iterator[str]:
    """Yield each contradiction, with what the counts say and what else does."""
    pages = evidence.start.pages
    for name in evidence.start.baseline:
        regions = [report.regions.get(name) for report in evidence.reports]
        known = [region for region in regions if region is not None]
        if len(known) < len(regions):
            yield f"a report has no {name} pages, which the baseline has"
            continue
        yield from _in_itself(name, known, pages)
        if name in evidence.final:
            yield from _with_places(
                name, known[-1], evidence.start.baseline[name], evidence.final[name]
            )


def _in_itself(name: str, regions: list[Region], pages: int) -> Iterator[str]:
    """Yield what the counts of a region say against each other."""
    for region in regions:
        if region.pages != pages:
            yield f"a report counts {region.pages} {name} pages of {pages}"
        if not 0 <= region.changed <= region.ever_changed <= pages:
            yield (
                f"of {pages} {name} pages a report counts {region.changed} that are elsewhere than "
                f"at the baseline, and {region.ever_changed} that ever were"
            )
    for before, after in pairwise(regions):
        if after.ever_changed < before.ever_changed:
            yield (
                f"{before.ever_changed} {name} pages had ever been elsewhere in one report, and "
                f"{after.ever_changed} in the next"
            )


def _with_places(name: str, last: Region, baseline: Placement, final: Placement) -> Iterator[str]:
    """Yield what the counts of the last report and the placements say against each other."""
    if len(baseline.places) != len(final.places):
        yield (
            f"{len(baseline.places)} {name} pages have a place at the baseline, and "
            f"{len(final.places)} in the end"
        )
        return
    nodes = dict(Counter(place[1] for place in final.places if place is not None))
    lost = final.places.count(None)
    counted = (
        ("pages on each node", last.nodes, nodes),
        ("pages that are nowhere", last.unknown + last.swapped, lost),
        ("pages in swap", last.swapped, final.swapped),
        ("pages that are elsewhere than at the baseline", last.changed, changed(baseline, final)),
    )
    for what, said, placed in counted:
        if said != placed:
            yield f"{what}, {name}: the last report counts {said}, and the places show {placed}"
