"""What the tests need of a kernel's configuration, and why."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from avocado_pin.errors import BadConfiguration


@dataclass(frozen=True)
class Option:
    """An option of the kernel's configuration.

    :param why: what does not work without it
    :param module: whether it may be a module
    """

    name: str
    why: str
    module: bool = False


# Without these no test can run.
REQUIRED = (
    Option("MODULES", "the driver is a module"),
    Option("BLK_DEV_INITRD", "the guest boots from an initramfs"),
    Option("BINFMT_ELF", "the guest's programs"),
    Option("BINFMT_SCRIPT", "the guest's init is a script"),
    Option("DEVTMPFS", "/dev, with the driver's device"),
    Option("PROC_FS", "/proc"),
    Option("SYSFS", "/sys"),
    Option("TMPFS", "/dev/shm"),
    Option("UNIX98_PTYS", "sessions by ssh"),
    Option("INET", "sessions by ssh"),
    Option("VIRTIO_PCI", "the guest's network", module=True),
    Option("VIRTIO_NET", "the guest's network", module=True),
    Option("SERIAL_8250_CONSOLE", "the console, which is the evidence of a crash"),
    Option("SMP", "writers on other nodes"),
    Option("NUMA", "several nodes"),
    Option("ACPI_NUMA", "QEMU tells of nodes by ACPI"),
    Option("MIGRATION", "pages that can move at all"),
    Option("PROC_PAGE_MONITOR", "/proc/PID/pagemap: where each page is"),
    Option("SYSCTL", "settings, and the state of a guest"),
)
# Without these some tests are cancelled or fail to prepare.
OPTIONAL = (
    Option("NUMA_BALANCING", "every test of balancing"),
    Option("DEBUG_FS", "balancing's settings from 5.13 on (balancing=fast)"),
    Option("TRANSPARENT_HUGEPAGE", "page_kind=thp"),
    Option("HUGETLBFS", "page_kind=hugetlb and hugetlb_memfd"),
    Option("COMPACTION", "migrator=compaction"),
    Option("CPUSETS", "migrator=cpuset"),
    Option("MEMCG", "migrator=demotion"),
    Option("MEMORY_HOTREMOVE", "migrator=offline"),
    Option("MEMORY_FAILURE", "migrator=soft_offline"),
    Option("SWAP", "migrator=reclaim"),
    Option("BLK_DEV_RAM", "page_kind=file and migrator=reclaim: a disk of memory", module=True),
    Option("EXT4_FS", "page_kind=file", module=True),
    Option("DEV_DAX_KMEM", "layout=tiered", module=True),
)


def parse(text: str) -> dict[str, str]:
    """Return the options that a .config sets, without CONFIG_."""
    return dict(re.findall(r"^CONFIG_(\w+)=(.*)$", text, re.MULTILINE))


def missing(config: Mapping[str, str], wanted: tuple[Option, ...]) -> list[str]:
    """Return each option that is missing, with the reason why it is needed."""
    return [
        f"CONFIG_{option.name}{'=y' if config.get(option.name) == 'm' else ''} ({option.why})"
        for option in wanted
        if not _has(config, option.name, option.module)
    ]


def check(text: str, name: str) -> list[str]:
    """Return what some tests will miss in a kernel's configuration.

    :param text: of its .config
    :param name: of the kernel
    :raises BadConfiguration: no test can run without what is missing
    """
    config = parse(text)
    needed = missing(config, REQUIRED)
    if needed:
        raise BadConfiguration(
            f"configuration of kernel {name}",
            got=f"no {', '.join(needed)}",
            expected="a kernel that has them",
            look_at="docs/kernels.md",
        )
    return missing(config, OPTIONAL)


def _has(config: Mapping[str, str], name: str, module: bool) -> bool:
    return config.get(name) == "y" or (module and config.get(name) == "m")
