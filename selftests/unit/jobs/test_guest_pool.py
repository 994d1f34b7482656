"""Guests wait in their slots for the tests to come, with `sleep` in QEMU's place."""

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import psutil
import pytest

from avocado_pin.base import leftover_processes
from avocado_pin.jobs import guest_pool, guests_at_once
from avocado_pin.qemu import running
from avocado_pin.qemu.running import Machine

from ..processes import runs

Process = subprocess.Popen[bytes]
Boot = Callable[[Path, str], Process]
MIB = 4096


@pytest.fixture(autouse=True)
def job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two slots, and the folder of a job."""
    monkeypatch.setattr(guests_at_once, "count", lambda mib: 2 if mib <= MIB else 1)
    folder = tmp_path / "job"
    folder.mkdir()
    monkeypatch.setenv(leftover_processes.JOB, str(folder))
    return folder


@pytest.fixture
def boot() -> Iterator[Boot]:
    """Start a process with a guest's mark and leave it idle as a guest of that key."""
    started: list[Process] = []

    def of(folder: Path, key: str) -> Process:
        env = {**os.environ, leftover_processes.MARK: str(folder)}
        process = subprocess.Popen(["sleep", "300"], env=env)
        started.append(process)
        runs(psutil.Process(process.pid), "sleep")
        created = psutil.Process(process.pid).create_time()
        running.leave(Machine(key, process.pid, created, 1, "", "", ""), folder)
        return process

    yield of
    for process in started:
        process.kill()
        process.wait()


def gone(process: Process) -> bool:
    return process.poll() is not None


def serve(tmp_path: Path, boot: Boot, key: str, mib: int = MIB) -> tuple[Path, Process]:
    """Run a test that boots a guest and leaves it."""
    with guest_pool.place(tmp_path / "slots", mib, key) as folder:
        assert folder
        assert running.take(folder) is None
        return folder, boot(folder, key)


def test_a_guest_that_is_left_serves_the_next_test_of_its_key(tmp_path: Path, boot: Boot) -> None:
    folder, process = serve(tmp_path, boot, "a")
    assert not gone(process)
    with guest_pool.place(tmp_path / "slots", MIB, "a") as again:
        assert again == folder
        assert running.idle(again)


def test_a_guest_that_is_not_left_is_stopped(tmp_path: Path, boot: Boot) -> None:
    with guest_pool.place(tmp_path / "slots", MIB, "a") as folder:
        assert folder
        process = boot(folder, "a")
        running.take(folder)
    assert gone(process)
    assert not folder.exists()


def test_a_guest_is_stopped_if_the_test_is_told_to_end(tmp_path: Path, boot: Boot) -> None:
    processes = []
    with (
        pytest.raises(KeyboardInterrupt),
        guest_pool.place(tmp_path / "slots", MIB, "a") as folder,
    ):
        assert folder
        processes.append(boot(folder, "a"))
        raise KeyboardInterrupt
    assert gone(processes[0])
    assert folder
    assert not folder.exists()


def test_a_guest_without_a_key_is_neither_used_again_nor_found(tmp_path: Path, boot: Boot) -> None:
    folder, process = serve(tmp_path, boot, "")
    assert gone(process)
    assert not folder.exists()


def test_guests_of_two_keys_wait_side_by_side(tmp_path: Path, boot: Boot) -> None:
    guests = {key: serve(tmp_path, boot, key) for key in ("a", "b")}
    for key in ("a", "b", "a"):
        with guest_pool.place(tmp_path / "slots", MIB, key) as folder:
            assert folder == guests[key][0]
    assert not any(gone(process) for _, process in guests.values())


def test_for_a_third_the_one_that_waits_longest_is_stopped(tmp_path: Path, boot: Boot) -> None:
    first, second = (serve(tmp_path, boot, key)[1] for key in ("a", "b"))
    os.utime(tmp_path / "slots" / "slot-0", (1, 1))
    third = serve(tmp_path, boot, "c")[1]
    assert (gone(first), gone(second), gone(third)) == (True, False, False)


def test_a_guest_of_another_job_is_left_alone_for_a_while(
    tmp_path: Path, boot: Boot, monkeypatch: pytest.MonkeyPatch
) -> None:
    guests = [serve(tmp_path, boot, key) for key in ("a", "b")]
    (tmp_path / "job2").mkdir()
    monkeypatch.setenv(leftover_processes.JOB, str(tmp_path / "job2"))
    with guest_pool.place(tmp_path / "slots", MIB, "c") as folder:
        assert folder is None
    since = time.time() - guest_pool.GRACE_S - 1
    os.utime(guests[1][0] / running.RECORD, (since, since))
    serve(tmp_path, boot, "c")
    assert [gone(process) for _, process in guests] == [False, True]


def test_a_guest_in_use_is_not_shared(tmp_path: Path, boot: Boot) -> None:
    folder, _ = serve(tmp_path, boot, "a")
    with ExitStack() as stack:
        found = [
            stack.enter_context(guest_pool.place(tmp_path / "slots", MIB, "a")) for _ in range(3)
        ]
        assert found[0] == folder
        assert found[1] not in (None, folder)
        assert found[2] is None


def test_a_larger_guest_stops_those_of_the_slots_it_has_not(tmp_path: Path, boot: Boot) -> None:
    small = [serve(tmp_path, boot, key)[1] for key in ("a", "b")]
    serve(tmp_path, boot, "large", 2 * MIB)
    assert [gone(process) for process in small] == [True, True]


def test_what_a_killed_runner_left_in_its_slot_is_stopped(tmp_path: Path, boot: Boot) -> None:
    folder, process = serve(tmp_path, boot, "a")
    running.take(folder)  # As if a test had begun to use it.
    again, _ = serve(tmp_path, boot, "a", 2 * MIB)
    assert again != folder
    assert gone(process)


def test_a_guest_that_was_stopped_with_its_job_is_forgotten(tmp_path: Path, boot: Boot) -> None:
    folder, _ = serve(tmp_path, boot, "a")
    leftover_processes.stop(folder)
    assert serve(tmp_path, boot, "a")[0] != folder


def test_without_a_job_a_folder_is_among_the_temporary_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(leftover_processes.JOB)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert guest_pool.new_folder("guest-").name.startswith("avocado-pin-")
