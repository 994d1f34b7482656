from collections.abc import Callable

import pytest

from avocado_pin import cartesian, variant
from avocado_pin.errors import BadConfiguration
from avocado_pin.variant import Variant

CELL = "pin_tests.pinned.pages_100"
# Half of what a node of 2048 MiB has beside the 384 MiB reserved, in pages of 4 KiB.
MOST_PAGES = (2048 - 384) * 256 // 2

Read = Callable[..., Variant]


@pytest.fixture(scope="module")
def params() -> dict[str, str]:
    return cartesian.cells(CELL)[0]


@pytest.fixture
def read(params: dict[str, str]) -> Read:
    """Return the variant of the cell's parameters, some replaced."""
    return lambda **changes: variant.from_params({**params, **changes})


# every set


@pytest.mark.parametrize("name", cartesian.set_names())
def test_every_cell_of_a_set_is_accepted(name: str) -> None:
    cells = cartesian.cells(name)
    assert cells
    for cell in cells:
        assert variant.from_params(cell).name.startswith(f"{name}.")


@pytest.mark.parametrize("name", cartesian.set_names())
def test_the_names_of_a_set_are_unique(name: str) -> None:
    names = [cell["shortname"] for cell in cartesian.cells(name)]
    assert len(names) == len(set(names))


# what is read


def test_the_default_layout(read: Read) -> None:
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
        numa_cpus_far="4-7",
        numa_mem_mib_near="512",
        numa_cpus_near="0-3",
    )
    assert [(node.number, node.mem_mib) for node in found.nodes] == [(0, 1024), (1, 512)]


def test_a_node_may_have_no_cpu(read: Read) -> None:
    found = read(numa_nodes="node0 node1 node2", numa_mem_mib_node2="512", numa_cpus_node2="")
    assert found.nodes[2].cpus == frozenset()


@pytest.mark.parametrize(("pin", "pinned"), [("none", False), ("driver", True), ("uacce", True)])
def test_each_pin_method_but_none_pins(read: Read, pin: str, pinned: bool) -> None:
    assert read(pin=pin).pinned is pinned


def test_as_many_pages_as_half_a_node_holds_are_accepted(read: Read) -> None:
    assert read(pages=str(MOST_PAGES)).pages == MOST_PAGES


@pytest.mark.parametrize("node", [0, 1])
@pytest.mark.parametrize(("workload_cpu", "writer_cpu"), [("0", "4"), ("4", "0")])
def test_the_pages_are_bound_by_the_smaller_of_both_nodes(
    read: Read, workload_cpu: str, writer_cpu: str, node: int
) -> None:
    cpus = {"workload_cpu": workload_cpu, "writer_cpu": writer_cpu}
    small = {f"numa_mem_mib_node{node}": "512"}
    assert read(**cpus, **small, pages="16384").pages == 16384
    with pytest.raises(BadConfiguration, match=r"from 1 to 16384 \(pages\)"):
        read(**cpus, **small, pages="16385")


def test_the_pages_are_not_bound_by_a_third_node(read: Read) -> None:
    third = {"numa_mem_mib_node2": "0", "numa_cpus_node2": "8"}
    found = read(numa_nodes="node0 node1 node2", pages=str(MOST_PAGES), **third)
    assert found.pages == MOST_PAGES


@pytest.mark.parametrize("node", [0, 1])
@pytest.mark.parametrize("mem_mib", ["0", "384"])
def test_a_home_or_away_node_without_room_is_refused(read: Read, node: int, mem_mib: str) -> None:
    with pytest.raises(BadConfiguration) as caught:
        read(pages="1", **{f"numa_mem_mib_node{node}": mem_mib})
    assert str(caught.value).startswith(
        f"numa_mem_mib_*: got {mem_mib}, expected more than 384 MiB on node {node}, to hold the "
        "regions "
    )


def test_the_writer_may_be_on_any_node_but_the_workloads(read: Read) -> None:
    assert read(workload_cpu="7", writer_cpu="3").writer_cpu == 3


def test_on_the_only_node_the_writer_may_be_on_the_workloads(read: Read) -> None:
    # The preflight says that such a layout is not applicable.
    assert read(numa_nodes="node0", writer_cpu="3").writer_cpu == 3


# what is refused: the parameter, its value, what is allowed


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        *(
            ("pages", value, f"a whole number from 1 to {MOST_PAGES} (pages)")
            for value in ("0", "-1", "x", "", "1.5", str(MOST_PAGES + 1))
        ),
        *(
            (name, value, "a whole number from 0 to 7 (a CPU in the layout)")
            for name in ("workload_cpu", "writer_cpu")
            for value in ("8", "-1", "0-3")
        ),
        ("pin", "page_pin", "one of none, driver, uacce"),
        ("pin", "", "one of none, driver, uacce"),
        ("accelerator", "hvf", "one of auto, kvm, tcg"),
        ("numa_mem_mib_node1", "2G", "a whole number from 0 to 1048576 (MiB)"),
        ("numa_mem_mib_node1", "-1", "a whole number from 0 to 1048576 (MiB)"),
        ("numa_cpus_node1", "4-", "a list of CPUs such as 0-3,8"),
        ("numa_cpus_node1", "4 5", "a list of CPUs such as 0-3,8"),
        ("numa_cpus_node1", "7-4", "a list of CPUs such as 0-3,8"),
        ("numa_cpus_node1", "4-4096", "a list of CPUs such as 0-3,8"),
        ("scratch_pages", "-1", "a whole number from 0 to 65536 (pages)"),
        ("boot_deadline_s", "0", "a number of seconds from 1 to 3600"),
        ("command_deadline_s", "soon", "a number of seconds from 1 to 3600"),
        ("writer_delay_s", "-1", "a number of seconds from 0 to 3600"),
        ("sample_interval_s", "0", "a number of seconds from 0.1 to 3600"),
        ("samples", "-1", "a whole number from 0 to 100000"),
        ("move_deadline_s", "0", "a number of seconds from 1 to 86400"),
        ("move_deadline_s", "nan", "a number of seconds from 1 to 86400"),
        ("hold_s", "-1", "a number of seconds from 0 to 86400"),
        ("hold_s", "inf", "a number of seconds from 0 to 86400"),
        ("moved_min_percent", "0", "a number of percent from 1 to 100"),
        ("moved_min_percent", "101", "a number of percent from 1 to 100"),
    ],
)
def test_a_value_is_refused(read: Read, name: str, value: str, allowed: str) -> None:
    with pytest.raises(BadConfiguration) as caught:
        read(**{name: value})
    text = str(caught.value)
    assert text.startswith(f"{name}: got {value!r}, expected {allowed}")
    assert text.endswith(f"(see configs/, variant {CELL})")


@pytest.mark.parametrize(
    ("workload_cpu", "writer_cpu", "node"), [("0", "0", 0), ("0", "3", 0), ("7", "4", 1)]
)
def test_a_writer_on_the_workloads_node_is_refused(
    read: Read, workload_cpu: str, writer_cpu: str, node: int
) -> None:
    with pytest.raises(BadConfiguration) as caught:
        read(workload_cpu=workload_cpu, writer_cpu=writer_cpu)
    assert str(caught.value).startswith(
        f"writer_cpu: got '{writer_cpu}', expected a CPU of another node than workload_cpu "
        f"{workload_cpu}, which is on node {node} "
    )


@pytest.mark.parametrize(
    ("node1", "got"),
    [
        ("3-7", "0,1,2,3,3,4,5,6,7"),  # overlaps node0
        ("5-7", "0,1,2,3,5,6,7"),  # leaves out CPU 4
    ],
)
def test_cpus_not_on_exactly_one_node_are_refused(read: Read, node1: str, got: str) -> None:
    with pytest.raises(BadConfiguration) as caught:
        read(numa_cpus_node1=node1)
    assert str(caught.value).startswith(
        f"numa_cpus_*: got {got}, expected each CPU from 0 on to be on exactly one node"
    )


def test_nodes_without_any_cpu_are_refused(read: Read) -> None:
    with pytest.raises(BadConfiguration, match=r"numa_cpus_\*: got no CPU"):
        read(numa_cpus_node0="", numa_cpus_node1="")


def test_no_nodes_are_refused(read: Read) -> None:
    with pytest.raises(BadConfiguration, match="numa_nodes: got none, expected at least one"):
        read(numa_nodes=" ")


@pytest.mark.parametrize("name", ["numa_mem_mib_node2", "numa_cpus_node2"])
def test_a_node_without_its_parameters_is_refused(read: Read, name: str) -> None:
    changes = {"numa_mem_mib_node2": "512", "numa_cpus_node2": "8"}
    del changes[name]
    with pytest.raises(BadConfiguration, match=f"{name}: got no value"):
        read(numa_nodes="node0 node1 node2", **changes)


@pytest.mark.parametrize(
    "name", ["numa_nodes", "pin", "pages", "workload_cpu", "accelerator", "hold_s", "shortname"]
)
def test_a_missing_parameter_is_refused(params: dict[str, str], name: str) -> None:
    rest = {key: value for key, value in params.items() if key != name}
    with pytest.raises(BadConfiguration, match=f"^{name}: got no value, expected the parameter"):
        variant.from_params(rest)


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
    assert variant.cpu_set(text) == cpus


@pytest.mark.parametrize("text", ["a", "1,", ",1", "1--2", "-1", "1-2-3", "0-3 "])
def test_no_list_of_cpus(text: str) -> None:
    with pytest.raises(ValueError, match=rf"^{text}$"):
        variant.cpu_set(text)


@pytest.mark.parametrize("part", ["7-4", "1-0", "4096", "0-4096", "0-5000"])
def test_a_list_names_the_part_that_no_guest_has(part: str) -> None:
    with pytest.raises(ValueError, match=rf"^{part}$"):
        variant.cpu_set(f"0-3,{part},8")
