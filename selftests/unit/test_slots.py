from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from avocado_pin import slots

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
        taken = [stack.enter_context(slots.take(tmp_path, 3)) for _ in range(5)]
    assert list(map(bool, taken)) == [True, True, True, False, False]


def test_a_slot_is_free_again_after_its_holder(tmp_path: Path) -> None:
    with slots.take(tmp_path, 1) as first:
        pass
    with slots.take(tmp_path, 1) as second:
        pass
    assert first
    assert second


def test_a_slot_is_free_again_after_an_error(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), slots.take(tmp_path, 1):
        raise RuntimeError
    with slots.take(tmp_path, 1) as again:
        assert again


def test_the_free_slot_in_the_middle_is_taken(tmp_path: Path) -> None:
    with ExitStack() as others:
        others.enter_context(slots.take(tmp_path, 3))
        middle = slots.take(tmp_path, 3)
        middle.__enter__()
        others.enter_context(slots.take(tmp_path, 3))
        middle.__exit__(None, None, None)
        with slots.take(tmp_path, 3) as again:
            assert again


def test_count_is_one_a_core_with_memory_enough(host: Callable[[int, int], None]) -> None:
    host(4, 256)
    assert slots.count(4096) == 4


def test_count_leaves_half_of_the_hosts_memory(host: Callable[[int, int], None]) -> None:
    # Half of 32 GiB holds three guests of 4 GiB and QEMU's 0.5 GiB each.
    host(16, 32)
    assert slots.count(4096) == 3


def test_count_is_one_on_a_host_too_small(host: Callable[[int, int], None]) -> None:
    host(2, 4)
    assert slots.count(4096) == 1
