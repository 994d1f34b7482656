"""Parts of the workload's events that tell where pages are: from JSON to records."""

import re
from typing import Any

from avocado_pin.evidence.placement import Change, Held, Placement, Runs
from avocado_pin.evidence.records import Region


def placement(event: dict[str, Any]) -> Placement:
    """Return where an event placement says that pages are.

    :raises KeyError, TypeError, ValueError: it is no such event
    """
    return Placement(
        address=int(event["addr"], 16),
        runs=_runs(event),
        unknown=event["unknown"],
        swapped=event["swapped"],
        zones=event["zones"],
        mapped_huge=event["mapped_huge"],
    )


def held(event: dict[str, Any]) -> Held:
    """Return what an event held says that the driver holds; raises as above."""
    return Held(errno=event["errno"], pages=event["pages"], runs=_runs(event))


def region(fields: dict[str, Any]) -> Region:
    """Return what a report says of a region; raises as above."""
    first = fields["first_changed"]
    return Region(
        nodes={int(node): pages for node, pages in fields["nodes"].items()},
        unknown=fields["unknown"],
        swapped=fields["swapped"],
        changed=fields["changed"],
        ever_changed=fields["ever_changed"],
        changed_pages=tuple(
            _page_range(part) for part in fields["changed_pages"].split(",") if part
        ),
        first_changed=Change(**first) if first else None,
        driver_pages=fields.get("driver_pages"),
        driver_differs=fields.get("driver_differs"),
    )


def _runs(event: dict[str, Any]) -> Runs:
    return tuple((pfn, node, pages) for pfn, node, pages in event["runs"])


def _page_range(text: str) -> range:
    """Return the pages of "5" or of "5-12"."""
    match = re.fullmatch(r"(\d+)(?:-(\d+))?", text)
    if not match:
        raise ValueError(text)
    return range(int(match[1]), int(match[2] or match[1]) + 1)
