"""What a report counts of a region, and what the lists of its pages say instead.

Each function yields the differences in words, with both sides.
"""

from collections import Counter
from collections.abc import Iterator

from avocado_pin.evidence.placement import NOWHERE, Held, Placement, changes, not_held, words
from avocado_pin.evidence.records import Region


def from_itself(region: Region, listed: set[int], pages: int) -> Iterator[str]:
    """Its counts must be those of its own list of changed pages.

    :param listed: the pages that it lists as changed
    :param pages: of the region
    """
    if region.pages != pages:
        yield f"{region.pages} pages, the region has {pages}"
    if region.changed != len(listed) or max(listed, default=0) >= pages:
        yield f"{region.changed} of {pages} pages changed, but it lists {_pages(listed)}"
    first = region.first_changed.page if region.first_changed else None
    if first != min(listed, default=None):
        yield f"the first changed page is {first}, but it lists {_pages(listed)}"


def from_earlier(region: Region, least: int) -> Iterator[str]:
    """A page that has changed has changed for ever.

    :param least: pages of which this or an earlier report says that they have changed
    """
    if not least <= region.ever_changed <= region.pages:
        yield f"{region.ever_changed} pages have ever changed, the reports so far say {least}"


def from_baseline(region: Region, listed: set[int], baseline: Placement) -> Iterator[str]:
    """A page that has not changed is where it was at the baseline, or unknown."""
    places, first = baseline.places, region.first_changed
    if first and first.page < len(places):
        before = first.pfn_from, first.node_from
        if before != places[first.page]:
            was = words(places[first.page])
            yield f"page {first.page} was at {words(before)}, the baseline says at {was}"
    if first and first.node_to >= 0 and not region.on(first.node_to):
        yield f"page {first.page} is on node {first.node_to}, where it counts none"
    gone = Counter(places[page][1] for page in listed if page < len(places))
    for node, count in sorted(baseline.nodes.items()):
        least = count - gone[node] - region.unknown
        if region.on(node) < least:
            yield (
                f"{region.on(node)} pages are on node {node}, by the baseline and the changed "
                f"pages {least} at least"
            )


def from_placement(
    region: Region, listed: set[int], baseline: Placement, now: Placement
) -> Iterator[str]:
    """Its counts must be those of the places of the same reading.

    :param now: the places of that reading
    """
    places = now.places
    said = region.nodes, region.unknown, region.swapped
    found = now.nodes, now.unknown, now.swapped
    if said != found:
        yield f"{_counts(*said)}, its placement says {_counts(*found)}"
    moved = list(changes(baseline, now))
    # A page in swap has changed as well; in the placement it looks like an unknown one.
    gone = listed - {change.page for change in moved}
    may_be_gone = {page for page in gone if page < len(places) and places[page] == NOWHERE}
    without_baseline = baseline.places.count(NOWHERE)
    swapped = range(max(0, now.swapped - without_baseline), now.swapped + 1)
    if len(listed - gone) != len(moved) or gone != may_be_gone or len(gone) not in swapped:
        first = f", first {moved[0]}" if moved else ""
        yield (
            f"{region.changed} pages changed, baseline and placement differ in {len(moved)}, and "
            f"{now.swapped} are in swap{first}"
        )
    change = region.first_changed
    if change and change.page < len(places):
        there = change.pfn_to, change.node_to
        if there != places[change.page]:
            found_at = words(places[change.page])
            yield f"page {change.page} is at {words(there)}, its placement says at {found_at}"


def from_driver(region: Region, held: Held | None, now: Placement) -> Iterator[str]:
    """What it counts of the driver's answer must be in that answer.

    :param now: the places of the same reading
    """
    pages = (-1 if held.errno else held.pages) if held else None
    if region.driver_pages != pages:
        yield f"{_driver(region.driver_pages)}, the driver's answer says {_driver(pages)}"
    if not held or held.errno:
        return
    if len(held.places) != min(held.pages, len(now.places)):
        yield f"{_driver(held.pages)}, and {len(held.places)} of them are listed"
    least = sum(1 for _ in not_held(now, held))
    # Pages in swap are in no list of places, but are not the driver's either.
    if region.driver_differs not in range(least, least + now.swapped + 1):
        yield (
            f"{region.driver_differs} of the driver's pages are not the mapped ones, page by page "
            f"it is {least}"
        )


def _pages(listed: set[int]) -> str:
    return f"{len(listed)}, from {min(listed)} to {max(listed)}" if listed else "none"


def _counts(nodes: dict[int, int], unknown: int, swapped: int) -> str:
    on = [f"node {node}: {pages}" for node, pages in sorted(nodes.items())]
    return ", ".join([*on, f"unknown: {unknown}", f"swap: {swapped}"])


def _driver(pages: int | None) -> str:
    if pages is None:
        return "the driver was not asked"
    return "the driver refused" if pages < 0 else f"the driver holds {pages} pages"
