"""What the workload reports and what a sample of the run holds: from JSON lines to records.

The lines' fields are written by workload/report/, checked by event_schema.py and explained in
docs/workload.md.
"""

from collections.abc import Iterable, Iterator
from itertools import chain, takewhile
from typing import TypeVar, get_args

import msgspec

from avocado_pin.base.errors import EvidenceUnreadable
from avocado_pin.evidence import numastat, page_events, same_facts, whole_run
from avocado_pin.evidence.event_schema import (
    Begin,
    Driver,
    Error,
    Event,
    Held,
    Migrate,
    Pin,
    Placed,
    Sampled,
    Touch,
    Unpin,
    Version,
)
from avocado_pin.evidence.event_schema import End as Ended
from avocado_pin.evidence.records import (
    CHILD,
    CONTROL,
    RELEASED,
    SUBJECT,
    Answer,
    End,
    NumastatSample,
    Region,
    Report,
    Start,
)

(SCHEMA,) = get_args(Version)
_LINE = msgspec.json.Decoder(Event)
_Kind = TypeVar("_Kind", bound=Event)
_OfRegion = TypeVar("_OfRegion", Pin, Touch, Unpin)


def read(lines: Iterable[str]) -> list[Event]:
    """Return the workload's events.

    :raises EvidenceUnreadable: a line is not an event of this schema
    """
    found: list[Event] = []
    for line in lines:
        try:
            found.append(_LINE.decode(line))
        except (msgspec.MsgspecError, ValueError, RecursionError) as error:
            raise _unreadable(f"{line[:200]!r} ({error})") from error
    return found


def start(found: list[Event]) -> Start:
    """Return what the workload said before the pressure.

    :raises EvidenceUnreadable: one of the events is missing
    """
    begin = _one(found, Begin)
    driver = _of(found, Driver)
    placed = _of(found, Placed)
    pin = _of_subject(found, Pin)
    touch = pin or _of_subject(found, Touch)
    if not touch:
        raise _unreadable("no pin or touch of the subject before ready")
    before = [page_events.placement(event) for event in placed if event.when == "before_pin"]
    return Start(
        pid=begin.pid,
        page_size=begin.page_size,
        pages=begin.pages,
        did={**msgspec.structs.asdict(begin), "pin": pin.method if pin else begin.pin},
        target_node=begin.target_node,
        driver_abi=driver[0].abi if driver else None,
        pin_errno=pin.errno if pin else 0,
        minor_faults=touch.minor_faults,
        before_pin=before[0] if before else None,
        baseline={e.region: page_events.placement(e) for e in placed if e.when == "baseline"},
    )


def end(found: list[Event]) -> End:
    """Return how the workload ended.

    :raises EvidenceUnreadable: it did not say, or an event is missing, there twice or out of order
    """
    ended = _one(found, Ended)
    for problem in chain(whole_run.problems(found), same_facts.problems(found)):
        raise _unreadable(problem, "those of a whole run, in order")
    unpin = _of_subject(found, Unpin)
    return End(ended.exit, unpin.errno if unpin else 0)


def time_of(found: list[Event], event: str) -> float | None:
    """Return when the first event of a name was, by the guest's clock; None if it was not."""
    return next((e.t for e in found if e.event == event), None)


def pressure_s(found: list[Event], forced: bool) -> float:
    """Return when the pressure began, by the guest's clock.

    :param forced: whether a migrator was asked, else a writer started
    :raises EvidenceUnreadable: it did not begin
    """
    name = "migrate" if forced else "write_start"
    time_s = time_of(found, name)
    if time_s is None:
        raise _unreadable(f"no event {name!r}: the pressure did not begin")
    return time_s


def unpinned_s(found: list[Event]) -> float | None:
    """Return when the subject was unpinned, by the guest's clock; None if it was not."""
    unpin = _of_subject(found, Unpin)
    return unpin.t if unpin else None


def reports(found: list[Event]) -> list[Report]:
    """Return the reports among events, in their order, each with what was then told page by page.

    :raises EvidenceUnreadable: a region is missing
    """
    return list(_reports(found))


def at_rest(found: list[Report]) -> bool:
    """Return whether no page was seen to move between the last two reports."""
    if len(found) < 2:
        return False
    before, last = found[-2:]
    return all(
        not region.unknown and region.nodes == before.regions[name].nodes
        for name, region in last.regions.items()
    )


def answers(found: list[Event]) -> list[Answer]:
    """Return what the kernel answered to a forced migrator, in order."""
    return [
        Answer(e.round, e.region, e.unit, e.answers, e.errno, e.not_moved)
        for e in _of(found, Migrate)
    ]


def numastat_samples(log: str) -> list[NumastatSample]:
    """Return the samples of a numastat.log: "--- from S to S" and what numastat printed then.

    :raises EvidenceUnreadable: a sample can't be read
    """
    found = []
    before, *parts = log.split("--- from ")
    if before.strip():
        raise _unreadable(f"numastat.log: {before[:100]!r} before a sample's times")
    for part in parts:
        head, _, text = part.partition("\n")
        first, _, last = head.partition(" to ")
        try:
            times = float(first), float(last)
        except ValueError as error:
            raise _unreadable(f"numastat.log: {head!r}") from error
        found.append(NumastatSample(*times, text, numastat.parse(text)))
    return found


def _reports(found: list[Event]) -> Iterator[Report]:
    """Yield each report with the events after it that tell of its pages."""
    regions = {event.region for event in _of(found, Placed) if event.when == "baseline"}
    for number, event in enumerate(found):
        if not isinstance(event, Sampled):
            continue
        told = list(takewhile(lambda e: isinstance(e, Placed | Held), found[number + 1 :]))
        held = [page_events.held(one) for one in _of(told, Held)]
        report = Report(
            time_s=event.t,
            end_s=event.t_end,
            reason=event.reason,
            passes=event.passes,
            regions=_regions(event),
            placements={one.region: page_events.placement(one) for one in _of(told, Placed)},
            held=held[0] if held else None,
        )
        if report.regions.keys() != regions:
            raise _unreadable(f"a report without {', '.join(regions ^ report.regions.keys())}")
        yield report


def _regions(event: Sampled) -> dict[str, Region]:
    thirds = {CHILD: event.child, RELEASED: event.released}
    return {
        SUBJECT: page_events.subject(event.subject),
        CONTROL: page_events.region(event.control),
        **{name: page_events.region(one) for name, one in thirds.items() if one},
    }


def _of(found: list[Event], kind: type[_Kind]) -> list[_Kind]:
    return [event for event in found if isinstance(event, kind)]


def _of_subject(found: list[Event], kind: type[_OfRegion]) -> _OfRegion | None:
    return next((event for event in _of(found, kind) if event.region == SUBJECT), None)


def _one(found: list[Event], kind: type[_Kind]) -> _Kind:
    events = _of(found, kind)
    if events:
        return events[0]
    said = "".join(f"; the workload said: {e.what}: {e.error}" for e in _of(found, Error)[:1])
    raise _unreadable(f"no event {str(kind.__struct_config__.tag)!r} among {len(found)}{said}")


def _unreadable(
    got: str, expected: str = f"JSON lines of version {SCHEMA} (docs/workload.md)"
) -> EvidenceUnreadable:
    return EvidenceUnreadable(
        "the workload's events",
        got=got,
        expected=expected,
        look_at="samples.jsonl",
    )
