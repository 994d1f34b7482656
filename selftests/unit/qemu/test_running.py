"""What is known of a QEMU, with `sleep` in its place."""

import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from avocado_pin.qemu import running
from avocado_pin.qemu.running import Known, Machine


@pytest.fixture
def process() -> "Iterator[subprocess.Popen[bytes]]":
    with subprocess.Popen(["sleep", "300"]) as started:
        yield started
        started.kill()


@pytest.fixture
def machine(process: "subprocess.Popen[bytes]", tmp_path: Path) -> Machine:
    created = psutil.Process(process.pid).create_time()
    output, status = (str(tmp_path / name) for name in ("output", "status"))
    return Machine("key", process.pid, created, 2222, "sleep 300", output, status)


def test_a_machine_that_runs_is_alive(machine: Machine) -> None:
    assert machine.is_alive()


def test_another_process_of_that_number_is_not_it(machine: Machine) -> None:
    other = replace(machine, started=machine.started - 1)
    assert not other.is_alive()
    other.kill()
    assert machine.is_alive()


def test_a_killed_machine_is_dead_though_nobody_asks_for_its_status(machine: Machine) -> None:
    psutil.Process(machine.pid).kill()
    psutil.wait_procs([psutil.Process(machine.pid)], timeout=0.2)
    assert not machine.is_alive()


def test_kill_waits_for_the_end_and_can_be_repeated(machine: Machine) -> None:
    machine.kill()
    assert not machine.is_alive()
    machine.kill()


def test_its_status_is_what_was_noted(machine: Machine) -> None:
    Path(machine.status).write_text("137")
    assert machine.exit_status() == "137"


def test_a_status_that_nobody_notes_is_unknown(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "STATUS_TIMEOUT_S", 0.05)
    assert machine.exit_status() == "unknown"


def test_a_machine_is_idle_from_when_it_is_left_until_it_is_taken(
    machine: Machine, tmp_path: Path
) -> None:
    assert running.idle(tmp_path) is None
    left = replace(machine, tests=3, known=Known("--- pin\n0\n", files={"/tmp/a": "0f"}))
    running.leave(left, tmp_path)
    assert running.idle(tmp_path) == left
    assert running.take(tmp_path) == left
    assert running.idle(tmp_path) is running.take(tmp_path) is None


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"key": "k"', '{"known": {"other": 1}}'])
def test_a_record_that_is_not_one_is_no_machine(tmp_path: Path, text: str) -> None:
    (tmp_path / running.RECORD).write_text(text)
    assert running.take(tmp_path) is None
    assert list(tmp_path.iterdir()) == []


def test_a_console_is_read_whatever_is_on_it(tmp_path: Path) -> None:
    assert running.console(tmp_path) == ""
    (tmp_path / running.CONSOLE).write_bytes(b"up\xff\n")
    assert running.console(tmp_path) == "up\ufffd\n"
