"""A parameter that nobody reads is refused, on the command line and in configs/."""

from pathlib import Path

import pytest

from avocado_pin.base.errors import BadConfiguration
from avocado_pin.debian import releases
from avocado_pin.variant import (
    avocado_vt_params,
    read_and_check_params,
    refuse_unknown_names,
    resolve_reference,
)
from avocado_pin.variant.numa_nodes import PER_NODE

from ..conftest import with_line

CELL = "pin_smoke.balancing.driver.anon.pages_100.two_nodes.normal.fast.one_writer"
# variant_defaults.cfg says it of these: read_and_check_params.py has no use for them.
OF_AVOCADO_VT = {"vm_type", "vms", "main_vm"}


def _refused(*assignments: str, reference: str = CELL) -> BadConfiguration:
    with pytest.raises(BadConfiguration) as caught:
        resolve_reference.cells(reference, assignments=assignments)
    return caught.value


@pytest.mark.parametrize("reference", resolve_reference.set_names())
def test_the_parameters_are_those_that_any_cell_reads(reference: str) -> None:
    """No more, or configs/variant_defaults.cfg lists one that changes nothing."""
    for cell in resolve_reference.cells(reference):
        _assert_all_are_read(read_and_check_params.names_read(cell))


def _assert_all_are_read(read: set[str]) -> None:
    of_nodes = {name for name in read if name.startswith(PER_NODE)}
    assert of_nodes
    assert read - of_nodes - {"shortname"} == refuse_unknown_names.parameters() - OF_AVOCADO_VT


@pytest.mark.parametrize("name", resolve_reference.set_names())
def test_every_cell_of_ours_has_known_parameters_only(name: str) -> None:
    for cell in resolve_reference.cells(name):
        refuse_unknown_names.refuse_in_cell({**cell, refuse_unknown_names.DATA_DIR: "/data"})


def test_an_unknown_parameter_is_refused_with_those_that_come_near() -> None:
    error = _refused("page=100")
    assert (error.thing, error.got) == ("page", "'100'")
    assert error.expected.startswith("a known parameter; near: pages, page_kind")
    assert (
        Path(error.look_at)
        == resolve_reference.source("configs") / refuse_unknown_names.DEFAULTS_FILE
    )


@pytest.mark.parametrize(
    "name", ["zzz", "name", "shortname", "pin_data_dir", "debian_suites", "dep"]
)
def test_what_is_no_parameter_of_a_test_is_refused(name: str) -> None:
    assert _refused(f"{name}=1").thing == name


def test_an_axis_that_is_no_parameter_is_chosen_by_name() -> None:
    error = _refused("layout=four_nodes")
    assert error.expected == "a part of the tests' names, such as pin_nightly..(layout=four_nodes)"


@pytest.mark.parametrize("assignment", ["balancing=off", "pin=mlock", "page_kind=thp"])
def test_a_parameter_that_the_name_contradicts_is_refused(assignment: str) -> None:
    name, _, value = assignment.partition("=")
    error = _refused(assignment)
    assert (error.thing, error.got) == (name, f"'{value}'")
    assert f"as in {CELL}, or a test of another name" in error.expected


def test_a_kernel_that_the_name_has_is_not_replaced() -> None:
    assert _refused("kernel=trixie", reference="pin_kernels.sid").expected.startswith("sid, as in ")
    for reference in (CELL, "pin_nightly..seed"):
        assert {
            c["kernel"] for c in resolve_reference.cells(reference, assignments=["kernel=trixie"])
        } == {"trixie"}


def test_a_node_that_the_layout_does_not_have() -> None:
    error = _refused("numa_mem_mib_node2=512")
    assert error.expected == (
        "one of numa_cpulist_node0, numa_cpulist_node1, numa_mem_mib_node0, numa_mem_mib_node1"
    )
    more = ["numa_nodes=node0 node1 far", "numa_mem_mib_far=512", "numa_cpulist_far="]
    (cell,) = resolve_reference.cells(CELL, assignments=more)
    assert cell["numa_mem_mib_far"] == "512"


# Avocado-VT's own


def test_a_parameter_of_avocado_vts_has_a_prefix() -> None:
    (cell,) = resolve_reference.cells(
        CELL, assignments=["vt_cpu_model_flags=+avx", "vt_size_mem_node0=1G"]
    )
    chosen = {"cpu_model_flags": "+avx", "size_mem_node0": "1G"}
    assert avocado_vt_params.chosen(cell) == chosen


def test_without_the_prefix_it_is_named() -> None:
    assert "vt_mem for Avocado-VT's own" in _refused("mem=4096").expected


def test_one_that_avocado_vt_does_not_have_is_refused() -> None:
    assert "near: vt_cpu_model_flags" in _refused("vt_cpu_modle_flags=+avx").expected


@pytest.mark.parametrize("name", ["pages", "kernel", "shortname", "pin_data_dir"])
def test_the_prefix_does_not_lead_to_a_parameter_of_ours(name: str) -> None:
    assert _refused(f"vt_{name}=1").thing == f"vt_{name}"


# in configs/


def test_a_default_that_nobody_reads(own_configs: Path) -> None:
    place = with_line(own_configs / refuse_unknown_names.DEFAULTS_FILE, "hold_s = 2", "hold = 30")
    error = _refused()
    assert (error.thing, error.got, error.look_at) == ("hold", "'30'", place)
    assert error.expected == "a known parameter; near: hold_s"


@pytest.mark.parametrize(
    ("file", "after", "near"),
    [
        ("axes/balancing.cfg", "    - fast:", "hold_s"),
        ("axes/writer.cfg", "    - one_writer:", "hold_s"),
        ("sets.cfg", "    - pin_smoke:", "hold_s"),
    ],
)
def test_a_parameter_in_configs_that_nobody_reads(
    own_configs: Path, file: str, after: str, near: str
) -> None:
    place = with_line(own_configs / file, after, "        hold = 30")
    error = _refused()
    assert (error.thing, error.got, error.look_at) == ("hold", "'30'", place)
    assert error.expected == f"a known parameter; near: {near}"


def test_a_memory_of_a_node_in_configs_that_the_layout_does_not_have(own_configs: Path) -> None:
    path = own_configs / "axes" / "layout.cfg"
    place = with_line(path, "    - two_nodes:", "        numa_mem_mib_node7 = 1024")
    assert _refused().look_at == place


def test_a_suite_in_configs_with_a_parameter_that_nobody_reads(own_configs: Path) -> None:
    path = own_configs / "debian_suites.cfg"
    place = with_line(path, "    - sid:", "        debian_suite = sid")
    with pytest.raises(BadConfiguration) as caught:
        releases.names()
    assert caught.value.look_at == place
    assert caught.value.expected.startswith("a known parameter; near: debian_suites")


def test_a_parameter_of_avocado_vts_in_configs(own_configs: Path) -> None:
    with_line(own_configs / "axes" / "writer.cfg", "    - one_writer:", "        vt_mem = 8192")
    (cell,) = resolve_reference.cells(CELL)
    assert avocado_vt_params.chosen(cell) == {"mem": "8192"}
