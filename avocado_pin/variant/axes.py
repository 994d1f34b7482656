"""The values of the axes: migrators, pins, page kinds and others, by the names of configs/axes/."""

from dataclasses import dataclass

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


@dataclass(frozen=True)
class Pin:
    """What is done to the subject. The names are the workload's too.

    :param method: of the workload (--pin)
    :param device: which the method asks; nothing: it does not pin
    :param companion: the workload's third region (--companion), which must move
    :param unpins: the subject is unpinned under pressure, and must then move
    """

    method: str
    device: str = ""
    companion: str = "none"
    unpins: bool = False


PINS = {
    "unpinned": Pin("none"),
    "mlock": Pin("mlock"),
    "driver": Pin("driver", "/dev/page_pin"),
    "uacce": Pin("uacce", "/dev/uacce_pin_page"),
    "driver_read": Pin("driver_read", "/dev/page_pin"),
    "unpinned_after": Pin("driver", "/dev/page_pin", unpins=True),
    "fork": Pin("driver", "/dev/page_pin", companion="child"),
    "double_range": Pin("driver", "/dev/page_pin", companion="released"),
}
