"""Which tests can use the same guest."""

import pytest

from avocado_pin.variant import guest_key, resolve_reference

CELL = "pin_smoke.balancing.driver.anon.pages_100.two_nodes.normal.fast.one_writer"


def _key(*assignments: str) -> str:
    (cell,) = resolve_reference.cells(CELL, assignments=assignments)
    return guest_key.of(cell)


@pytest.mark.parametrize(
    "assignment",
    [
        *("pages=7", "pin=uacce", "migrator=mbind", "page_kind=thp", "balancing=off"),
        *("settings_balancing=", "need=swap", "home_node=1", "after_preflight=true"),
        *("expect=move", "writers=2", "driver_source=/elsewhere", "boot_deadline_s=60"),
    ],
)
def test_what_is_the_tests_own_does_not_matter(assignment: str) -> None:
    (cell,) = resolve_reference.cells(CELL)
    name, _, value = assignment.partition("=")
    assert guest_key.of({**cell, name: value}) == _key()


@pytest.mark.parametrize(
    "assignment",
    [
        *("numa_mem_mib_node0=1024", "numa_cpulist_node1=4-6", "numa_distances=10 11; 11 10"),
        *("movable_mib=1", "kernel=sid", "kernel_flavour=rt", "kernel_args=a=b", "accelerator=kvm"),
        *("vt_mem=512", "vt_machine_type=pc", "reuse_guest=no"),
    ],
)
def test_what_makes_another_guest_makes_another_key(assignment: str) -> None:
    assert _key(assignment) != _key()


def test_what_else_makes_the_guest_counts() -> None:
    (cell,) = resolve_reference.cells(CELL)
    assert guest_key.of(cell, "job", "1") != guest_key.of(cell, "job", "2")


def test_a_parameter_that_is_unknown_here_is_avocado_vts_and_counts() -> None:
    (cell,) = resolve_reference.cells(CELL)
    assert guest_key.of({**cell, "nic_model": "virtio"}) != guest_key.of(cell)


@pytest.mark.parametrize(
    "other", ["pin_driver.abi", "pin_tests..fork", "pin_nightly..seed..driver"]
)
def test_tests_of_other_sets_share_a_guest(other: str) -> None:
    (cell,) = resolve_reference.cells(other)
    assert guest_key.of(cell) == _key()


def test_tests_that_share_a_guest_follow_each_other_in_their_order() -> None:
    cells = [
        {"name": name, "kernel_args": args}
        for name, args in [("1", "a"), ("2", "b"), ("3", "a"), ("4", "c"), ("5", "b")]
    ]
    assert [cell["name"] for cell in guest_key.grouped(cells)] == ["1", "3", "2", "5", "4"]


@pytest.mark.parametrize("name", ["pin_tests", "pin_nightly"])
def test_cells_of_a_set_that_need_the_same_guest_follow_each_other(name: str) -> None:
    cells = resolve_reference.cells(name)
    keys = [guest_key.of(cell) for cell in guest_key.grouped(cells)]
    changes = [key for key, before in zip(keys[1:], keys, strict=False) if key != before]
    assert len(changes) + 1 == len(set(keys))


def test_cells_of_a_guest_stay_in_their_order() -> None:
    cells = resolve_reference.cells("pin_nightly")
    grouped = guest_key.grouped(cells)
    assert sorted(map(id, grouped)) == sorted(map(id, cells))
    key = guest_key.of(cells[0])
    assert [cell["shortname"] for cell in grouped if guest_key.of(cell) == key] == [
        cell["shortname"] for cell in cells if guest_key.of(cell) == key
    ]


def test_a_guest_of_one_layout_serves_tests_of_each_migrator_and_kind() -> None:
    # The others have guests of their own.
    own = ["soft_offline", "offline", "compaction"]
    cells = resolve_reference.cells("pin_nightly..two_nodes.normal", no=own)
    assert len({guest_key.of(cell) for cell in cells}) == 1


def test_the_cells_whose_guest_no_other_needs_are_known() -> None:
    cells = resolve_reference.cells("pin_tests")
    alone = guest_key.alone(cells)
    assert {cell["layout"] for cell in alone} > {"four_nodes", "eight_nodes", "cpuless"}
    keys = [guest_key.of(cell) for cell in cells]
    assert all(keys.count(guest_key.of(cell)) == 1 for cell in alone)
    assert len(alone) == len([key for key in keys if keys.count(key) == 1]) > 0
