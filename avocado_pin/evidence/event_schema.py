"""The lines that the workload writes, a class for each event: their only schema.

workload/report/ writes them, docs/workload.md explains the fields. A line is an event if it has
these fields and no others, of these types, in these ranges.
"""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

Version = Literal[2]
Count = Annotated[int, Meta(ge=0)]
# -1: none.
Node = Annotated[int, Meta(ge=-1)]
Seconds = Annotated[float, Meta(ge=0)]
Positive = Annotated[int, Meta(ge=1)]
# 0, or a positive errno (MAX_ERRNO in include/linux/err.h).
Errno = Annotated[int, Meta(ge=0, le=4095)]
Word = Annotated[str, Meta(min_length=1)]
# "0-30,35"
PageList = Annotated[str, Meta(pattern="^([0-9]{1,8}(-[0-9]{1,8})?(,[0-9]{1,8}(-[0-9]{1,8})?)*)?$")]
RegionName = Literal["subject", "control", "child", "released"]
# PFN, node, pages of consecutive PFNs: of 4 KiB, no more than 64 GiB.
Run = tuple[Count, Node, Annotated[int, Meta(ge=1, le=1 << 24)]]
# -1: the driver refused.
Asked = Annotated[int, Meta(ge=-1)]


class Changed(Struct, frozen=True, forbid_unknown_fields=True):
    """A page that is not where it was at the baseline."""

    page: Count
    pfn_from: Count
    pfn_to: Count
    node_from: Node
    node_to: Node


class Region(Struct, frozen=True, forbid_unknown_fields=True):
    """Where the pages of a region are, counted."""

    nodes: dict[Count, Count]
    unknown: Count
    swapped: Count
    changed: Count
    ever_changed: Count
    changed_pages: PageList
    first_changed: Changed | None


class Subject(Region, frozen=True):
    """The same of the subject, and what the driver says; -1 if it refused."""

    driver_pages: Asked | None
    driver_differs: Asked | None
    driver_errno: Errno = 0


class _Event(Struct, frozen=True, forbid_unknown_fields=True, tag_field="event"):
    """What all events have: the schema's version, and the seconds since the guest's boot."""

    v: Version
    t: Seconds

    @property
    def event(self) -> str:
        """The event's name."""
        return str(self.__struct_config__.tag)


class Begin(_Event, tag="begin", frozen=True):
    """What the workload was told to do."""

    pid: Positive
    page_size: Positive
    pages: Positive
    page_kind: Word
    pin: Word
    companion: Word
    migrator: Word
    cpu: Count
    cpu_node: Node
    home_node: Node
    target_node: Node
    writer_cpus: list[Count]
    writer_node: Node
    access: Word
    scratch_pages: Count


class Driver(_Event, tag="driver", frozen=True):
    """What the driver says of itself."""

    abi: Positive
    version: Word


class Pin(_Event, tag="pin", frozen=True):
    """A region was pinned, or the kernel refused it."""

    region: RegionName
    method: Word
    device: str
    errno: Errno
    error: str
    minor_faults: Count


class Touch(_Event, tag="touch", frozen=True):
    """A region was touched for the first time."""

    region: RegionName
    minor_faults: Count


class Fork(_Event, tag="fork", frozen=True):
    """The child was forked, or could not be."""

    pid: Annotated[int, Meta(ge=-1)]
    errno: Errno
    error: str


class Placed(_Event, tag="placement", frozen=True):
    """Where the pages of a region are, page by page."""

    when: Literal["before_pin", "baseline", "unpin", "final"]
    region: RegionName
    addr: Annotated[str, Meta(pattern="^0x[0-9a-f]{1,16}$")]
    runs: list[Run]
    unknown: Count
    swapped: Count
    zones: dict[Word, Count]
    mapped_huge: Count


class Held(_Event, tag="held", frozen=True):
    """Which pages of the subject the driver says it holds."""

    when: Literal["unpin", "final"]
    region: Literal["subject"]
    errno: Errno
    error: str
    pages: Count
    runs: list[Run]


class Ready(_Event, tag="ready", frozen=True):
    """All regions are in place."""


class WriteStart(_Event, tag="write_start", frozen=True):
    """The writers begin."""

    writer_tids: list[Positive]


class Migrate(_Event, tag="migrate", frozen=True):
    """What the kernel answered to a forced migrator."""

    t_end: Seconds
    round: Positive
    migrator: Word
    region: RegionName | Literal["all"]
    target_node: Node
    unit: Literal["page", "block", "call"]
    answers: dict[Annotated[str, Meta(pattern="^(-?[0-9]{1,10}|unset)$")], Count]
    errno: Errno
    error: str
    not_moved: Count | None


class MigrateEnd(_Event, tag="migrate_end", frozen=True):
    """A forced migrator is done."""

    round: Positive


class Sampled(_Event, tag="report", frozen=True):
    """Where the regions' pages are, counted; a companion's only if there is one."""

    t_end: Seconds
    seq: Count
    reason: Literal["request", "interval", "unpin", "final"]
    passes: Count
    asked: Count
    subject: Subject
    control: Region
    child: Region | UnsetType = UNSET
    released: Region | UnsetType = UNSET


class Unpin(_Event, tag="unpin", frozen=True):
    """A region was unpinned."""

    region: RegionName
    errno: Errno
    error: str


class Error(_Event, tag="error", frozen=True):
    """Why the workload gives up."""

    what: Word
    errno: Errno
    error: str


class End(_Event, tag="end", frozen=True):
    """The workload's last words: its exit status."""

    exit: Annotated[int, Meta(ge=0, le=255)]


Event = (
    Begin | Driver | Pin | Touch | Fork | Placed | Held | Ready | WriteStart | Migrate | MigrateEnd
    | Sampled | Unpin | Error | End
)  # fmt: skip
