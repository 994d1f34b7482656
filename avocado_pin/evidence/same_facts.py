"""Is what the workload says more than once the same each time? And is nothing left out?

Each event may be as event_schema.py says, all in order, and one still contradict another.
"""

from collections.abc import Iterator
from itertools import pairwise

from avocado_pin.evidence.event_schema import (
    Begin,
    Driver,
    Event,
    Fork,
    Held,
    Migrate,
    MigrateEnd,
    Pin,
    Placed,
    Ready,
    Sampled,
    Touch,
    Unpin,
    WriteStart,
)
from avocado_pin.evidence.numastat import UPTIME_STEP_S
from avocado_pin.evidence.records import SUBJECT, NumastatSample
from avocado_pin.evidence.whole_run import ROUNDING_S

NO_PIN, FORKED = "none", "child"


def problems(found: list[Event]) -> Iterator[str]:
    """Yield what the events of a run say otherwise elsewhere, the first of them a begin."""
    begin = next(event for event in found if isinstance(event, Begin))
    for event in found:
        yield from _of_event(begin, event)
    yield from _of_pins(begin, found)
    yield from _of_reports(found)
    yield from _of_steps(begin, found)
    placed = [event for event in found if isinstance(event, Placed)]
    for region in sorted({event.region for event in placed}):
        if len(addresses := {event.addr for event in placed if event.region == region}) > 1:
            yield f"the {region} at {' and '.join(sorted(addresses))}"


def of_numastat(found: list[Event], samples: list[NumastatSample]) -> Iterator[str]:
    """Yield what samples of numastat are not: each of the workload, between two reports."""
    begin = next(event for event in found if isinstance(event, Begin))
    asked = [e for e in found if isinstance(e, Sampled) and e.reason == "request"]
    if len(asked) != 2 * len(samples):
        yield f"{len(samples)} samples, {len(asked)} reports that were asked for"
        return
    for number, sample in enumerate(samples):
        before, after = asked[2 * number : 2 * number + 2]
        if sample.table.pid != begin.pid:
            yield f"a sample of process {sample.table.pid}, the workload's is {begin.pid}"
        earliest, latest = before.t_end - UPTIME_STEP_S - ROUNDING_S, after.t + ROUNDING_S
        if not earliest <= sample.start_s <= sample.end_s <= latest:
            yield (
                f"a sample from {sample.start_s} to {sample.end_s} s, its reports are until "
                f"{before.t_end} and from {after.t} s"
            )


def _of_event(begin: Begin, event: Event) -> Iterator[str]:
    if isinstance(event, Pin | Fork | Migrate | Unpin | Held) and bool(event.errno) != bool(
        event.error
    ):
        yield f"{event.event!r} with errno {event.errno} and error {event.error!r}"
    if isinstance(event, Placed):
        pages = sum(run[2] for run in event.runs)
        if max(sum(event.zones.values()), event.mapped_huge) > pages:
            yield f"{event.event!r} of {pages} pages, with {event.zones}, {event.mapped_huge} huge"
    if isinstance(event, Migrate):
        said, asked = (event.migrator, event.target_node), (begin.migrator, begin.target_node)
        if said != asked:
            yield f"{event.event!r} by {said[0]} to node {said[1]}, asked {asked[0]} to {asked[1]}"


def _of_pins(begin: Begin, found: list[Event]) -> Iterator[str]:
    """A pin is of the method that was asked for, its device told, and it is undone."""
    pins = [event for event in found if isinstance(event, Pin)]
    if {event.method for event in pins} != {begin.pin} - {NO_PIN}:
        yield f"pins by {', '.join(e.method for e in pins) or 'nothing'}, 'begin' says {begin.pin}"
    if any(event.device for event in pins) != any(isinstance(event, Driver) for event in found):
        yield f"devices {[event.device for event in pins]}, and what a driver says or none"
    asked = any(isinstance(event, Driver) for event in found)
    for report in (event for event in found if isinstance(event, Sampled)):
        pages, differs = report.subject.driver_pages, report.subject.driver_differs
        if (pages is None) != (differs is None) or (pages is not None and not asked):
            yield f"of the driver's pages {pages}, and {differs} that differ"
    touched = any(isinstance(event, Touch) and event.region == SUBJECT for event in found)
    before = any(isinstance(event, Placed) and event.when == "before_pin" for event in found)
    if pins and touched != before:
        yield "a subject before its pin of which either the touch or the placement is missing"
    # A run whose pin is refused ends before it forks.
    refused = any(event.errno for event in pins)
    forked = any(isinstance(event, Fork) for event in found)
    if forked != begin.companion.startswith(FORKED) and not (refused and not forked):
        yield f"a fork or none, 'begin' says companion {begin.companion}"
    taken = {event.region for event in pins if not event.errno}
    undone = {event.region for event in found if isinstance(event, Unpin)}
    if taken != undone:
        yield f"pinned: {sorted(taken)}, unpinned: {sorted(undone)}"


def _of_reports(found: list[Event]) -> Iterator[str]:
    """Lists of places are of the report before them, of which the last is the run's."""
    reports = [event for event in found if isinstance(event, Sampled)]
    if reports and reports[-1].reason != "final":
        yield f"the last report is of {reports[-1].reason!r}, not 'final'"
    reason = "baseline"
    for event in found:
        if isinstance(event, Sampled):
            reason = event.reason
        elif isinstance(event, Placed | Held) and event.when not in (reason, "before_pin"):
            yield f"{event.event!r} of {event.when!r} after a report of {reason!r}"
    for before, after in pairwise(reports):
        if after.passes < before.passes:
            yield f"{before.passes} passes of the writers, and later {after.passes}"


def _of_steps(begin: Begin, found: list[Event]) -> Iterator[str]:
    """Each step that was begun has ended."""
    refused = any(isinstance(event, Pin) and event.errno for event in found)
    if not refused and not any(isinstance(event, Ready) for event in found):
        yield "no event 'ready'"
    if not any(isinstance(event, Pin | Touch) for event in found):
        yield "no event 'pin' or 'touch'"
    for event in found:
        if isinstance(event, WriteStart) and len(event.writer_tids) != len(begin.writer_cpus):
            yield f"{len(event.writer_tids)} writers, for CPUs {begin.writer_cpus}"
    asked = [event for event in found if isinstance(event, Migrate)]
    ended = {event.round for event in found if isinstance(event, MigrateEnd)}
    if ended != {event.round for event in asked}:
        yield f"rounds {sorted({e.round for e in asked})} of the migrator, {sorted(ended)} ended"
    # Memory blocks, unlike pages, may be more for the one region than for the other.
    answers = {sum(event.answers.values()) for event in asked if event.unit == "page"}
    if len(answers) > 1:
        yield f"answers for {' and '.join(map(str, sorted(answers)))} pages"
