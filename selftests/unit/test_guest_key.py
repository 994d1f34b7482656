"""Tests share a guest if, and only if, their guests are made from the same."""

import pytest

from avocado_pin import cartesian, guest_key

ONE = "pin_tests.pinned.pages_100"


def key(reference: str, *assignments: str) -> str:
    (cell,) = cartesian.cells(reference, assignments=assignments)
    return guest_key.of(cell)


@pytest.mark.parametrize("other", ["pin_tests.unpinned.pages_1", "pin_tests.seed.pinned"])
def test_tests_of_a_set_share_a_guest(other: str) -> None:
    assert key(ONE) == key(other)


def test_tests_of_other_sets_share_it_too() -> None:
    assert key(ONE) == key("pin_driver.abi")


@pytest.mark.parametrize("other", ["pages=7", "driver_source=/x", "boot_deadline_s=5", "hold_s=1"])
def test_a_parameter_of_the_test_does_not_count(other: str) -> None:
    assert key(ONE, other) == key(ONE)


@pytest.mark.parametrize(
    "other",
    [
        "kernel_args=quiet",
        "kernel_flavour=rt",
        "accelerator=tcg",
        "numa_mem_mib_node1=1024",
        "numa_cpus_node7=8",
        "cpu_model=EPYC",
        "reuse_guest=no",
    ],
)
def test_a_parameter_of_the_guest_counts_known_or_not(other: str) -> None:
    assert key(ONE, other) != key(ONE)


def test_what_else_makes_the_guest_counts() -> None:
    assert guest_key.of({}, "a") != guest_key.of({}, "b")


def test_tests_that_share_a_guest_follow_each_other_in_their_order() -> None:
    cells = [
        {"name": name, "kernel_args": args}
        for name, args in [("1", "a"), ("2", "b"), ("3", "a"), ("4", "c"), ("5", "b")]
    ]
    assert [cell["name"] for cell in guest_key.grouped(cells)] == ["1", "3", "2", "5", "4"]
