"""Where the pages of a region are, page by page; and which pages the driver says it holds."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

# (PFN, node) of a page, and of a page without a place: unknown, or in swap.
Place = tuple[int, int]
NOWHERE: Place = (0, -1)
# (PFN, node, pages): consecutive PFNs, or pages without a place.
Runs = tuple[tuple[int, int, int], ...]


@dataclass(frozen=True)
class Change:
    """A page that is not where it was at the baseline."""

    page: int
    pfn_from: int
    pfn_to: int
    node_from: int
    node_to: int

    def __str__(self) -> str:
        if self.node_to < 0:
            return f"page {self.page} from node {self.node_from} to swap"
        before, now = (self.pfn_from, self.node_from), (self.pfn_to, self.node_to)
        return f"page {self.page} from {words(before)} to {words(now)}"


@dataclass(frozen=True)
class Placement:
    """Where the pages of a region are, page by page.

    :param address: where the region starts
    :param unknown: pages the kernel would not tell of
    :param swapped: pages that are in swap; of a page without a place it is not said which it is
    :param zones: zone -> number of pages
    :param mapped_huge: base pages that are mapped by huge page
    """

    address: int
    runs: Runs
    unknown: int
    swapped: int
    zones: dict[str, int]
    mapped_huge: int

    @cached_property
    def places(self) -> list[Place]:
        """The place of each page."""
        return _places(self.runs)

    @cached_property
    def nodes(self) -> dict[int, int]:
        """Node -> number of pages."""
        return dict(Counter(node for _, node in self.places if node >= 0))

    @property
    def pfns(self) -> list[int]:
        """The PFN of each page that has one."""
        return [pfn for pfn, node in self.places if node >= 0]


@dataclass(frozen=True)
class Held:
    """What the driver answers to the question which pages of the subject it holds.

    :param errno: of the question; nothing else is known then
    :param pages: how many it says it holds
    """

    errno: int
    pages: int
    runs: Runs

    @cached_property
    def places(self) -> list[Place]:
        """The place of each page that it told."""
        return _places(self.runs)


def words(place: Place) -> str:
    """Return a place as people read it."""
    return "no place" if place == NOWHERE else f"node {place[1]} (PFN {place[0]})"


def changes(before: Placement, after: Placement) -> Iterator[Change]:
    """Yield the pages that have a place in both, and not the same."""
    for page, (old, new) in enumerate(zip(before.places, after.places, strict=False)):
        if NOWHERE not in (old, new) and old != new:
            yield Change(page, old[0], new[0], old[1], new[1])


def not_held(placement: Placement, held: Held) -> Iterator[int]:
    """Yield the pages that are mapped in another place than that of which the driver tells."""
    for page, (mapped, told) in enumerate(zip(placement.places, held.places, strict=False)):
        if mapped not in (NOWHERE, told):
            yield page


def _places(runs: Runs) -> list[Place]:
    return [
        (pfn + page, node) if node >= 0 else NOWHERE
        for pfn, node, pages in runs
        for page in range(pages)
    ]
