"""Rules of what kind the pages are: huge, and no longer shared once they are pinned or written."""

from collections.abc import Iterator

from avocado_pin.evidence.records import SUBJECT, Evidence
from avocado_pin.rules.rule import ERROR, FAIL, Rule
from avocado_pin.variant.expectation_parser import Expected
from avocado_pin.variant.variant import Variant

# Page kinds that share frames before they are pinned or written, and what those are called.
SHARED = {"zero": "zero page", "ksm": "merged pages"}


# KSM lets so many pages have one frame (max_page_sharing, Documentation/admin-guide/mm/ksm.rst).
MERGED_PAGES = 256


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


def most_shared_frames(variant: Variant, pages: int) -> int:
    """Return how many frames pages of a kind that shares them can have."""
    if variant.page_kind != "ksm":
        return 1
    # All regions are merged with each other: the first and last frame can hold some of others.
    return -(-pages // MERGED_PAGES) + 1


def _leaves_shared(variant: Variant, name: str, evidence: Evidence) -> Rule:
    """Pages that shared frames must each have one of its own once it is pinned or written."""
    pages, before = evidence.start.pages, evidence.start.before_pin
    frames = len(set(before.pfns)) if before else 0
    own = len(set(evidence.start.baseline[SUBJECT].pfns))
    most = most_shared_frames(variant, pages)
    return Rule(
        name=f"pages leave the {name}",
        got=f"{frames} frames before the pin, {own} after",
        expected=f"at most {most} before the pin, {pages} after",
        passed=1 <= frames <= most and own == pages,
        broken_means=FAIL if 1 <= frames <= most else ERROR,
        text=f"{pages} pages were in {frames} frames before the pin and are in {own} after it, "
        f"expected at most {most} and {pages} (see samples.jsonl)",
    )
