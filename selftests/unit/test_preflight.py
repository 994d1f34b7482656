from collections.abc import Callable

import pytest

from avocado_pin import preflight
from avocado_pin.errors import BadConfiguration, EvidenceUnreadable, NotApplicable
from avocado_pin.variant import Variant

Captured = Callable[[str], str]
CELL = "pin_smoke.balancing.driver.anon.pages_100.two_nodes.normal.fast.one_writer"


def _layout(nodes: int, mem_mib: int) -> list[str]:
    """Return the assignments for 8 CPUs on equal nodes."""
    names = [f"node{number}" for number in range(nodes)]
    values = [f"numa_nodes={' '.join(names)}"]
    for number, name in enumerate(names):
        first, last = number * 8 // nodes, (number + 1) * 8 // nodes - 1
        values += [f"numa_mem_mib_{name}={mem_mib}", f"numa_cpulist_{name}={first}-{last}"]
    return values


@pytest.fixture
def default(variant_of: Callable[..., Variant]) -> Variant:
    return variant_of(CELL)


def _difference(text: str, variant: Variant) -> str:
    with pytest.raises(BadConfiguration) as caught:
        preflight.check(text, variant)
    assert caught.value.look_at == "preflight.txt"
    return str(caught.value)


def test_the_guest_of_the_default_layout_is_as_asked_for(
    captured: Captured, default: Variant
) -> None:
    preflight.check(captured("preflight/default_layout.txt"), default)


@pytest.mark.parametrize(("nodes", "mem_mib"), [(2, 2048), (4, 1024), (8, 512)])
def test_a_guest_is_as_asked_for(
    captured: Captured, variant_of: Callable[..., Variant], nodes: int, mem_mib: int
) -> None:
    variant = variant_of(CELL, *_layout(nodes, mem_mib))
    preflight.check(captured(f"preflight/nodes_{nodes}.txt"), variant)


def test_reads_what_the_guest_has(captured: Captured) -> None:
    found = preflight.parse(captured("preflight/nodes_4.txt"))
    assert found.nodes[3] == (frozenset({6, 7}), 1029708)
    assert sorted(found.nodes) == [0, 1, 2, 3]
    assert (found.balancing, found.release) == ("1", "6.1.0-56-cloud-amd64")
    assert not found.fake


def test_balancing_that_is_off_is_told(captured: Captured, default: Variant) -> None:
    text = _difference(captured("preflight/balancing_disabled.txt"), default)
    assert "got /proc/sys/kernel/numa_balancing: got 0, asked for on," in text


def test_balancing_for_memory_tiering_only_is_told(captured: Captured, default: Variant) -> None:
    # The captured output, but for the sysctl's value: 2, as if the guest had been told so.
    tiering = captured("preflight/default_layout.txt").replace("balancing 1\n", "balancing 2\n")
    text = _difference(tiering, default)
    assert "got /proc/sys/kernel/numa_balancing: got 2, asked for on, expected" in text


@pytest.mark.parametrize("value", ["1", "3"])
def test_balancing_with_or_without_memory_tiering_is_on(
    captured: Captured, default: Variant, value: str
) -> None:
    # The captured output, but for the sysctl's value (1 is as captured).
    text = captured("preflight/default_layout.txt")
    assert "balancing 1\n" in text
    preflight.check(text.replace("balancing 1\n", f"balancing {value}\n"), default)


def test_a_kernel_that_fakes_a_node_is_told(captured: Captured, default: Variant) -> None:
    text = _difference(captured("preflight/numa_off.txt"), default)
    assert 'got "Faking a node", asked for the nodes of the layout' in text
    assert "nodes: got [0], asked for [0, 1]" in text
    assert "CPUs of node 0: got [0, 1, 2, 3, 4, 5, 6, 7], asked for [0, 1, 2, 3]" in text


def test_too_many_nodes_are_told(captured: Captured, default: Variant) -> None:
    text = _difference(captured("preflight/nodes_4.txt"), default)
    assert "nodes: got [0, 1, 2, 3], asked for [0, 1]" in text


def test_cpus_on_another_node_are_told(
    captured: Captured, variant_of: Callable[..., Variant]
) -> None:
    variant = variant_of(CELL, "numa_cpulist_node0=0-2", "numa_cpulist_node1=3-7")
    text = _difference(captured("preflight/default_layout.txt"), variant)
    assert "CPUs of node 0: got [0, 1, 2, 3], asked for [0, 1, 2]" in text
    assert "CPUs of node 1: got [4, 5, 6, 7], asked for [3, 4, 5, 6, 7]" in text


def test_too_little_memory_of_a_node_is_told(
    captured: Captured, variant_of: Callable[..., Variant]
) -> None:
    variant = variant_of(CELL, "numa_mem_mib_node1=4096")
    text = _difference(captured("preflight/default_layout.txt"), variant)
    assert "got memory of node 1: got 1981 MiB, asked for 3072 to 4096 MiB, expected" in text


def test_too_much_memory_of_a_node_is_told(
    captured: Captured, variant_of: Callable[..., Variant]
) -> None:
    variant = variant_of(CELL, "numa_mem_mib_node1=1024")
    text = _difference(captured("preflight/default_layout.txt"), variant)
    assert "got memory of node 1: got 1981 MiB, asked for 768 to 1024 MiB, expected" in text


def test_a_layout_of_one_node_is_not_applicable(
    captured: Captured, variant_of: Callable[..., Variant]
) -> None:
    variant = variant_of(
        CELL, "numa_nodes=node0", "numa_cpulist_node0=0-7", "numa_mem_mib_node0=4096"
    )
    with pytest.raises(NotApplicable, match="nowhere to migrate to"):
        preflight.check(captured("preflight/numa_off.txt"), variant)


def test_a_kernel_without_balancing_is_not_applicable(captured: Captured, default: Variant) -> None:
    with pytest.raises(NotApplicable, match=r"^kernel 6\.1\.0-56-rt-amd64 has no NUMA balancing"):
        preflight.check(captured("preflight/rt_kernel.txt"), default)


@pytest.mark.parametrize("part", ["node", "balancing", "release"])
def test_output_without_a_part_is_refused(captured: Captured, default: Variant, part: str) -> None:
    lines = captured("preflight/default_layout.txt").splitlines()
    text = "\n".join(line for line in lines if not line.startswith(part))
    with pytest.raises(EvidenceUnreadable, match="expected lines 'node N cpus LIST kib N'"):
        preflight.check(text, default)


def test_another_programs_output_is_refused(captured: Captured, default: Variant) -> None:
    with pytest.raises(EvidenceUnreadable, match="Per-node process memory usage"):
        preflight.check(captured("numastat/nodes_2_wide.txt"), default)
