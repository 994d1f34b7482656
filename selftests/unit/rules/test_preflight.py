import re
from collections.abc import Callable

import pytest

from avocado_pin.base.errors import BadConfiguration, EvidenceUnreadable, NotApplicable
from avocado_pin.evidence import kernel_log_faults
from avocado_pin.guest import preflight_command
from avocado_pin.rules import preflight
from avocado_pin.rules.preflight import FoundNode
from avocado_pin.variant.variant import Variant

from ..conftest import DATA
from ..runs import RELEASE

Captured = Callable[[str], str]
VariantOf = Callable[..., Variant]
CELL = "pin_smoke.balancing.driver.anon.pages_100.two_nodes.normal.fast.one_writer"


# The layouts that were captured, by axis value.
LAYOUTS = {
    "two_nodes": "default_layout",
    "one_node": "one_node",
    "four_nodes": "four_nodes",
    "eight_nodes": "eight_nodes",
    "cpuless": "cpuless",
    "memoryless": "memoryless",
    "tiered": "tiered",
}
FORCED = "pin_nightly.move_pages.driver.anon.pages_100.{layout}.normal.off.no_writer"
TIERED = "pin_nightly.demotion.driver.anon.pages_1024.tiered.normal.off.no_writer"
MOVABLE = "pin_nightly.balancing.driver.anon.pages_100.two_nodes.movable.fast.one_writer"


def _variant(variant_of: VariantOf, layout: str) -> Variant:
    """Return a variant that asks for a layout, with a forced migrator."""
    return variant_of(TIERED if layout == "tiered" else FORCED.format(layout=layout))


@pytest.fixture
def default(variant_of: VariantOf) -> Variant:
    return variant_of(CELL)


def _difference(text: str, variant: Variant) -> str:
    with pytest.raises(BadConfiguration) as caught:
        preflight.check(text, variant, RELEASE)
    assert caught.value.look_at == "preflight.txt"
    return str(caught.value)


def test_the_guest_of_the_default_layout_is_as_asked_for(
    captured: Captured, default: Variant
) -> None:
    preflight.check(captured("preflight/default_layout.txt"), default, RELEASE)


@pytest.mark.parametrize(("layout", "name"), LAYOUTS.items())
def test_a_guest_is_as_asked_for(
    captured: Captured, variant_of: VariantOf, layout: str, name: str
) -> None:
    preflight.check(captured(f"preflight/{name}.txt"), _variant(variant_of, layout), RELEASE)


def test_a_guest_with_movable_memory_is_as_asked_for(
    captured: Captured, variant_of: VariantOf
) -> None:
    preflight.check(captured("preflight/movable.txt"), variant_of(MOVABLE), RELEASE)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("name", LAYOUTS.values())
def test_a_guest_of_another_layout_is_not_as_asked_for(
    captured: Captured, variant_of: VariantOf, layout: str, name: str
) -> None:
    wrong = preflight.problems(
        preflight.parse(captured(f"preflight/{name}.txt")),
        _variant(variant_of, layout),
    )
    assert bool(wrong) == (LAYOUTS[layout] != name)


def test_reads_what_the_guest_has(captured: Captured) -> None:
    found = preflight.parse(captured("preflight/four_nodes.txt"))
    assert found.nodes[3] == FoundNode(frozenset({6, 7}), 973, 0, (32, 20, 12, 10))
    assert sorted(found.nodes) == [0, 1, 2, 3]
    assert (found.balancing, found.release) == ("1", "6.1.0-56-cloud-amd64")
    assert not found.fake


def test_reads_the_movable_pages_of_each_node(captured: Captured) -> None:
    found = preflight.parse(captured("preflight/movable.txt"))
    assert {number: node.movable for number, node in found.nodes.items()} == {0: 244533, 1: 253211}


@pytest.mark.parametrize(("name", "node"), [("cpuless", 1), ("memoryless", 1)])
def test_reads_a_node_without_cpus_or_memory(captured: Captured, name: str, node: int) -> None:
    found = preflight.parse(captured(f"preflight/{name}.txt")).nodes[node]
    assert (not found.cpus, not found.mem_mib) == (name == "cpuless", name == "memoryless")


def test_other_distances_are_told(captured: Captured, variant_of: VariantOf) -> None:
    # The captured output, but for one distance.
    text = captured("preflight/four_nodes.txt").replace("distances 10 12 20", "distances 10 12 21")
    variant = variant_of(FORCED.format(layout="four_nodes"))
    assert (
        "got distances of node 0: got [10, 12, 21, 32], asked for [10, 12, 20, 32], expected"
        in _difference(text, variant)
    )


def test_movable_memory_that_was_not_asked_for_is_told(
    captured: Captured, default: Variant
) -> None:
    text = _difference(captured("preflight/movable.txt"), default)
    assert "got ZONE_MOVABLE of node 0: got 244533 pages, asked for 0, expected" in text


def test_missing_movable_memory_is_told(captured: Captured, variant_of: VariantOf) -> None:
    text = _difference(captured("preflight/default_layout.txt"), variant_of(MOVABLE))
    assert "got ZONE_MOVABLE of node 0: got none, asked for one, expected" in text


@pytest.mark.parametrize("name", ["balancing_disabled", "rt_kernel"])
def test_a_forced_migrator_needs_no_balancing(
    captured: Captured, variant_of: VariantOf, name: str
) -> None:
    text = captured(f"preflight/{name}.txt")
    variant = variant_of(FORCED.format(layout="two_nodes"))
    preflight.check(text, variant, preflight.parse(text).release)


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
    preflight.check(text.replace("balancing 1\n", f"balancing {value}\n"), default, RELEASE)


def test_a_kernel_that_fakes_a_node_is_told(captured: Captured, default: Variant) -> None:
    text = _difference(captured("preflight/numa_off.txt"), default)
    assert 'got "Faking a node", asked for the nodes of the layout' in text
    assert "nodes: got [0], asked for [0, 1]" in text


def test_too_many_nodes_are_told(captured: Captured, default: Variant) -> None:
    text = _difference(captured("preflight/four_nodes.txt"), default)
    assert "nodes: got [0, 1, 2, 3], asked for [0, 1]" in text


def test_cpus_on_another_node_are_told(captured: Captured, variant_of: VariantOf) -> None:
    variant = variant_of(CELL, "numa_cpulist_node0=0-2", "numa_cpulist_node1=3-7")
    text = _difference(captured("preflight/default_layout.txt"), variant)
    assert "CPUs of node 0: got [0, 1, 2, 3], asked for [0, 1, 2]" in text
    assert "CPUs of node 1: got [4, 5, 6, 7], asked for [3, 4, 5, 6, 7]" in text


def test_too_little_memory_of_a_node_is_told(captured: Captured, variant_of: VariantOf) -> None:
    variant = variant_of(CELL, "numa_mem_mib_node1=4096")
    text = _difference(captured("preflight/default_layout.txt"), variant)
    assert "got memory of node 1: got 2013 MiB, asked for 3072 to 4096 MiB, expected" in text


def test_too_much_memory_of_a_node_is_told(captured: Captured, variant_of: VariantOf) -> None:
    variant = variant_of(CELL, "numa_mem_mib_node1=1024")
    text = _difference(captured("preflight/default_layout.txt"), variant)
    assert "got memory of node 1: got 2013 MiB, asked for 768 to 1024 MiB, expected" in text


def test_a_kernel_without_balancing_is_not_applicable(captured: Captured, default: Variant) -> None:
    with pytest.raises(NotApplicable, match=r"^kernel 6\.1\.0-56-rt-amd64 has no NUMA balancing"):
        preflight.check(captured("preflight/rt_kernel.txt"), default, "6.1.0-56-rt-amd64")


@pytest.mark.parametrize("name", ["rt_kernel", "default_layout"])
def test_another_kernel_than_the_one_asked_for_is_told_with_both(
    captured: Captured, default: Variant, name: str
) -> None:
    text = captured(f"preflight/{name}.txt")
    own = preflight.parse(text).release
    with pytest.raises(BadConfiguration) as caught:
        preflight.check(text, default, "5.10.0-46-cloud-amd64")
    assert str(caught.value).startswith(
        f"kernel of the guest: got {own}, expected 5.10.0-46-cloud-amd64 (see "
    )


def test_a_guest_that_says_two_releases_is_refused(captured: Captured, default: Variant) -> None:
    text = captured("preflight/default_layout.txt")
    with pytest.raises(EvidenceUnreadable, match="one 'release R'"):
        preflight.check(f"{text}release 5.10.0-46-cloud-amd64\n", default, RELEASE)


@pytest.mark.parametrize("part", ["node", "balancing", "release"])
def test_output_without_a_part_is_refused(captured: Captured, default: Variant, part: str) -> None:
    lines = captured("preflight/default_layout.txt").splitlines()
    text = "\n".join(line for line in lines if not line.startswith(part))
    with pytest.raises(
        EvidenceUnreadable, match="expected lines 'node N cpus LIST kib N movable N"
    ):
        preflight.check(text, default, RELEASE)


def test_another_programs_output_is_refused(captured: Captured, default: Variant) -> None:
    with pytest.raises(EvidenceUnreadable, match="Per-node process memory usage"):
        preflight.check(captured("numastat/nodes_2_wide.txt"), default, RELEASE)


def test_what_counts_as_trouble_is_among_what_is_printed() -> None:
    """Or it would not be in preflight.txt, which has the lines that grep finds."""
    logs = sorted((DATA / "dmesg" / "splats").glob("*.txt"))
    lines = [line for log in logs for line in kernel_log_faults.trouble(log.read_text())]
    assert lines
    assert [line for line in lines if not re.search(preflight_command._SUSPICIOUS, line)] == []
