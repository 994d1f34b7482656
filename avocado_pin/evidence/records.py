"""The evidence a verdict rests on, as records."""

from dataclasses import dataclass, field
from typing import Any

from avocado_pin.evidence.numastat import Numastat
from avocado_pin.evidence.placement import Change, Held, Placement

SUBJECT, CONTROL, CHILD, RELEASED = "subject", "control", "child", "released"


@dataclass(frozen=True)
class Region:
    """Where the pages of a region are.

    :param nodes: node -> number of pages
    :param unknown: pages the kernel would not tell of (in the middle of a move)
    :param swapped: pages that are in swap and on no node
    :param changed: pages whose node or PFN differs from the baseline's, or that are in swap
    :param changed_pages: which those are
    :param ever_changed: pages for which that was so in this or an earlier report
    :param driver_pages: pages the driver says it holds; None if it was not asked, -1 if it refused
    :param driver_differs: how many of those are not the ones mapped
    """

    nodes: dict[int, int]
    unknown: int
    swapped: int
    changed: int
    ever_changed: int
    changed_pages: tuple[range, ...]
    first_changed: Change | None
    driver_pages: int | None = None
    driver_differs: int | None = None

    def on(self, node: int) -> int:
        """Number of pages on a node."""
        return self.nodes.get(node, 0)

    @property
    def pages(self) -> int:
        """Number of pages."""
        return sum(self.nodes.values()) + self.unknown + self.swapped


@dataclass(frozen=True)
class Report:
    """Where the regions' pages are.

    :param time_s: when the reading began, in seconds since the guest's boot
    :param end_s: when it was done
    :param reason: request, or unpin and final, which tell of each page
    :param regions: by name: subject, control and, with a companion, child or released
    :param placements: the same page by page, of the same reading; empty if it was not told
    :param held: which pages of the subject the driver held then; None if it was not told
    """

    time_s: float
    end_s: float
    reason: str
    passes: int
    regions: dict[str, Region]
    placements: dict[str, Placement] = field(default_factory=dict)
    held: Held | None = None

    @property
    def subject(self) -> Region:
        """The region that is pinned or not."""
        return self.regions[SUBJECT]

    @property
    def control(self) -> Region:
        """The region that is never pinned."""
        return self.regions[CONTROL]


@dataclass(frozen=True)
class Answer:
    """What the kernel answered to a forced migrator.

    :param round: 1 for the first attempt, and so on
    :param region: the region asked for, or all
    :param unit: page, block or call
    :param answers: 0, a negative errno or, for move_pages, a node or "unset" -> how many units
    :param errno: of the call itself
    :param not_moved: pages the kernel says it could not move; None if it does not say
    """

    round: int
    region: str
    unit: str
    answers: dict[str, int]
    errno: int
    not_moved: int | None


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
    """What the workload said before the pressure.

    :param did: what it says it does: fields of its event begin, and of the subject's pin
    :param target_node: where the migrator is to move pages to
    :param pin_errno: of the pin of the subject, 0 if it was taken or there was none
    :param minor_faults: of the thread, across the pin (or the first touch, if not pinned)
    :param before_pin: where the subject was before it was pinned, if it was faulted in before
    :param baseline: by region, where it was before the pressure; empty if the pin was refused
    """

    pid: int
    page_size: int
    pages: int
    did: dict[str, Any]
    target_node: int
    driver_abi: int | None
    pin_errno: int
    minor_faults: int
    before_pin: Placement | None
    baseline: dict[str, Placement]

    @property
    def addresses(self) -> list[int]:
        """Where the regions of the process start."""
        return [placement.address for placement in self.baseline.values()]


@dataclass(frozen=True)
class Evidence:
    """All that a verdict rests on.

    :param start: with the errno of the pin; if that was refused, there are no reports
    :param reports: exact places of the pages, in order of time
    :param pressure_s: when the writer started or the migrator was asked, by the guest's clock
    :param unpinned_s: when the subject was unpinned, None if it never was
    :param answers: what the kernel answered to a forced migrator
    :param own_bytes: memory of the workload outside its regions, node -> bytes, before the
        pressure and at the end of the run; nothing if the pin was refused
    :param mapped: pages of each region by numa_maps at the same times, region -> node -> pages
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
    own_bytes: list[dict[int, int]]
    mapped: list[dict[str, dict[int, int]]]
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
