"""The files that a test left become the evidence that its verdict rests on: nothing else does."""

import re
from collections.abc import Callable

from avocado_pin.base.errors import EvidenceUnreadable
from avocado_pin.evidence import events, exits, kernel_counters, kernel_log, numa_maps
from avocado_pin.evidence.event_schema import Event
from avocado_pin.evidence.records import (
    CONTROL,
    SUBJECT,
    Evidence,
    Program,
    Programs,
    Report,
    Start,
)

SAMPLES, NUMASTAT, DMESG = "samples.jsonl", "numastat.log", "dmesg.txt"
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
    return Evidence(
        start=start,
        end=events.end(said),
        rmmod_error=_rmmod_error(read),
        reports=[] if refused else _reports(said, start),
        pressure_s=0.0 if refused else events.pressure_s(said, forced),
        unpinned_s=events.unpinned_s(said) if unpins else None,
        answers=events.answers(said),
        numastat=[] if refused else events.numastat_samples(read(NUMASTAT)),
        own_bytes=({}, {})
        if refused
        else (_own_bytes(read, start, "before"), _own_bytes(read, start, "after")),
        pins_before=_pins(read, "before"),
        pins_held=_pins(read, "pinned"),
        pins_after=_pins(read, "after"),
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
    return Programs(
        ended, _pins(read, "before"), _pins(read, "after"), _trouble(read), _rmmod_error(read)
    )


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


def _pins(read: Read, when: str) -> int:
    return kernel_counters.pins_held(kernel_counters.vmstat(read(VMSTAT.format(when=when))))


def _own_bytes(read: Read, start: Start, when: str) -> dict[int, int]:
    """Return the memory of the workload outside its regions on each node."""
    return numa_maps.mapped_bytes(read(NUMA_MAPS.format(when=when)), without=start.addresses)


def _trouble(read: Read) -> list[str]:
    return kernel_log.trouble(kernel_log.of_test(read(DMESG)))


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
