from collections.abc import Callable

import pytest

from avocado_pin.base.errors import EvidenceUnreadable
from avocado_pin.evidence import numastat

Captured = Callable[[str], str]
MIB = 1 << 20


@pytest.mark.parametrize(
    ("nodes", "total"),
    [
        (2, {0: 34.31, 1: 31.03}),
        (4, {0: 14.51, 1: 17.80, 2: 16.51, 3: 16.52}),
        (8, {0: 6.25, 1: 8.25, 2: 9.55, 3: 8.26, 4: 8.26, 5: 8.26, 6: 8.25, 7: 8.25}),
    ],
)
def test_reads_each_nodes_total(captured: Captured, nodes: int, total: dict[int, float]) -> None:
    found = numastat.parse(captured(f"numastat/nodes_{nodes}_wide.txt"))
    assert found.rows["Total"] == total


@pytest.mark.parametrize("nodes", [2, 4, 8])
def test_a_wrapped_table_says_the_same_as_a_wide_one(captured: Captured, nodes: int) -> None:
    wrapped = numastat.parse(captured(f"numastat/nodes_{nodes}_80_columns.txt"))
    assert wrapped == numastat.parse(captured(f"numastat/nodes_{nodes}_wide.txt"))


@pytest.mark.parametrize("nodes", [4, 8])
def test_the_table_of_80_columns_is_really_wrapped(captured: Captured, nodes: int) -> None:
    assert captured(f"numastat/nodes_{nodes}_80_columns.txt").count("Private") > 1


@pytest.mark.parametrize("name", ["nodes_8_wide", "nodes_8_80_columns"])
def test_reads_every_row_and_the_pid(captured: Captured, name: str) -> None:
    found = numastat.parse(captured(f"numastat/{name}.txt"))
    assert found.pid == 213
    assert found.rows["Private"][2] == 9.55
    assert found.totals == {
        "Huge": 0.0,
        "Heap": 0.01,
        "Stack": 0.01,
        "Private": 65.32,
        "Total": 65.34,
    }


def test_node_bytes_are_the_nodes_total(captured: Captured) -> None:
    found = numastat.parse(captured("numastat/nodes_2_wide.txt"))
    assert found.node_bytes(1) == 31.03 * MIB


def test_a_node_that_is_not_there_has_no_bytes(captured: Captured) -> None:
    found = numastat.parse(captured("numastat/nodes_2_wide.txt"))
    assert found.node_bytes(2) == 0


@pytest.mark.parametrize("nodes", [2, 4, 8])
@pytest.mark.parametrize("width", ["wide", "80_columns"])
def test_the_nodes_are_those_with_a_column(captured: Captured, nodes: int, width: str) -> None:
    found = numastat.parse(captured(f"numastat/nodes_{nodes}_{width}.txt"))
    assert found.nodes == set(range(nodes))


def test_the_command_asks_for_a_width_that_does_not_wrap() -> None:
    assert numastat.WIDTH == "NUMASTAT_WIDTH=20000"
    assert numastat.COMMAND.format(pid=7) == "numastat -p 7"


@pytest.mark.parametrize("name", ["nodes_8_wide", "nodes_8_80_columns"])
def test_a_table_without_its_last_line_is_refused(captured: Captured, name: str) -> None:
    text = captured(f"numastat/{name}.txt").rstrip("\n")
    with pytest.raises(EvidenceUnreadable, match="output of numastat"):
        numastat.parse(text.rpartition("\n")[0])


def test_a_table_without_its_last_block_is_refused(captured: Captured) -> None:
    text = captured("numastat/nodes_8_80_columns.txt")
    last_block = text.index(" Node 6")
    with pytest.raises(EvidenceUnreadable, match=r"numastat\.log"):
        numastat.parse(text[:last_block])


def test_a_line_that_was_cut_is_quoted(captured: Captured) -> None:
    text = captured("numastat/nodes_2_wide.txt").replace("           65.32", "")
    with pytest.raises(EvidenceUnreadable, match=r"2 values under 3 columns: 'Private .*31\.02'"):
        numastat.parse(text)


def test_a_table_without_its_heading_is_refused(captured: Captured) -> None:
    text = captured("numastat/nodes_2_wide.txt")
    with pytest.raises(EvidenceUnreadable):
        numastat.parse(text[text.index("Huge") :])


def test_another_programs_output_is_refused(captured: Captured) -> None:
    with pytest.raises(EvidenceUnreadable, match="a column for each node"):
        numastat.parse(captured("preflight/default_layout.txt"))


def test_no_output_is_refused() -> None:
    with pytest.raises(EvidenceUnreadable):
        numastat.parse("")
