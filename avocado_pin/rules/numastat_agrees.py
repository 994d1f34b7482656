"""Does numastat say what the exact counts say? Pure functions of records.

docs/rules.md says what may differ, and why.
"""

from collections.abc import Iterator

from avocado_pin.evidence.numastat import ROUNDING_BYTES, UPTIME_STEP_S
from avocado_pin.evidence.records import CHILD, Evidence, NumastatSample, Region, Report

# A page in the middle of a move is on no node for numastat too, so a sample that shows too little
# is asked again; so many in a row that do are a contradiction.
LOW_SAMPLES_IN_A_ROW = 3
# The program's own pages are known before and after the run. In between, those that both of its
# threads use can be on either node.
SHARED_OWN_PAGES = 16


def contradictions(evidence: Evidence) -> tuple[int, list[str]]:
    """Return how many samples could be compared, and the contradictions."""
    low_in_a_row = 0
    wrong = []
    bracketed = list(_bracketed(evidence))
    for sample, reports in bracketed:
        low, high = _differences(evidence, sample, reports)
        low_in_a_row = low_in_a_row + 1 if low else 0
        if high:
            wrong.append(high)
        elif low and (low_in_a_row >= LOW_SAMPLES_IN_A_ROW or sample is bracketed[-1][0]):
            wrong.append(low)
    return len(bracketed), wrong


def _bracketed(evidence: Evidence) -> Iterator[tuple[NumastatSample, list[Report]]]:
    """Pair each sample of numastat with the last report before and the first after it."""
    for sample in evidence.numastat:
        start_s = sample.start_s + UPTIME_STEP_S
        before = [r for r in evidence.reports if r.end_s <= start_s][-1:]
        after = [r for r in evidence.reports if r.time_s >= sample.end_s][:1]
        if before and after:
            yield sample, before + after


def _differences(
    evidence: Evidence, sample: NumastatSample, reports: list[Report]
) -> tuple[str, str]:
    """Return in words where numastat shows too little and where too much, or nothing."""
    size = evidence.start.page_size
    low = high = ""
    regions = [_own_regions(report) for report in reports]
    unknown = max(sum(region.unknown for region in own) for own in regions)
    places = [region.nodes for own in regions for region in own]
    for node in sorted(sample.table.nodes.union(*places, *evidence.own_bytes)):
        exact = [sum(region.on(node) for region in own) for own in regions]
        other = [own_bytes.get(node, 0) // size for own_bytes in evidence.own_bytes]
        least = min(exact) + min(other) - SHARED_OWN_PAGES
        most = max(exact) + unknown + max(other) + SHARED_OWN_PAGES
        shown = sample.table.node_bytes(node)
        text = (
            f"at {sample.start_s:.1f} s numastat shows {shown / size:.0f} pages on node {node}, "
            f"the exact counts are {min(exact)} to {max(exact)} and {min(other)} to {max(other)} "
            "of the program's own"
        )
        if shown < least * size - ROUNDING_BYTES:
            low = text
        if shown > most * size + ROUNDING_BYTES:
            high = text
    return low, high


def _own_regions(report: Report) -> list[Region]:
    """Return the regions of the process that numastat was asked about: not its child's."""
    return [region for name, region in report.regions.items() if name != CHILD]
