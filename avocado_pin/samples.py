"""What the workload reports and what a sample of the run holds: from JSON lines to records.

The lines' fields are written by workload/report.c and explained in docs/workload.md.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from avocado_pin import numastat
from avocado_pin.errors import EvidenceUnreadable
from avocado_pin.numastat import Numastat

SCHEMA = 1


@dataclass(frozen=True)
class Change:
    """A page that is not where it was at the baseline."""

    page: int
    pfn_from: int
    pfn_to: int
    node_from: int
    node_to: int


@dataclass(frozen=True)
class Region:
    """Where the pages of a region are.

    :param nodes: node -> number of pages
    :param unknown: pages the kernel would not tell of (in the middle of a move)
    :param changed: pages whose node or PFN differs from the baseline's
    :param ever_changed: pages for which that was so in this or an earlier report
    :param driver_pages: pages the driver says it holds; None if it was not asked, -1 if it refused
    :param driver_differs: how many of those are not the ones mapped
    """

    nodes: dict[int, int]
    unknown: int
    changed: int
    ever_changed: int
    changed_pages: str
    first_changed: Change | None
    driver_pages: int | None = None
    driver_differs: int | None = None

    def on(self, node: int) -> int:
        """Number of pages on a node."""
        return self.nodes.get(node, 0)


@dataclass(frozen=True)
class Report:
    """Where both regions' pages are.

    :param time_s: when the reading began, in seconds since the guest's boot
    :param end_s: when it was done
    """

    time_s: float
    end_s: float
    passes: int
    subject: Region
    control: Region


@dataclass(frozen=True)
class NumastatSample:
    """What numastat printed, between two times of the guest's clock."""

    start_s: float
    end_s: float
    text: str
    table: Numastat


@dataclass(frozen=True)
class End:
    """How the workload ended.

    :param unpin_errno: of the explicit unpin, 0 also if nothing was pinned
    """

    exit_code: int
    unpin_errno: int


@dataclass(frozen=True)
class Start:
    """What the workload said before the writer started.

    :param minor_faults: of the thread, across the pin (or the first touch, if not pinned)
    :param unknown: pages of the subject and control without a known place at the baseline
    :param addresses: where the subject and the control start
    """

    pid: int
    page_size: int
    pages: int
    writer_node: int
    driver_abi: int | None
    minor_faults: int
    unknown: tuple[int, int]
    addresses: tuple[int, int]


def events(lines: Iterable[str]) -> list[dict[str, Any]]:
    """Return the workload's events.

    :raises EvidenceUnreadable: a line is not an event of this schema
    """
    found = []
    for line in lines:
        try:
            event = json.loads(line)
            if event["v"] != SCHEMA:
                raise ValueError(f"version {event['v']}")
            event["event"], event["t"]
        except (ValueError, KeyError, TypeError) as error:
            raise _unreadable(f"{line[:200]!r} ({error})") from error
        found.append(event)
    return found


def start(found: list[dict[str, Any]]) -> Start:
    """Return what the events up to "ready" say.

    :raises EvidenceUnreadable: one is missing
    """
    begin = _one(found, "begin")
    driver = next((e for e in found if e["event"] == "driver"), {})
    pinned = begin.get("pin") != "none"
    pin = _one(found, "pin" if pinned else "touch")
    placed = {
        e["region"]: e for e in found if e["event"] == "placement" and e["when"] == "baseline"
    }
    try:
        return Start(
            pid=begin["pid"],
            page_size=begin["page_size"],
            pages=begin["pages"],
            writer_node=begin["writer_node"],
            driver_abi=driver.get("abi"),
            minor_faults=pin["minor_faults"],
            unknown=(placed["subject"]["unknown"], placed["control"]["unknown"]),
            addresses=(int(placed["subject"]["addr"], 16), int(placed["control"]["addr"], 16)),
        )
    except KeyError as error:
        raise _unreadable(f"no {error} before ready") from error


def end(found: list[dict[str, Any]]) -> End:
    """Return how the workload ended.

    :raises EvidenceUnreadable: it did not say
    """
    unpin = next((e for e in found if e["event"] == "unpin"), {})
    return End(_one(found, "end")["exit"], unpin.get("errno", 0))


def reports(found: list[dict[str, Any]]) -> list[Report]:
    """Return the reports among events, in their order.

    :raises EvidenceUnreadable: a field is missing
    """
    try:
        return [_report(event) for event in found if event["event"] == "report"]
    except (KeyError, TypeError, ValueError) as error:
        raise _unreadable(f"a report without {error}") from error


def numastat_samples(log: str) -> list[NumastatSample]:
    """Return the samples of a numastat.log: "--- from S to S" and what numastat printed then.

    :raises EvidenceUnreadable: a sample can't be read
    """
    found = []
    for part in log.split("--- from ")[1:]:
        head, _, text = part.partition("\n")
        first, _, last = head.partition(" to ")
        try:
            times = float(first), float(last)
        except ValueError as error:
            raise _unreadable(f"numastat.log: {head!r}") from error
        found.append(NumastatSample(*times, text, numastat.parse(text)))
    return found


def _report(event: dict[str, Any]) -> Report:
    return Report(
        time_s=event["t"],
        end_s=event.get("t_end", event["t"]),
        passes=event["passes"],
        subject=_region(event["subject"]),
        control=_region(event["control"]),
    )


def _region(fields: dict[str, Any]) -> Region:
    first = fields["first_changed"]
    return Region(
        nodes={int(node): pages for node, pages in fields["nodes"].items()},
        unknown=fields["unknown"],
        changed=fields["changed"],
        ever_changed=fields["ever_changed"],
        changed_pages=fields["changed_pages"],
        first_changed=Change(**first) if first else None,
        driver_pages=fields.get("driver_pages"),
        driver_differs=fields.get("driver_differs"),
    )


def _one(found: list[dict[str, Any]], name: str) -> dict[str, Any]:
    for event in found:
        if event["event"] == name:
            return event
    failed = next((e for e in found if e["event"] == "error"), None)
    said = f"; the workload said: {failed.get('what')}: {failed.get('error')}" if failed else ""
    raise _unreadable(f"no event {name!r} among {len(found)}{said}")


def _unreadable(got: str) -> EvidenceUnreadable:
    return EvidenceUnreadable(
        "the workload's events",
        got=got,
        expected=f"JSON lines of version {SCHEMA} (docs/workload.md)",
        look_at="samples.jsonl",
    )
