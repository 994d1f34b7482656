"""The evidence a verdict rests on, as records."""

from dataclasses import dataclass

from avocado_pin.samples import Answer, End, NumastatSample, Report, Start


@dataclass(frozen=True)
class Evidence:
    """All that a verdict rests on.

    :param start: with the errno of the pin; if that was refused, there are no reports
    :param reports: exact places of the pages, in order of time
    :param pressure_s: when the writer started or the migrator was asked, by the guest's clock
    :param unpinned_s: when the subject was unpinned, None if it never was
    :param answers: what the kernel answered to a forced migrator
    :param own_bytes: memory of the workload outside its regions, node -> bytes, before the
        pressure and at the end of the run
    :param pins_before: page pins in the system before the workload started
    :param pins_held: the same at the end of the run, before anything was unpinned
    :param pins_after: the same after the workload ended and the driver was removed
    :param trouble: lines of the kernel's log that tell of trouble
    :param rmmod_error: what rmmod said if the driver could not be removed, else nothing
    """

    start: Start
    end: End
    reports: list[Report]
    pressure_s: float
    unpinned_s: float | None
    answers: list[Answer]
    numastat: list[NumastatSample]
    own_bytes: tuple[dict[int, int], dict[int, int]]
    pins_before: int
    pins_held: int
    pins_after: int
    trouble: list[str]
    rmmod_error: str


@dataclass(frozen=True)
class Program:
    """How a program of kmod/tests/ ended: exit status as kselftests', and its TAP output."""

    name: str
    status: int
    output: str


@dataclass(frozen=True)
class Programs:
    """How all programs ended, and what they left behind (as in Evidence)."""

    ended: list[Program]
    pins_before: int
    pins_after: int
    trouble: list[str]
    rmmod_error: str
