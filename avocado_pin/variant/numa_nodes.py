"""The guest's NUMA layout: nodes, their memory and CPUs, and the distances between them."""

import re
from dataclasses import dataclass

from avocado_pin.base.typed_text import Reader

# More than QEMU gives a guest (KVM's own limit is 4096).
MOST_CPUS = 4096
# ACPI's SLIT, and the kernel's own without one (include/linux/topology.h).
LOCAL_DISTANCE, REMOTE_DISTANCE, MOST_DISTANCE = 10, 20, 254

# The beginnings of the names of the parameters that each node has.
PER_NODE = MEM_MIB, CPU_LIST = "numa_mem_mib_", "numa_cpulist_"

# Lists of CPUs as the kernel writes them: 0-3,8
_CPU_LIST = re.compile(r"^(\d+(-\d+)?(,\d+(-\d+)?)*)?$")


@dataclass(frozen=True)
class Node:
    """A NUMA node of the guest.

    :param number: as the guest's kernel numbers it
    :param mem_mib: memory, MiB; 0 for a node with CPUs only
    :param cpus: the vCPUs on it; none for a node with memory only
    """

    number: int
    mem_mib: int
    cpus: frozenset[int]


@dataclass(frozen=True)
class Layout:
    """The nodes in order.

    :param distances: from each node to each; None: the kernel's own
    :param lower_tier: whether the last node's memory is of a lower tier than the others'
    """

    nodes: tuple[Node, ...]
    distances: tuple[tuple[int, ...], ...] | None = None
    lower_tier: bool = False

    @property
    def cpus(self) -> frozenset[int]:
        """All vCPUs of the guest."""
        return frozenset().union(*(node.cpus for node in self.nodes))

    @property
    def mem_mib(self) -> int:
        """Memory of the guest, MiB."""
        return sum(node.mem_mib for node in self.nodes)

    def node_of(self, cpu: int) -> Node:
        """Return the node of one of the guest's CPUs."""
        return next(node for node in self.nodes if cpu in node.cpus)

    def distance(self, source: int, target: int) -> int:
        """Return the distance that the guest's kernel must show."""
        if self.distances:
            return self.distances[source][target]
        return LOCAL_DISTANCE if source == target else REMOTE_DISTANCE


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


def read(reader: Reader) -> Layout:
    """Return the layout of a variant's parameters (configs/axes/layout.cfg).

    :raises BadConfiguration: naming the parameter
    """
    names = reader.text("numa_nodes").split()
    if not names:
        raise reader.bad("numa_nodes", "none", "at least one node's name")
    nodes = tuple(_node(reader, number, name) for number, name in enumerate(names))
    every = sorted(cpu for node in nodes for cpu in node.cpus)
    if every != list(range(len(every))) or not every:
        allowed = "each CPU from 0 on to be on exactly one node"
        raise reader.bad(f"{CPU_LIST}*", ",".join(map(str, every)) or "no CPU", allowed)
    return Layout(nodes, _distances(reader, len(nodes)), _lower_tier(reader, nodes))


def _node(reader: Reader, number: int, name: str) -> Node:
    mem_mib = reader.integer(f"{MEM_MIB}{name}", 0, 1 << 20, "MiB")
    value = reader.text(f"{CPU_LIST}{name}")
    try:
        return Node(number, mem_mib, cpu_set(value))
    except ValueError as error:
        allowed = "a list of CPUs such as 0-3,8"
        raise reader.bad(f"{CPU_LIST}{name}", repr(value), allowed) from error


def _lower_tier(reader: Reader, nodes: tuple[Node, ...]) -> bool:
    text = reader.text("lower_tier_node")
    last = nodes[-1]
    if text and (text != str(last.number) or last.cpus or len(nodes) == 1):
        allowed = "nothing, or the last of several nodes, without CPUs"
        raise reader.bad("lower_tier_node", repr(text), allowed)
    return bool(text)


def _distances(reader: Reader, nodes: int) -> tuple[tuple[int, ...], ...] | None:
    text = reader.text("numa_distances")
    if not text:
        return None
    try:
        rows = tuple(tuple(map(int, row.split())) for row in text.split(";"))
    except ValueError:
        rows = ()
    if not _is_table(rows, nodes):
        allowed = (
            f"{nodes} rows of {nodes} distances, rows separated by ';', {LOCAL_DISTANCE} from a "
            f"node to itself, else {LOCAL_DISTANCE + 1} to {MOST_DISTANCE}"
        )
        raise reader.bad("numa_distances", repr(text), allowed)
    return rows


def _is_table(rows: tuple[tuple[int, ...], ...], nodes: int) -> bool:
    if len(rows) != nodes or any(len(row) != nodes for row in rows):
        return False
    return all(
        value == LOCAL_DISTANCE if source == target else LOCAL_DISTANCE < value <= MOST_DISTANCE
        for source, row in enumerate(rows)
        for target, value in enumerate(row)
    )
