"""Parts of the workload's events that tell where pages are: from the schema's to records."""

from dataclasses import replace

import msgspec

from avocado_pin.evidence import event_schema
from avocado_pin.evidence.placement import Change, Held, Placement
from avocado_pin.evidence.records import Region


def placement(event: event_schema.Placed) -> Placement:
    """Return where an event placement says that pages are."""
    return Placement(
        address=int(event.addr, 16),
        runs=tuple(event.runs),
        unknown=event.unknown,
        swapped=event.swapped,
        zones=event.zones,
        mapped_huge=event.mapped_huge,
    )


def held(event: event_schema.Held) -> Held:
    """Return what an event held says that the driver holds."""
    return Held(errno=event.errno, pages=event.pages, runs=tuple(event.runs))


def region(said: event_schema.Region) -> Region:
    """Return what a report says of a region."""
    first = said.first_changed
    return Region(
        nodes=said.nodes,
        unknown=said.unknown,
        swapped=said.swapped,
        changed=said.changed,
        ever_changed=said.ever_changed,
        changed_pages=tuple(_page_range(part) for part in said.changed_pages.split(",") if part),
        first_changed=Change(**msgspec.structs.asdict(first)) if first else None,
    )


def subject(said: event_schema.Subject) -> Region:
    """Return what a report says of the subject."""
    return replace(region(said), driver_pages=said.driver_pages, driver_differs=said.driver_differs)


def _page_range(text: str) -> range:
    """Return the pages of "5" or of "5-12"."""
    first, _, last = text.partition("-")
    return range(int(first), int(last or first) + 1)
