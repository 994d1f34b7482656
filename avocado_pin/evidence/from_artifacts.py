"""The files that a test left become the evidence that its verdict rests on: nothing else does."""

import re
from collections.abc import Callable

from avocado_pin.base.artifacts import DMESG
from avocado_pin.base.errors import EvidenceUnreadable
from avocado_pin.evidence import (
    events,
    exits,
    kernel_counters,
    kernel_log_faults,
    kernel_log_marks,
    numa_maps,
    same_facts,
)
from avocado_pin.evidence.event_schema import Event
from avocado_pin.evidence.numa_maps import Mapping
from avocado_pin.evidence.records import (
    CHILD,
    CONTROL,
    SUBJECT,
    Evidence,
    NumastatSample,
    Program,
    Programs,
    Report,
    Start,
)

SAMPLES, NUMASTAT = "samples.jsonl", "numastat.log"
VMSTAT, NUMA_MAPS = "vmstat_{when}.txt", "numa_maps_{when}.txt"
# How rmmod ended, and how each program that tests the driver did, whose output is in another file.
RMMOD, PROGRAMS, OUTPUT = "rmmod.txt", "programs.txt", "{program}.tap"
# Gives the text of an artifact by its name, or raises EvidenceUnreadable.
Read = Callable[[str], str]


def of_run(read: Read, forced: bool, unpins: bool) -> Evidence:
    """Return the evidence of a run of the workload.

    :param forced: whether the variant's migrator is asked for once
    :param unpins: whether the variant unpins the subject under pressure
    :raises EvidenceUnreadable: a file is missing, or is not what a test writes
    """
    said = events.read(read(SAMPLES).splitlines())
    start = events.start(said)
    # Then the workload has ended, and there was nothing to sample.
    refused = bool(start.pin_errno)
    reports = [] if refused else _reports(said, start)
    mappings = [] if refused else _mappings(read, start, reports)
    before, pinned, after = _counters(read, "before", "pinned", "after")
    return Evidence(
        start=start,
        end=events.end(said),
        rmmod_error=_rmmod_error(read),
        reports=reports,
        pressure_s=0.0 if refused else events.pressure_s(said, forced),
        unpinned_s=events.unpinned_s(said) if unpins else None,
        answers=events.answers(said),
        numastat=[] if refused else _numastat(read, said),
        own_bytes=[numa_maps.mapped_bytes(one, start.addresses) for one in mappings],
        mapped=[_mapped(one, start) for one in mappings],
        pins_before=kernel_counters.pins_held(before),
        pins_held=kernel_counters.pins_held(pinned),
        pins_after=kernel_counters.pins_held(after),
        trouble=_trouble(read),
    )


def of_programs(read: Read, read_output: Read) -> Programs:
    """Return how the programs that test the driver ended, and what they left.

    :param read_output: reads what a program printed, which may be nothing
    :raises EvidenceUnreadable: a file is missing, or is not what a test writes
    """
    plan, _, lines = read(PROGRAMS).partition("\n")
    ended = [
        Program(name, status, read_output(OUTPUT.format(program=_plain(name))))
        for status, name in exits.read(lines, PROGRAMS)
    ]
    if plan != programs_plan(len(ended)):
        raise EvidenceUnreadable(
            "how programs ended",
            got=f"{len(ended)} lines after {plan!r}",
            expected="the number of programs, and a line for each",
            look_at=PROGRAMS,
        )
    before, after = map(kernel_counters.pins_held, _counters(read, "before", "after"))
    return Programs(ended, before, after, _trouble(read), _rmmod_error(read))


def programs_plan(count: int) -> str:
    """Return the line of programs.txt before those of the programs: how many there are."""
    return f"{count} programs"


def _reports(said: list[Event], start: Start) -> list[Report]:
    """Return the reports: one at least, each of the regions that there are."""
    found = events.reports(said)
    regions = [set(start.baseline), *(set(report.regions) for report in found)]
    if not found or not all({SUBJECT, CONTROL} <= one == regions[0] for one in regions):
        raise EvidenceUnreadable(
            "the workload's events",
            got=f"{len(found)} reports, of {', '.join(sorted(set().union(*regions))) or 'nothing'}",
            expected="one at least, each of subject, control and what else has a baseline",
            look_at=SAMPLES,
        )
    return found


def _numastat(read: Read, said: list[Event]) -> list[NumastatSample]:
    found = events.numastat_samples(read(NUMASTAT))
    for problem in same_facts.of_numastat(said, found):
        raise EvidenceUnreadable(
            "samples of numastat",
            got=problem,
            expected="one of the workload between each two reports that were asked for",
            look_at=NUMASTAT,
        )
    return found


def _counters(read: Read, *times: str) -> list[dict[str, int]]:
    """Return the counters of /proc/vmstat at each of some times, the earliest first."""
    found = [kernel_counters.vmstat(read(VMSTAT.format(when=when))) for when in times]
    kernel_counters.check_order(found)
    return found


def _mappings(read: Read, start: Start, reports: list[Report]) -> list[list[Mapping]]:
    """Return the workload's mappings before the pressure and at the end: the same, of all regions.

    None comes or goes meanwhile, so that one that is in one file only was left out of the other;
    but for that of a region of which no page had a place any more.
    """
    before, after = (numa_maps.parse(read(NUMA_MAPS.format(when=w))) for w in ("before", "after"))
    starts = [{mapping.start for mapping in one} for one in (before, after)]
    gone = {
        placement.address
        for name, placement in start.baseline.items()
        if not reports[-1].regions[name].nodes
    }
    missing = (starts[0] ^ (starts[1] | gone)) | (set(start.addresses) - starts[0])
    if missing:
        raise EvidenceUnreadable(
            "/proc/PID/numa_maps",
            got=f"no mapping at {', '.join(f'{one:x}' for one in sorted(missing))}",
            expected="each mapping of the workload before the pressure and at the end",
            look_at="the numa_maps files of the test",
        )
    for mapping in (*before, *after):
        if mapping.page_bytes % start.page_size:
            raise EvidenceUnreadable(
                "/proc/PID/numa_maps",
                got=f"pages of {mapping.page_bytes} bytes",
                expected=f"multiples of the workload's page_size {start.page_size}",
                look_at="the numa_maps files of the test",
            )
    return [before, after]


def _mapped(mappings: list[Mapping], start: Start) -> dict[str, dict[int, int]]:
    """Return the pages of each region of the process on each node; none if it is not mapped."""
    found = {mapping.start: mapping.node_bytes for mapping in mappings}
    return {
        name: {
            node: size // start.page_size for node, size in found.get(placement.address, {}).items()
        }
        for name, placement in start.baseline.items()
        if name != CHILD
    }


def _trouble(read: Read) -> list[str]:
    return kernel_log_faults.trouble(kernel_log_marks.of_test(read(DMESG)))


def _rmmod_error(read: Read) -> str:
    status, said = exits.read(read(RMMOD), RMMOD)[-1]
    return (said or f"exit {status}") if status else ""


def _plain(name: str) -> str:
    """Return the name of a program, which is part of a file's."""
    if not re.fullmatch(r"\w+", name):
        raise EvidenceUnreadable(
            "a program's name", got=repr(name), expected="a plain word", look_at=PROGRAMS
        )
    return name
