"""The guest's NUMA layout, as parameters and as a record."""

from collections.abc import Callable

import pytest

from avocado_pin.base.errors import BadConfiguration
from avocado_pin.base.typed_text import Reader
from avocado_pin.variant import numa_nodes
from avocado_pin.variant.numa_nodes import Layout

# configs/axes/layout.cfg, two_nodes; and the distances of four_nodes.
TWO_NODES = {
    "shortname": "set.cell",
    "numa_nodes": "node0 node1",
    "numa_mem_mib_node0": "2048",
    "numa_cpulist_node0": "0-3",
    "numa_mem_mib_node1": "2048",
    "numa_cpulist_node1": "4-7",
    "numa_distances": "",
    "lower_tier_node": "",
}

Read = Callable[..., Layout]


@pytest.fixture
def read() -> Read:
    """Return the layout of two nodes, some parameters replaced."""
    return lambda **changes: numa_nodes.read(Reader({**TWO_NODES, **changes}))


def test_two_nodes(read: Read) -> None:
    nodes = read().nodes
    assert [node.number for node in nodes] == [0, 1]
    assert [node.mem_mib for node in nodes] == [2048, 2048]
    assert [sorted(node.cpus) for node in nodes] == [[0, 1, 2, 3], [4, 5, 6, 7]]


def test_the_guest_has_the_cpus_and_memory_of_its_nodes(read: Read) -> None:
    assert read().cpus == frozenset(range(8))
    assert read().mem_mib == 4096


def test_nodes_are_numbered_in_their_order_whatever_their_names(read: Read) -> None:
    found = read(
        numa_nodes="far near",
        numa_mem_mib_far="1024",
        numa_cpulist_far="4-7",
        numa_mem_mib_near="512",
        numa_cpulist_near="0-3",
    )
    assert [(node.number, node.mem_mib) for node in found.nodes] == [(0, 1024), (1, 512)]


def test_a_node_may_have_no_cpu(read: Read) -> None:
    found = read(numa_nodes="node0 node1 node2", numa_mem_mib_node2="512", numa_cpulist_node2="")
    assert found.nodes[2].cpus == frozenset()


def test_a_node_may_have_no_memory(read: Read) -> None:
    assert read(numa_mem_mib_node1="0").nodes[1].mem_mib == 0


@pytest.mark.parametrize(("cpu", "node"), [(0, 0), (3, 0), (4, 1), (7, 1)])
def test_a_cpu_is_on_its_node(read: Read, cpu: int, node: int) -> None:
    assert read().node_of(cpu).number == node


# distances


def test_without_distances_they_are_the_kernels_own(read: Read) -> None:
    found = read()
    assert found.distances is None
    assert [found.distance(0, to) for to in (0, 1)] == [10, 20]
    assert [found.distance(1, to) for to in (0, 1)] == [20, 10]


def test_distances_are_as_given_from_each_node_to_each(read: Read) -> None:
    found = read(numa_distances="10 17; 28 10")
    assert [[found.distance(a, b) for b in (0, 1)] for a in (0, 1)] == [[10, 17], [28, 10]]


def test_the_largest_and_smallest_distances_are_accepted(read: Read) -> None:
    assert read(numa_distances="10 11; 254 10").distances == ((10, 11), (254, 10))


@pytest.mark.parametrize(
    "text",
    [
        "10 20",
        "10 20; 20 10; 20 20",
        "10 20; 20",
        "10 20 30; 20 10 30",
        "10 20; 20 11",
        "10 10; 20 10",
        "10 9; 20 10",
        "10 255; 20 10",
        "10 20; 20 10;",
        "10 20, 20 10",
        "10 far; 20 10",
        "10 20.5; 20 10",
    ],
)
def test_no_table_of_distances(read: Read, text: str) -> None:
    with pytest.raises(BadConfiguration) as caught:
        read(numa_distances=text)
    assert str(caught.value) == (
        f"numa_distances: got {text!r}, expected 2 rows of 2 distances, rows separated by ';', "
        "10 from a node to itself, else 11 to 254 (see configs/, variant set.cell)"
    )


# a lower tier of memory


@pytest.mark.parametrize(("node", "lower"), [("", False), ("1", True)])
def test_the_last_node_may_be_of_a_lower_tier(read: Read, node: str, lower: bool) -> None:
    found = read(numa_cpulist_node0="0-7", numa_cpulist_node1="", lower_tier_node=node)
    assert found.lower_tier is lower


@pytest.mark.parametrize(
    ("node", "changes"),
    [
        ("0", {}),
        ("2", {}),
        ("yes", {}),
        ("1", {"numa_cpulist_node0": "0-3", "numa_cpulist_node1": "4-7"}),
        ("0", {"numa_nodes": "node0"}),
    ],
)
def test_another_node_of_a_lower_tier_is_refused(
    read: Read, node: str, changes: dict[str, str]
) -> None:
    memory_only = {"numa_cpulist_node0": "0-7", "numa_cpulist_node1": ""}
    with pytest.raises(BadConfiguration) as caught:
        read(**{**memory_only, **changes}, lower_tier_node=node)
    assert str(caught.value).startswith(
        f"lower_tier_node: got '{node}', expected nothing, or the last of several nodes, without "
        "CPUs "
    )


# what is refused


@pytest.mark.parametrize(
    ("node1", "got"),
    [
        ("3-7", "0,1,2,3,3,4,5,6,7"),  # overlaps node0
        ("5-7", "0,1,2,3,5,6,7"),  # leaves out CPU 4
    ],
)
def test_cpus_not_on_exactly_one_node_are_refused(read: Read, node1: str, got: str) -> None:
    with pytest.raises(BadConfiguration) as caught:
        read(numa_cpulist_node1=node1)
    assert str(caught.value).startswith(
        f"numa_cpulist_*: got {got}, expected each CPU from 0 on to be on exactly one node"
    )


def test_nodes_without_any_cpu_are_refused(read: Read) -> None:
    with pytest.raises(BadConfiguration, match=r"numa_cpulist_\*: got no CPU"):
        read(numa_cpulist_node0="", numa_cpulist_node1="")


def test_no_nodes_are_refused(read: Read) -> None:
    with pytest.raises(BadConfiguration, match="numa_nodes: got none, expected at least one"):
        read(numa_nodes=" ")


@pytest.mark.parametrize("name", ["numa_mem_mib_node2", "numa_cpulist_node2"])
def test_a_node_without_its_parameters_is_refused(read: Read, name: str) -> None:
    changes = {"numa_mem_mib_node2": "512", "numa_cpulist_node2": "8"}
    del changes[name]
    with pytest.raises(BadConfiguration, match=f"{name}: got no value"):
        read(numa_nodes="node0 node1 node2", **changes)


@pytest.mark.parametrize("value", ["2G", "-1", "", "1048577", "512.5"])
def test_no_memory_of_a_node(read: Read, value: str) -> None:
    with pytest.raises(BadConfiguration) as caught:
        read(numa_mem_mib_node1=value)
    assert str(caught.value).startswith(
        f"numa_mem_mib_node1: got {value!r}, expected a whole number from 0 to 1048576 (MiB)"
    )


@pytest.mark.parametrize("value", ["4-", "4 5", "7-4", "4-4096", "node1", "4,,5"])
def test_no_cpus_of_a_node(read: Read, value: str) -> None:
    with pytest.raises(BadConfiguration) as caught:
        read(numa_cpulist_node1=value)
    assert str(caught.value).startswith(
        f"numa_cpulist_node1: got {value!r}, expected a list of CPUs such as 0-3,8"
    )


# lists of CPUs


@pytest.mark.parametrize(
    ("text", "cpus"),
    [
        ("", set()),
        ("5", {5}),
        ("5-5", {5}),
        ("0-3", {0, 1, 2, 3}),
        ("0-1,8,10-11", {0, 1, 8, 10, 11}),
        ("4095", {4095}),
        ("4094-4095", {4094, 4095}),
    ],
)
def test_a_list_of_cpus(text: str, cpus: set[int]) -> None:
    assert numa_nodes.cpu_set(text) == cpus


@pytest.mark.parametrize("text", ["a", "1,", ",1", "1--2", "-1", "1-2-3", "0-3 "])
def test_no_list_of_cpus(text: str) -> None:
    with pytest.raises(ValueError, match=rf"^{text}$"):
        numa_nodes.cpu_set(text)


@pytest.mark.parametrize("part", ["7-4", "1-0", "4096", "0-4096", "0-5000"])
def test_a_list_names_the_part_that_no_guest_has(part: str) -> None:
    with pytest.raises(ValueError, match=rf"^{part}$"):
        numa_nodes.cpu_set(f"0-3,{part},8")
