"""A variant: the one place where Cartesian parameters, which are strings, become a typed record."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from avocado_pin.errors import BadConfiguration

# By pin method, the device the workload asks; the methods' names are the workload's too.
PIN_METHODS = {"none": "", "driver": "/dev/page_pin", "uacce": "/dev/uacce_pin_page"}
ACCELERATORS = ("auto", "kvm", "tcg")
# The page size of the guests' architecture, in bytes: a bound on pages is checked with it
# before the guest is there. The workload asks the guest's kernel.
PAGE_BYTES = 4096
# What the kernel, the initramfs and the workload take of the first node, generously.
RESERVED_MIB = 384
MIB = 1 << 20
# More than QEMU gives a guest (KVM's own limit is 4096).
MOST_CPUS = 4096

# Lists of CPUs as the kernel writes them: 0-3,8
_CPU_LIST = re.compile(r"^(\d+(-\d+)?(,\d+(-\d+)?)*)?$")


@dataclass(frozen=True)
class Node:
    """A NUMA node of the guest.

    :param number: as the guest's kernel numbers it
    :param mem_mib: memory, MiB
    :param cpus: the vCPUs on it
    """

    number: int
    mem_mib: int
    cpus: frozenset[int]


@dataclass(frozen=True)
class Variant:
    """One cell of a set of tests. configs/base.cfg explains each field.

    Times are seconds unless the name says otherwise.
    """

    name: str
    # the guest
    nodes: tuple[Node, ...]
    kernel_flavour: str
    kernel_args: str
    accelerator: str
    driver_source: str
    after_preflight: str
    boot_deadline_s: float
    command_deadline_s: float
    # the workload
    pin: str
    pages: int
    workload_cpu: int
    writer_cpu: int
    scratch_pages: int
    writer_delay_s: float
    # the samples
    sample_interval_s: float
    samples: int
    move_deadline_s: float
    hold_s: float
    # the thresholds
    moved_min_percent: float

    @property
    def cpus(self) -> frozenset[int]:
        """All vCPUs of the guest."""
        return frozenset().union(*(node.cpus for node in self.nodes))

    @property
    def mem_mib(self) -> int:
        """Memory of the guest, MiB."""
        return sum(node.mem_mib for node in self.nodes)

    @property
    def pinned(self) -> bool:
        """Whether the subject is pinned."""
        return self.pin != "none"


def cpu_set(text: str) -> frozenset[int]:
    """Return the CPUs of a list as the kernel and QEMU write it, such as 0-3,8.

    :raises ValueError: it is not such a list
    """
    if not _CPU_LIST.match(text):
        raise ValueError(text)
    cpus: set[int] = set()
    for part in filter(None, text.split(",")):
        first, _, last = part.partition("-")
        numbers = range(int(first), int(last or first) + 1)
        if not numbers or numbers[-1] >= MOST_CPUS:
            raise ValueError(part)
        cpus.update(numbers)
    return frozenset(cpus)


class _Reader:
    """Reads parameters of one variant, and says which one is wrong."""

    def __init__(self, params: Mapping[str, str]):
        self._params = params
        self.look_at = f"configs/, variant {params.get('shortname', '?')}"

    def bad(self, name: str, got: object, allowed: str) -> BadConfiguration:
        return BadConfiguration(name, got=got, expected=allowed, look_at=self.look_at)

    def text(self, name: str) -> str:
        if name not in self._params:
            raise self.bad(name, "no value", "the parameter to be set")
        return self._params[name].strip()

    def choice(self, name: str, allowed: tuple[str, ...]) -> str:
        value = self.text(name)
        if value not in allowed:
            raise self.bad(name, repr(value), f"one of {', '.join(allowed)}")
        return value

    def pages(self, home: Node, away: Node) -> int:
        smaller = min(home, away, key=lambda node: node.mem_mib)
        most = _most_pages(smaller)
        if most < 1:
            allowed = f"more than {RESERVED_MIB} MiB on node {smaller.number}, to hold the regions"
            raise self.bad("numa_mem_mib_*", smaller.mem_mib, allowed)
        return self.integer("pages", 1, most, "pages")

    def integer(self, name: str, least: int, most: int, unit: str) -> int:
        allowed = f"a whole number from {least} to {most} ({unit})"
        return int(self._bounded(name, int, least, most, allowed))

    def number(self, name: str, least: float, most: float, unit: str) -> float:
        allowed = f"a number of {unit} from {least:g} to {most:g}"
        return self._bounded(name, float, least, most, allowed)

    def _bounded(
        self, name: str, kind: type[int] | type[float], least: float, most: float, allowed: str
    ) -> float:
        value = self.text(name)
        try:
            number = kind(value)
        except ValueError as error:
            raise self.bad(name, repr(value), allowed) from error
        if not least <= number <= most:
            raise self.bad(name, repr(value), allowed)
        return number

    def cpus(self, name: str) -> frozenset[int]:
        value = self.text(name)
        try:
            return cpu_set(value)
        except ValueError as error:
            raise self.bad(name, repr(value), "a list of CPUs such as 0-3,8") from error


def from_params(params: Mapping[str, str]) -> Variant:
    """Return the typed record of a variant's parameters.

    :raises BadConfiguration: naming the parameter, its value and what is allowed
    """
    reader = _Reader(params)
    nodes = _nodes(reader)
    cpus = sorted(frozenset().union(*(node.cpus for node in nodes)))
    workload_cpu = _cpu(reader, "workload_cpu", cpus)
    writer_cpu = _cpu(reader, "writer_cpu", cpus)
    home, away = (
        next(node for node in nodes if cpu in node.cpus) for cpu in (workload_cpu, writer_cpu)
    )
    if writer_cpu in home.cpus and len(nodes) > 1:
        allowed = f"a CPU of another node than workload_cpu {workload_cpu}, which is on "
        raise reader.bad("writer_cpu", repr(str(writer_cpu)), f"{allowed}node {home.number}")
    return Variant(
        name=reader.text("shortname"),
        nodes=nodes,
        kernel_flavour=reader.text("kernel_flavour"),
        kernel_args=reader.text("kernel_args"),
        accelerator=reader.choice("accelerator", ACCELERATORS),
        driver_source=reader.text("driver_source"),
        after_preflight=reader.text("after_preflight"),
        boot_deadline_s=reader.number("boot_deadline_s", 1, 3600, "seconds"),
        command_deadline_s=reader.number("command_deadline_s", 1, 3600, "seconds"),
        pin=reader.choice("pin", tuple(PIN_METHODS)),
        pages=reader.pages(home, away),
        workload_cpu=workload_cpu,
        writer_cpu=writer_cpu,
        scratch_pages=reader.integer("scratch_pages", 0, 65536, "pages"),
        writer_delay_s=reader.number("writer_delay_s", 0, 3600, "seconds"),
        sample_interval_s=reader.number("sample_interval_s", 0.1, 3600, "seconds"),
        samples=reader.integer("samples", 0, 100000, "samples (0: until the outcome is settled)"),
        move_deadline_s=reader.number("move_deadline_s", 1, 86400, "seconds"),
        hold_s=reader.number("hold_s", 0, 86400, "seconds"),
        moved_min_percent=reader.number("moved_min_percent", 1, 100, "percent"),
    )


def _nodes(reader: _Reader) -> tuple[Node, ...]:
    names = reader.text("numa_nodes").split()
    if not names:
        raise reader.bad("numa_nodes", "none", "at least one node's name")
    nodes = []
    for number, name in enumerate(names):
        mem_mib = reader.integer(f"numa_mem_mib_{name}", 0, 1 << 20, "MiB")
        nodes.append(Node(number, mem_mib, reader.cpus(f"numa_cpus_{name}")))
    every = sorted(cpu for node in nodes for cpu in node.cpus)
    if every != list(range(len(every))) or not every:
        allowed = "each CPU from 0 on to be on exactly one node"
        raise reader.bad("numa_cpus_*", ",".join(map(str, every)) or "no CPU", allowed)
    return tuple(nodes)


def _cpu(reader: _Reader, name: str, cpus: list[int]) -> int:
    return reader.integer(name, cpus[0], cpus[-1], "a CPU in the layout")


def _most_pages(node: Node) -> int:
    """Both regions are on one node, at first and in the end: half of what it has is the most."""
    return (node.mem_mib - RESERVED_MIB) * MIB // PAGE_BYTES // 2
