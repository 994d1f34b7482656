"""What the tests need of a kernel's configuration, and why."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from avocado_pin.base.architecture import AMD64
from avocado_pin.base.errors import BadConfiguration
from avocado_pin.variant.expectation_parser import Release, version


@dataclass(frozen=True)
class Option:
    """An option of the kernel's configuration.

    :param why: what does not work without it
    :param module: whether it may be a module
    :param until: the kernel version from which on there is no such option, but what it was for
    """

    name: str
    why: str
    module: bool = False
    until: Release | None = None


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
    Option("INET", "sessions by ssh"),
    Option("VIRTIO_PCI", "the guest's network", module=True),
    Option("VIRTIO_NET", "the guest's network", module=True),
    Option(AMD64.console_option, "the console, which is the evidence of a crash"),
    Option("SMP", "writers on other nodes"),
    Option("NUMA", "several nodes"),
    Option("ACPI_NUMA", "QEMU tells of nodes by ACPI"),
    Option("MIGRATION", "pages that can move at all"),
    Option("PROC_PAGE_MONITOR", "/proc/PID/pagemap: where each page is"),
    Option("VM_EVENT_COUNTERS", "pgfault of /proc/vmstat, by which two readings differ"),
    Option("SYSCTL", "settings, and the state of a guest"),
)
# Without these some tests are cancelled or fail to prepare.
OPTIONAL = (
    Option("NUMA_BALANCING", "every test of balancing"),
    Option("DEBUG_FS", "balancing's settings from 5.13 on (balancing=fast)"),
    # Always on since commit b52173065e0a ("sched/debug: Remove CONFIG_SCHED_DEBUG").
    Option("SCHED_DEBUG", "balancing's settings (balancing=fast)", until=(6, 15)),
    Option("TRANSPARENT_HUGEPAGE", "page_kind=thp"),
    Option("HUGETLBFS", "page_kind=hugetlb and hugetlb_memfd"),
    Option("KSM", "page_kind=ksm"),
    Option("COMPACTION", "migrator=compaction"),
    Option("CPUSETS", "migrator=cpuset"),
    Option("MEMCG", "migrator=demotion"),
    Option("MEMORY_HOTREMOVE", "migrator=offline"),
    Option("MEMORY_FAILURE", "migrator=soft_offline"),
    Option("SWAP", "migrator=reclaim"),
    Option("BLK_DEV_RAM", "page_kind=file and migrator=reclaim: a disk of memory", module=True),
    Option("EXT4_FS", "page_kind=file", module=True),
    Option(AMD64.lower_tier_option, "layout=tiered: memory of the command line's", module=True),
    Option("DEV_DAX_PMEM", "layout=tiered", module=True),
    Option("DEV_DAX_KMEM", "layout=tiered", module=True),
)


@dataclass(frozen=True)
class Config:
    """A .config.

    :param release: of the kernel it is of
    :param options: that it sets, without CONFIG_
    """

    release: Release
    options: Mapping[str, str]

    def has(self, option: Option) -> bool:
        """Return whether an option is set, or needs no setting in this kernel."""
        if option.until and self.release >= option.until:
            return True
        value = self.options.get(option.name)
        return value == "y" or (option.module and value == "m")


def parse(text: str) -> Config:
    """Return what a .config sets. Its head says "# Linux/x86 6.1.192 Kernel Configuration"."""
    head = re.search(r"^# Linux/\S+ (\S+) Kernel Configuration", text, re.MULTILINE)
    options = dict(re.findall(r"^CONFIG_(\w+)=(.*)$", text, re.MULTILINE))
    return Config(version(head[1] if head else ""), options)


def missing(config: Config, wanted: tuple[Option, ...]) -> list[str]:
    """Return each option that is missing, with the reason why it is needed."""
    return [
        f"CONFIG_{option.name}{'=y' if config.options.get(option.name) == 'm' else ''} "
        f"({option.why})"
        for option in wanted
        if not config.has(option)
    ]


def lacking(text: str, names: Iterable[str]) -> list[str]:
    """Return the options, without CONFIG_, that a .config does not build in."""
    options = parse(text).options
    return [name for name in names if options.get(name) != "y"]


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
