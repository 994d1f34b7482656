"""The sets of tests as configs/ has them: every cell is decided, and every value is there."""

import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from virttest import cartesian_config

from avocado_pin.base.errors import BadConfiguration
from avocado_pin.base.paths import source
from avocado_pin.variant import read_and_check_params, resolve_reference
from avocado_pin.variant.expectation_parser import (
    MOVE,
    MOVE_REFUSED,
    NOT_APPLICABLE,
    PIN_REFUSED,
    STAY,
)

DEBIAN_12 = "6.1.0-56-cloud-amd64"
# The sets of cells of the axes' product.
PRODUCTS = [name for name in resolve_reference.set_names() if name != "pin_driver"]
# Those of them that have the axis of kernels, and the sets of which they are.
OVER_KERNELS = {
    "pin_kernels": "pin_smoke",
    "pin_tests_kernels": "pin_tests",
    "pin_nightly_kernels": "pin_nightly",
}
WORDS = (MOVE, STAY, PIN_REFUSED, MOVE_REFUSED, NOT_APPLICABLE)
# The kernels of that axis when the docs were written, and what is between and after them.
RELEASES = [
    *("5.10.0-46-cloud-amd64", "5.14.0", "5.15.0", "6.1.0-56-cloud-amd64", "6.5.0", "6.11.0"),
    *("6.12.118+deb13-cloud-amd64", "7.2.13+deb14-cloud-amd64", "7.3-cloud-amd64", "9.0.0"),
]
# Reading a cell took 5 ms: the parser's time to get to it, and the record.
MOST_S_A_CELL = 0.5

Product = Callable[[str], list[dict[str, str]]]
ONE_NODE = "the layout has one node: there is nowhere to migrate to"
# What is not so on the kernels on both sides of DEBIAN_12, up to the first comma.
NOT_6_1 = (
    "before 6.2 a pin for reading takes the shared zero page",
    "long-term pins leave ZONE_MOVABLE from 5.13 on (commit d1e153fea2a8)",
)


def _axes() -> dict[str, list[str]]:
    """Return the values of each axis, in the order of configs/."""
    axes = {}
    for path in sorted(source("configs").glob("axes/*.cfg")):
        if path.stem == "kernel":
            continue  # Of OVER_KERNELS only; selftests/unit/debian/test_releases.py
        text = path.read_text()
        (name,) = re.findall(r"^variants (\w+):", text, re.MULTILINE)
        axes[name] = re.findall(r"^    - (\w+):", text, re.MULTILINE)
    return axes


def _groups() -> list[tuple[str, str]]:
    """Return each set with each of its groups."""
    configs = source("configs")
    text = (configs / resolve_reference.SETS_FILE).read_text()
    of_set = r"^    - (\w+):\n(?:        .*\n)*?        include (cells_of_sets/\w+\.cfg)"
    return [
        (name, group)
        for name, file in re.findall(of_set, text, re.MULTILINE)
        for group in re.findall(r"^    - @(\w+):", (configs / file).read_text(), re.MULTILINE)
    ]


AXES = _axes()
# The forced migrators that move pages of every kind.
FORCED = ["move_pages", "migrate_pages", "mbind", "cpuset"]
GROUPS = _groups()
VALUES = [(axis, value) for axis, values in AXES.items() for value in values]


@pytest.fixture(scope="module")
def cells() -> dict[str, list[dict[str, str]]]:
    """Return the cells of each set."""
    return {name: resolve_reference.cells(name) for name in resolve_reference.set_names()}


@pytest.fixture
def product(tmp_path: Path) -> Product:
    """Return cells of the whole product of the axes, of which the sets are a part."""

    def of(names: str) -> list[dict[str, str]]:
        configs = source("configs")
        text = (
            f"include {configs / 'variant_defaults.cfg'}\n"
            "variants set:\n"
            "    - any:\n"
            f"        include {configs / 'axes.cfg'}\n"
            f"        only {names}\n"
        )
        path = tmp_path / "any.cfg"
        path.write_text(text)
        parser = cartesian_config.Parser()
        parser.parse_file(str(path))
        return list(parser.get_dicts())

    return of


def _names(found: list[dict[str, str]]) -> list[str]:
    return [cell["shortname"] for cell in found]


# every set


@pytest.mark.parametrize("name", resolve_reference.set_names())
def test_every_cell_of_a_set_is_accepted(cells: dict[str, list[dict[str, str]]], name: str) -> None:
    assert cells[name]
    for cell in cells[name]:
        assert read_and_check_params.from_params(cell).name.startswith(f"{name}.")


@pytest.mark.parametrize("name", resolve_reference.set_names())
def test_the_names_of_a_set_are_unique(cells: dict[str, list[dict[str, str]]], name: str) -> None:
    names = _names(cells[name])
    assert len(names) == len(set(names))


@pytest.mark.parametrize("name", PRODUCTS)
def test_a_name_is_the_set_and_the_values_in_their_order(
    cells: dict[str, list[dict[str, str]]], name: str
) -> None:
    order = [
        *("migrator", "pin", "page_kind", "count"),
        *("layout", "zone", "balancing", "writer"),
    ]
    assert sorted(order) == sorted(AXES)
    for cell in cells[name]:
        set_name = f"{name}.{cell['kernel']}" if name in OVER_KERNELS else name
        assert cell["shortname"] == ".".join([set_name, *(cell[axis] for axis in order)])


@pytest.mark.parametrize("name", sorted(set(PRODUCTS) - set(OVER_KERNELS)))
def test_each_cell_is_decided_on_each_kernel(
    cells: dict[str, list[dict[str, str]]], name: str
) -> None:
    """That of a cell that is undecided can't be read; one that can say nothing says why."""
    for cell in cells[name]:
        found = read_and_check_params.from_params(cell)
        for release in RELEASES:
            expected = found.expected(release)
            assert expected.subject.what in WORDS
            assert expected.control.what in WORDS
            assert found.expect_why or not expected.not_applicable


@pytest.mark.parametrize("name", ["pin_tests", "pin_nightly"])
def test_most_cells_of_a_set_can_say_something(
    cells: dict[str, list[dict[str, str]]], name: str
) -> None:
    found = [read_and_check_params.from_params(cell) for cell in cells[name]]
    nothing = [one.expect_why for one in found if one.expected(DEBIAN_12).not_applicable]
    assert {why.split(",")[0] for why in nothing} <= {ONE_NODE, *NOT_6_1}
    assert len(nothing) <= 8


def test_the_driver_is_tested_by_one_cell(cells: dict[str, list[dict[str, str]]]) -> None:
    assert _names(cells["pin_driver"]) == ["pin_driver.abi"]


# every value of every axis


@pytest.mark.parametrize(("axis", "value"), VALUES)
@pytest.mark.parametrize("name", ["pin_tests", "pin_nightly"])
def test_a_set_has_every_value_of_every_axis(
    cells: dict[str, list[dict[str, str]]], name: str, axis: str, value: str
) -> None:
    assert value in {cell[axis] for cell in cells[name]}


@pytest.mark.parametrize(("name", "group"), GROUPS)
def test_every_group_of_a_set_picks_cells(
    cells: dict[str, list[dict[str, str]]], name: str, group: str
) -> None:
    assert any(f".{group}." in cell["name"] for cell in cells[name])


@pytest.mark.parametrize(("name", "group"), GROUPS)
def test_a_group_that_is_named_like_a_value_has_cells_with_that_value_only(
    cells: dict[str, list[dict[str, str]]], name: str, group: str
) -> None:
    # Else the group's cells would pass a filter by that value.
    for axis in (axis for axis, value in VALUES if value == group):
        own = [cell for cell in cells[name] if f".{group}." in cell["name"]]
        assert {cell[axis] for cell in own} == {group}


@pytest.mark.parametrize(("axis", "value"), VALUES)
def test_a_value_filters_a_set(
    cells: dict[str, list[dict[str, str]]], axis: str, value: str
) -> None:
    found = resolve_reference.cells(f"pin_tests..{value}")
    assert _names(found) == _names([c for c in cells["pin_tests"] if c[axis] == value])


@pytest.mark.parametrize(("axis", "values"), AXES.items())
def test_a_value_filters_a_set_also_with_the_axiss_name(
    cells: dict[str, list[dict[str, str]]], axis: str, values: list[str]
) -> None:
    for value in values[:2]:
        found = resolve_reference.cells(f"pin_tests..({axis}={value})")
        assert _names(found) == _names([c for c in cells["pin_tests"] if c[axis] == value])


def test_values_of_several_axes_filter_together(cells: dict[str, list[dict[str, str]]]) -> None:
    found = resolve_reference.cells("pin_nightly..movable..(pin=driver)..anon", no=["balancing"])
    assert _names(found) == [
        "pin_nightly.move_pages.driver.anon.pages_1024.two_nodes.movable.off.no_writer"
    ]


def test_the_group_of_a_set_filters_too() -> None:
    found = resolve_reference.cells("pin_nightly..zones")
    assert {cell["zone"] for cell in found} == {"movable"}
    assert all("zones" not in name for name in _names(found))


# combinations


def test_what_balancing_leaves_alone_is_not_applicable(product: Product) -> None:
    for kind in ("shmem", "file", "hugetlb", "hugetlb_memfd"):
        only = f"balancing.unpinned.{kind}.pages_1024.two_nodes.normal.fast.one_writer"
        (cell,) = product(only)
        found = read_and_check_params.from_params(cell)
        assert found.expect_control.at(DEBIAN_12).what == NOT_APPLICABLE
        assert found.expect_why.startswith("NUMA balancing leaves ")


NO_BALANCING = "without NUMA balancing nothing moves by itself"
NO_MEMORY = "a node without memory can take no pages (migrate_balanced_pgdat() in mm/migrate.c)"


@pytest.mark.parametrize(
    ("names", "why"),
    [
        # a third region, or the subject in the end, must move
        *(
            (f"balancing.{pin}.anon.pages_100.{where}", why)
            for pin in ("unpinned_after", "fork", "fork_reads", "double_range")
            for where, why in [
                ("two_nodes.normal.off.one_writer", NO_BALANCING),
                ("memoryless.normal.fast.far_writer", NO_MEMORY),
                ("one_node.normal.fast.one_writer", ONE_NODE),
            ]
        ),
        *(
            (f"{migrator}.{pin}.anon.pages_100.one_node.normal.off.no_writer", ONE_NODE)
            for migrator in ("move_pages", "mbind")
            for pin in ("unpinned_after", "double_range")
        ),
        # the workload can't
        *(
            (
                f"{migrator}.fork.anon.pages_1024.two_nodes.normal.off.no_writer",
                "of the migrators, move_pages(2) alone is asked for a child (docs/workload.md)",
            )
            for migrator in AXES["migrator"]
            if migrator not in ("balancing", "move_pages", "demotion")
        ),
        *(
            (
                f"{migrator}.unpinned_after.anon.pages_1024.two_nodes.normal.off.no_writer",
                "there is room for one round only (docs/workload.md)",
            )
            for migrator in ("compaction", "offline")
        ),
        # shared pages of the kernel's own
        *(
            (
                f"move_pages.driver.{kind}.pages_100.two_nodes.movable.off.no_writer",
                "shared pages are not in ZONE_MOVABLE before they are pinned",
            )
            for kind in ("zero", "ksm")
        ),
    ],
)
def test_a_combination_that_can_say_nothing_is_not_applicable(
    product: Product, names: str, why: str
) -> None:
    (cell,) = product(names)
    found = read_and_check_params.from_params(cell)
    assert found.expected(DEBIAN_12).not_applicable
    assert found.expect_why == why


@pytest.mark.parametrize("kind", ["hugetlb", "hugetlb_memfd"])
@pytest.mark.parametrize(
    ("release", "can_say"),
    [
        *(("5.10.0-46-cloud-amd64", True), ("5.12.0", True), ("5.13.0", False)),
        *((DEBIAN_12, False), ("6.11.0", False), ("6.12.118+deb13-cloud-amd64", True)),
    ],
)
def test_huge_pages_of_a_pool_in_zone_movable_can_be_pinned_by_kernel(
    product: Product, kind: str, release: str, can_say: bool
) -> None:
    for pin in AXES["pin"]:
        (cell,) = product(f"move_pages.{pin}.{kind}.pages_1024.two_nodes.movable.off.no_writer")
        found = read_and_check_params.from_params(cell)
        assert found.expected(release).not_applicable is (found.pinned and not can_say)


@pytest.mark.parametrize(
    ("names", "hold_s"),
    [
        ("balancing.driver.anon.pages_100.two_nodes.normal.off.one_writer", 10),
        ("balancing.unpinned.anon.pages_100.two_nodes.normal.off.one_writer", 10),
        ("balancing.mlock.anon.pages_100.memoryless.normal.fast.far_writer", 10),
        ("balancing.driver.anon.pages_100.two_nodes.normal.stock.one_writer", 2),
        ("balancing.driver.anon.pages_100.two_nodes.normal.fast.one_writer", 0.5),
        ("balancing.driver.anon.pages_100.two_nodes.normal.fast.two_writers", 2),
        ("balancing.driver.anon.pages_65536.two_nodes.normal.fast.one_writer", 1),
        ("move_pages.driver.anon.pages_100.two_nodes.normal.off.no_writer", 0),
        ("move_pages.driver.anon.pages_100.memoryless.normal.off.no_writer", 0),
    ],
)
def test_pages_are_watched_for_as_long_as_there_is_pressure_or_might_be(
    product: Product, names: str, hold_s: float
) -> None:
    (cell,) = product(names)
    assert read_and_check_params.from_params(cell).hold_s == hold_s


def test_a_block_that_was_not_tried_says_nothing(product: Product) -> None:
    (cell,) = product("offline.driver.anon.pages_100.two_nodes.normal.off.no_writer")
    found = read_and_check_params.from_params(cell)
    assert (found.answer_stayed, found.answer_inconclusive) == (("EINTR",), ("EBUSY",))


def test_pages_that_ksm_merged_are_touched_first_and_stay_once_pinned(product: Product) -> None:
    (cell,) = product("move_pages.driver.ksm.pages_100.two_nodes.normal.off.no_writer")
    found = read_and_check_params.from_params(cell)
    expected = found.expected(DEBIAN_12)
    assert (found.touch_first, found.page_unit) == (True, 1)
    assert (expected.subject.what, expected.control.what) == ("stay", "move")
    assert {name for name, _ in found.settings if name.startswith("ksm_")} == {
        *("ksm_run", "ksm_pages_to_scan", "ksm_sleep_millisecs")
    }


@pytest.mark.parametrize(
    ("migrator", "kind", "before", "since"),
    [
        ("balancing", "zero", "move", (6, 2)),
        ("balancing", "ksm", "move", (5, 19)),
        *((migrator, "zero", "not_applicable", (6, 2)) for migrator in FORCED),
        *((migrator, "ksm", "not_applicable", (5, 19)) for migrator in FORCED),
    ],
)
def test_a_pin_for_reading_takes_shared_pages_before_a_kernel_version(
    product: Product, migrator: str, kind: str, before: str, since: tuple[int, int]
) -> None:
    pressure = "fast.one_writer" if migrator == "balancing" else "off.no_writer"
    (cell,) = product(f"{migrator}.driver_read.{kind}.pages_100.two_nodes.normal.{pressure}")
    found = read_and_check_params.from_params(cell)
    major, minor = since
    assert found.expected(f"{major}.{minor - 1}.0").subject.what == before
    assert found.expected(f"{major}.{minor}.0").subject.what == "stay"


@pytest.mark.parametrize("kind", sorted(set(AXES["page_kind"]) - {"zero", "ksm"}))
def test_a_pin_for_reading_holds_pages_that_are_there_on_each_kernel(
    product: Product, kind: str
) -> None:
    """Of files too, of which pins for writing are refused."""
    for migrator in FORCED:
        names = f"{migrator}.driver_read.{kind}.pages_1024.two_nodes.normal.off.no_writer"
        (cell,) = product(names)
        found = read_and_check_params.from_params(cell)
        assert found.touch_first
        assert {found.expected(release).subject.what for release in RELEASES} == {"stay"}


@pytest.mark.parametrize(
    "names",
    [
        "compaction.unpinned.hugetlb.pages_1024.two_nodes.normal.off.no_writer",
        "compaction.unpinned.zero.pages_1024.two_nodes.normal.off.no_writer",
        "demotion.driver.anon.pages_1024.two_nodes.normal.off.no_writer",
        # its writer is where the regions are
        "balancing.driver.anon.pages_100.tiered.normal.fast.one_writer",
    ],
)
def test_an_undecided_combination_is_an_error(product: Product, names: str) -> None:
    (cell,) = product(names)
    with pytest.raises(BadConfiguration) as caught:
        read_and_check_params.from_params(cell)
    text = str(caught.value)
    name = "expect" if ".unpinned." in names else "expect_control"
    assert text.startswith(
        f"{name}: got 'undecided', expected decided in configs/expectations_by_kernel.cfg"
    )
    assert text.endswith(f"(see configs/, variant any.{names})")


@pytest.mark.parametrize("migrator", AXES["migrator"])
def test_a_combination_is_decided_or_says_that_it_is_not(product: Product, migrator: str) -> None:
    pressure = "fast.one_writer" if migrator == "balancing" else "off.no_writer"
    layout = "tiered" if migrator == "demotion" else "two_nodes"
    found = product(f"{migrator}..pages_1024.{layout}.normal.{pressure}")
    assert len(found) == len(AXES["pin"]) * len(AXES["page_kind"])
    undecided = 0
    for cell in found:
        try:
            read_and_check_params.from_params(cell)
        except BadConfiguration as error:
            assert error.thing in ("expect", "expect_control")
            assert error.got == "'undecided'"
            undecided += 1
    assert undecided < len(found)


@pytest.mark.parametrize(
    ("names", "release", "subject", "control"),
    [
        # a pinned page stays, whatever else moves
        (
            "balancing.driver.anon.pages_100.two_nodes.normal.fast.one_writer",
            DEBIAN_12,
            ("stay", ""),
            ("move", ""),
        ),
        # locked memory does not
        (
            "balancing.mlock.anon.pages_100.two_nodes.normal.fast.one_writer",
            DEBIAN_12,
            ("move", ""),
            ("move", ""),
        ),
        # nobody who sends: also for what is as the control
        *(
            (
                f"balancing.{pin}.anon.pages_100.two_nodes.normal.off.one_writer",
                DEBIAN_12,
                ("stay", ""),
                ("stay", ""),
            )
            for pin in ("driver", "unpinned", "mlock")
        ),
        # nowhere to go
        (
            "move_pages.driver.anon.pages_100.one_node.normal.off.no_writer",
            DEBIAN_12,
            ("move_refused", "ENODEV"),
            ("move_refused", "ENODEV"),
        ),
        # by the kernel's version
        *(
            (
                "move_pages.driver.file.pages_100.two_nodes.normal.off.no_writer",
                release,
                subject,
                ("move", ""),
            )
            for release, subject in [
                (DEBIAN_12, ("stay", "")),
                ("6.12.48+deb13-cloud-amd64", ("pin_refused", "EFAULT")),
            ]
        ),
    ],
)
def test_later_blocks_of_the_expectations_win(
    product: Product,
    names: str,
    release: str,
    subject: tuple[str, str],
    control: tuple[str, str],
) -> None:
    (cell,) = product(names)
    found = read_and_check_params.from_params(cell).expected(release)
    assert (found.subject.what, found.subject.errno) == subject
    assert (found.control.what, found.control.errno) == control


# time


def test_reading_a_large_set_takes_little_time_a_cell() -> None:
    start = time.process_time()
    found = [
        read_and_check_params.from_params(cell) for cell in resolve_reference.cells("pin_nightly")
    ]
    assert time.process_time() - start < MOST_S_A_CELL * len(found)
