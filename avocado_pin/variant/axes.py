"""The values of the axes: migrators, pins, page kinds and others, by the names of configs/axes/."""

from dataclasses import dataclass, replace

from avocado_pin.base.architecture import AMD64

BALANCING = "balancing"
MIGRATORS = (
    BALANCING,
    *("move_pages", "migrate_pages", "mbind", "cpuset"),
    *("compaction", "offline", "soft_offline", "demotion", "reclaim"),
)
# What a page that moved has done (configs/axes/migrator.cfg).
TO_TARGET, ELSEWHERE, TO_SWAP = "to_target", "elsewhere", "to_swap"
MOVES = (TO_TARGET, ELSEWHERE, TO_SWAP)
# Base pages of a huge page; and of what moves together, by kind.
HUGE = AMD64.huge_pages
PAGE_KINDS = {
    **dict.fromkeys(("anon", "shmem", "file", "zero", "ksm"), 1),
    **dict.fromkeys(("thp", "hugetlb", "hugetlb_memfd"), HUGE),
}
BALANCINGS = ("stock", "fast", "off")
# The tests in tests/: of pages under pressure to migrate, and of the driver's interface.
MIGRATION_TEST, DRIVER_TEST = "pin_migration", "driver_abi"
TESTS = (MIGRATION_TEST, DRIVER_TEST)
NEEDS = ("nothing", "disk", "swap")
ACCELERATORS = ("auto", "kvm", "tcg")
PAGE_BYTES = AMD64.page_bytes
# What the kernel, the initramfs and the workload take of the first node, generously.
RESERVED_MIB = 384
MIB = 1 << 20


# The region of the workload's companions that have one.
_REGIONS = {
    **dict.fromkeys(("child", "child_reads", "child_idles"), "child"),
    "released": "released",
}


@dataclass(frozen=True)
class Pin:
    """What is done to the subject, and what it is; the rules of a pin follow from that.

    :param method: of the workload (--pin), by the workload's name
    :param called: what the subject's pages are called
    :param long_term: it takes long-term pins, which hold pages and which the kernel counts
    :param queried: it can be asked which pages it holds
    :param device: which the method asks, of a driver that must unload; nothing: it has none
    :param companion: what the workload has beside subject and control (--companion)
    :param third_is_used: whether the third region is used, and so moved by what follows the users
    :param unpins: the subject is unpinned under pressure, and must then move
    """

    method: str
    called: str
    long_term: bool = False
    queried: bool = False
    device: str = ""
    companion: str = "none"
    third_is_used: bool = True
    unpins: bool = False

    @property
    def regions(self) -> int:
        """How many regions the workload has: subject, control, and what its companion has."""
        return 2 if self.companion == "none" else 3

    @property
    def third(self) -> str:
        """The region beside subject and control; nothing if there is none."""
        return _REGIONS.get(self.companion, "")


_DRIVER = Pin("driver", "pinned", long_term=True, queried=True, device="/dev/page_pin")
PINS = {
    "unpinned": Pin("none", "unpinned"),
    "mlock": Pin("mlock", "mlocked"),
    "driver": _DRIVER,
    "uacce": replace(_DRIVER, method="uacce", device="/dev/uacce_pin_page"),
    "driver_read": replace(_DRIVER, method="driver_read"),
    "unpinned_after": replace(_DRIVER, unpins=True),
    "fork": replace(_DRIVER, companion="child"),
    "fork_reads": replace(_DRIVER, companion="child_reads"),
    "fork_idles": replace(_DRIVER, companion="child_idles", third_is_used=False),
    "fork_execs": replace(_DRIVER, companion="child_execs"),
    "fork_exits": replace(_DRIVER, companion="child_exits"),
    "double_range": replace(_DRIVER, companion="released"),
}
