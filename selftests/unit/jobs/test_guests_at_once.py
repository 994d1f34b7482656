import os
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from avocado_pin.jobs import guests_at_once

GIB = 1 << 30


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> Callable[[int, int], None]:
    """Set the host's cores and memory in GiB."""

    def of(cores: int, memory_gib: int) -> None:
        memory = SimpleNamespace(total=memory_gib * GIB)
        monkeypatch.setattr(psutil, "virtual_memory", lambda: memory)
        monkeypatch.setattr("os.sched_getaffinity", lambda _: set(range(cores)))

    return of


def test_as_many_are_taken_as_there_are_slots(tmp_path: Path) -> None:
    with ExitStack() as stack:
        taken = [stack.enter_context(guests_at_once.take(tmp_path, 3)) for _ in range(5)]
    assert [slot is not None for slot in taken] == [True, True, True, False, False]


def test_a_slot_is_free_again_after_its_holder(tmp_path: Path) -> None:
    with guests_at_once.take(tmp_path, 1) as first:
        pass
    with guests_at_once.take(tmp_path, 1) as second:
        pass
    assert first
    assert second


def test_a_slot_is_free_again_after_an_error(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), guests_at_once.take(tmp_path, 1):
        raise RuntimeError
    with guests_at_once.take(tmp_path, 1) as again:
        assert again


def test_the_free_slot_in_the_middle_is_taken(tmp_path: Path) -> None:
    with ExitStack() as others:
        others.enter_context(guests_at_once.take(tmp_path, 3))
        middle = guests_at_once.take(tmp_path, 3)
        middle.__enter__()
        others.enter_context(guests_at_once.take(tmp_path, 3))
        middle.__exit__(None, None, None)
        with guests_at_once.take(tmp_path, 3) as again:
            assert again


@pytest.fixture
def guest(tmp_path: Path) -> Callable[[str], Path]:
    """Leave a guest's folder in the next empty slot of two."""

    def of(name: str) -> Path:
        folder = tmp_path / name
        folder.mkdir()
        with guests_at_once.take(tmp_path / "slots", 2, lambda there: int(bool(there))) as slot:
            assert slot
            slot.guest = folder
        return folder

    return of


def test_a_slot_names_the_guest_that_is_left_in_it(
    tmp_path: Path, guest: Callable[[str], Path]
) -> None:
    folder = guest("one")
    with guests_at_once.take(tmp_path / "slots", 1) as slot:
        assert slot
        assert slot.guest == folder
        slot.guest = None
        assert slot.guest is None


def test_a_guest_whose_folder_is_gone_is_not_there(
    tmp_path: Path, guest: Callable[[str], Path]
) -> None:
    guest("one").rmdir()
    with guests_at_once.take(tmp_path / "slots", 1) as slot:
        assert slot
        assert slot.guest is None


def test_the_slot_that_is_wanted_most_is_taken_first(
    tmp_path: Path, guest: Callable[[str], Path]
) -> None:
    folders = [guest("one"), guest("two")]
    for folder in folders:
        wanted: dict[Path | None, int] = {folder: 0, None: 1}
        with guests_at_once.take(tmp_path / "slots", 2, wanted.get) as slot:
            assert slot
            assert slot.guest == folder


def test_a_slot_that_must_be_left_alone_is_not_taken(
    tmp_path: Path, guest: Callable[[str], Path]
) -> None:
    alone = guest("one")
    for _ in range(2):
        with guests_at_once.take(
            tmp_path / "slots", 2, lambda g: None if g == alone else 1
        ) as slot:
            assert slot
            assert slot.guest is None
    with guests_at_once.take(tmp_path / "slots", 1, lambda _: None) as none:
        assert none is None


def test_of_equals_the_slot_that_was_not_used_for_the_longest_time_is_taken(
    tmp_path: Path, guest: Callable[[str], Path]
) -> None:
    folders = [guest("one"), guest("two")]
    for number, folder in enumerate(folders):
        os.utime(tmp_path / "slots" / f"slot-{number}", (0, 0))
        os.utime(tmp_path / "slots" / f"slot-{1 - number}", (9, 9))
        with guests_at_once.take(tmp_path / "slots", 2) as slot:
            assert slot
            assert slot.guest == folder


def test_slots_beyond_those_of_a_larger_guest_are_held(
    tmp_path: Path, guest: Callable[[str], Path]
) -> None:
    guest("one")
    second = guest("two")
    with guests_at_once.beyond(tmp_path / "slots", 1) as others:
        assert [slot.guest for slot in others] == [second]
        with (
            guests_at_once.take(tmp_path / "slots", 2) as free,
            guests_at_once.take(tmp_path / "slots", 2) as none,
        ):
            assert free
            assert none is None


def test_count_is_one_a_core_with_memory_enough(host: Callable[[int, int], None]) -> None:
    host(4, 256)
    assert guests_at_once.count(4096) == 4


def test_count_leaves_half_of_the_hosts_memory(host: Callable[[int, int], None]) -> None:
    # Half of 32 GiB holds three guests of 4 GiB and QEMU's 0.5 GiB each.
    host(16, 32)
    assert guests_at_once.count(4096) == 3


def test_count_is_one_on_a_host_too_small(host: Callable[[int, int], None]) -> None:
    host(2, 4)
    assert guests_at_once.count(4096) == 1
