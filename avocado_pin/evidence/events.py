"""What the workload reports and what a sample of the run holds: from JSON lines to records.

The lines' fields are written by workload/report/ and explained in docs/workload.md.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import takewhile
from typing import Any

from avocado_pin.base.errors import EvidenceUnreadable
from avocado_pin.evidence import numastat, page_events
from avocado_pin.evidence.records import (
    CONTROL,
    SUBJECT,
    Answer,
    End,
    NumastatSample,
    Report,
    Start,
)

SCHEMA = 2


def read(lines: Iterable[str]) -> list[dict[str, Any]]:
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
    """Return what the workload said before the pressure.

    :raises EvidenceUnreadable: one of the events is missing
    """
    begin = _one(found, "begin")
    driver = next((e for e in found if e["event"] == "driver"), {})
    placed = [e for e in found if e["event"] == "placement"]
    try:
        pin = _first_of(found, "pin", SUBJECT) or _first_of(found, "touch", SUBJECT)
        before = next((page_events.placement(e) for e in placed if e["when"] == "before_pin"), None)
        return Start(
            pid=begin["pid"],
            page_size=begin["page_size"],
            pages=begin["pages"],
            did={**begin, "pin": pin.get("method", begin["pin"])},
            target_node=begin["target_node"],
            driver_abi=driver.get("abi"),
            pin_errno=pin.get("errno", 0),
            minor_faults=pin["minor_faults"],
            before_pin=before,
            baseline={
                e["region"]: page_events.placement(e) for e in placed if e["when"] == "baseline"
            },
        )
    except KeyError as error:
        raise _unreadable(f"no {error} before ready") from error
    except (TypeError, ValueError) as error:
        raise _unreadable(f"before ready: {error}") from error


def end(found: list[dict[str, Any]]) -> End:
    """Return how the workload ended.

    :raises EvidenceUnreadable: it did not say
    """
    try:
        unpin = _first_of(found, "unpin", SUBJECT)
        return End(_one(found, "end")["exit"], unpin.get("errno", 0))
    except KeyError as error:
        raise _unreadable(f"an end or unpin without {error}") from error


def time_of(found: list[dict[str, Any]], event: str) -> float | None:
    """Return when the first event of a name was, by the guest's clock; None if it was not."""
    return next((float(e["t"]) for e in found if e["event"] == event), None)


def pressure_s(found: list[dict[str, Any]], forced: bool) -> float:
    """Return when the pressure began, by the guest's clock.

    :param forced: whether a migrator was asked, else a writer started
    :raises EvidenceUnreadable: it did not begin
    """
    name = "migrate" if forced else "write_start"
    time_s = time_of(found, name)
    if time_s is None:
        raise _unreadable(f"no event {name!r}: the pressure did not begin")
    return time_s


def unpinned_s(found: list[dict[str, Any]]) -> float | None:
    """Return when the subject was unpinned, by the guest's clock; None if it was not."""
    unpin = _first_of(found, "unpin", SUBJECT)
    return float(unpin["t"]) if unpin else None


def reports(found: list[dict[str, Any]]) -> list[Report]:
    """Return the reports among events, in their order, each with what was then told page by page.

    :raises EvidenceUnreadable: a field or a region is missing
    """
    try:
        return list(_reports(found))
    except (KeyError, TypeError, ValueError) as error:
        raise _unreadable(f"a report without {error}") from error


def at_rest(found: list[Report]) -> bool:
    """Return whether no page was seen to move between the last two reports."""
    if len(found) < 2:
        return False
    before, last = found[-2:]
    return all(
        not region.unknown and region.nodes == before.regions[name].nodes
        for name, region in last.regions.items()
    )


def answers(found: list[dict[str, Any]]) -> list[Answer]:
    """Return what the kernel answered to a forced migrator, in order.

    :raises EvidenceUnreadable: a field is missing
    """
    try:
        return [
            Answer(e["round"], e["region"], e["unit"], e["answers"], e["errno"], e["not_moved"])
            for e in found
            if e["event"] == "migrate"
        ]
    except KeyError as error:
        raise _unreadable(f"an answer without {error}") from error


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


# The members of a report that are regions.
_REGIONS = (SUBJECT, CONTROL, "child", "released")


def _reports(found: list[dict[str, Any]]) -> Iterator[Report]:
    """Yield each report with the events after it that tell of its pages."""
    regions = {e["region"] for e in found if e["event"] == "placement" and e["when"] == "baseline"}
    for number, event in enumerate(found):
        if event["event"] != "report":
            continue
        told = list(takewhile(lambda e: e["event"] in ("placement", "held"), found[number + 1 :]))
        placed = [e for e in told if e["event"] == "placement"]
        report = _report(event)
        if report.regions.keys() != regions:
            raise KeyError(", ".join(regions ^ report.regions.keys()))
        yield replace(
            report,
            placements={e["region"]: page_events.placement(e) for e in placed},
            held=next((page_events.held(e) for e in told if e["event"] == "held"), None),
        )


def _report(event: dict[str, Any]) -> Report:
    return Report(
        time_s=event["t"],
        end_s=event.get("t_end", event["t"]),
        reason=event["reason"],
        passes=event["passes"],
        regions={name: page_events.region(event[name]) for name in _REGIONS if name in event},
    )


def _first_of(found: list[dict[str, Any]], name: str, region: str) -> dict[str, Any]:
    return next((e for e in found if e["event"] == name and e["region"] == region), {})


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
