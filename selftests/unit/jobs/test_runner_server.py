"""A test is run by a process that the server forks, and that is the command in all that counts."""

import json
import multiprocessing
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from avocado_pin.base import leftover_processes
from avocado_pin.jobs import runner_server
from avocado_pin.jobs.runner_client import SERVED, SOCKET
from avocado_pin.jobs.runner_server import Server

from ..conftest import DATA
from ..processes import child_with

Client = Callable[..., "subprocess.Popen[bytes]"]
TIMEOUT_S = 30


def _show() -> None:
    """Write what a runner would see, and last as long as its client says."""
    if os.environ["LASTS"] == "term":
        signal.signal(signal.SIGTERM, lambda *_: Path(os.environ["OUT"] + ".term").touch())
    seen = {"argv": sys.argv, "cwd": str(Path.cwd()), "pid": os.getpid(), "env": dict(os.environ)}
    Path(os.environ["OUT"] + ".part").write_text(json.dumps(seen))
    Path(os.environ["OUT"] + ".part").rename(os.environ["OUT"])
    if os.environ["LASTS"] == "term":
        signal.pause()
    if os.environ["LASTS"] == "told":
        _wait_for(Path(os.environ["OUT"] + ".end"))
        return
    time.sleep(float(os.environ["LASTS"].replace("term", "0")))


def _wait_for(path: Path) -> Path:
    end = time.monotonic() + TIMEOUT_S
    while not path.exists():
        assert time.monotonic() < end, f"no {path}"
        time.sleep(0.01)
    return path


@pytest.fixture
def server(tmp_path: Path) -> Iterator[psutil.Process]:
    """Return a server whose runners show what they see."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "runners"))
        listener.listen()
        process = multiprocessing.get_context("fork").Process(target=Server(listener, _show).serve)
        process.start()
    yield psutil.Process(process.pid)
    process.kill()
    process.join()


@pytest.fixture
def client(tmp_path: Path, server: psutil.Process) -> Iterator[Client]:
    """Return a function that starts the command, with a name and how long its runner lasts.

    Seconds, until SIGTERM (term), or until there is a file NAME.end (told).
    """
    started = []

    def start(name: str = "out", lasts: str = "0") -> "subprocess.Popen[bytes]":
        words = [sys.executable, "-m", "avocado_pin.jobs.runner_client", SERVED, "-i", name]
        path = str(tmp_path / "runners")
        env = {**os.environ, SOCKET: path, "OUT": str(tmp_path / name), "LASTS": lasts}
        started.append(subprocess.Popen(words, cwd=tmp_path, env=env))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()


def _runner(tmp_path: Path, name: str = "out") -> psutil.Process:
    return psutil.Process(json.loads(_wait_for(tmp_path / name).read_text())["pid"])


def test_a_runner_has_what_its_client_has(client: Client, tmp_path: Path) -> None:
    process = client()
    assert process.wait(TIMEOUT_S) == 0
    seen = json.loads((tmp_path / "out").read_text())
    assert seen["argv"][1:] == [SERVED, "-i", "out"]
    assert seen["cwd"] == str(tmp_path)
    assert seen["env"]["OUT"] == str(tmp_path / "out")
    assert seen["pid"] != process.pid


def test_a_client_lasts_as_long_as_its_runner_and_no_longer(client: Client, tmp_path: Path) -> None:
    """Though another one's goes on, which was started while it ran."""
    one = client("one", lasts="told")
    _runner(tmp_path, "one")
    two = client("two", lasts="60")
    _runner(tmp_path, "two")
    assert one.poll() is None
    (tmp_path / "one.end").touch()
    assert one.wait(TIMEOUT_S) == 0
    assert two.poll() is None


def test_a_client_that_is_told_to_end_tells_its_runner(client: Client, tmp_path: Path) -> None:
    process = client(lasts="term")
    _runner(tmp_path)
    process.terminate()
    assert process.wait(TIMEOUT_S) == 0
    assert (tmp_path / "out.term").exists()


def test_a_client_that_is_interrupted_goes_on(client: Client, tmp_path: Path) -> None:
    process = client(lasts="1")
    _runner(tmp_path)
    process.send_signal(signal.SIGINT)
    assert process.wait(TIMEOUT_S) == 0


def test_the_runner_of_a_client_that_was_killed_is_killed(client: Client, tmp_path: Path) -> None:
    process = client(lasts="60")
    runner = _runner(tmp_path)
    process.kill()
    gone, _ = psutil.wait_procs([runner], timeout=TIMEOUT_S)
    assert gone


def test_a_client_that_is_killed_as_its_runner_ends_harms_no_other(
    client: Client, server: psutil.Process, tmp_path: Path
) -> None:
    process = client("one", lasts="0.5")
    runner = _runner(tmp_path, "one")
    server.suspend()
    psutil.wait_procs([runner], timeout=0)
    end = time.monotonic() + TIMEOUT_S
    while runner.status() != psutil.STATUS_ZOMBIE and time.monotonic() < end:
        time.sleep(0.01)
    process.kill()
    process.wait()
    server.resume()
    assert client("two").wait(TIMEOUT_S) == 0
    assert (tmp_path / "two").exists()


def test_a_client_lasts_as_long_as_its_runner_though_the_server_is_killed(
    client: Client, server: psutil.Process, tmp_path: Path
) -> None:
    process = client(lasts="told")
    runner = _runner(tmp_path)
    server.kill()
    server.wait(TIMEOUT_S)
    assert process.poll() is None
    (tmp_path / "out.end").touch()
    assert process.wait(TIMEOUT_S) == 0
    assert not runner.is_running() or runner.status() == psutil.STATUS_ZOMBIE


def test_where_nothing_can_be_forked_the_command_runs_the_test_itself(tmp_path: Path) -> None:
    path = tmp_path / "runners"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        program = (
            "import os, socket\n"
            "from avocado_pin.jobs.runner_server import Server\n"
            "def refuse(): raise BlockingIOError(11, 'no process')\n"
            "os.fork = refuse\n"
            "Server(socket.socket(fileno=0), print).serve()\n"
        )
        server = subprocess.Popen([sys.executable, "-c", program], stdin=listener.fileno())
    try:
        assert "avocado-runner-avocado-pin task-run" in _helped(path)
    finally:
        server.kill()
        server.wait()


def _helped(path: Path) -> str:
    """Return what the command itself prints when it is asked for help on its task-run."""
    return subprocess.check_output(
        [sys.executable, "-m", "avocado_pin.jobs.runner_client", SERVED, "--help"],
        env={**os.environ, SOCKET: str(path)},
        timeout=TIMEOUT_S,
        text=True,
    )


def test_a_server_goes_on_after_a_client_that_says_nothing(client: Client, tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(tmp_path / "runners"))
    assert client().wait(TIMEOUT_S) == 0
    assert (tmp_path / "out").exists()


def test_without_a_server_the_command_runs_the_test_itself(tmp_path: Path) -> None:
    assert "avocado-runner-avocado-pin task-run" in _helped(tmp_path / "runners")


def test_a_server_that_ends_before_it_takes_a_client_is_done_without(tmp_path: Path) -> None:
    path = tmp_path / "runners"
    with socket.socket(socket.AF_UNIX) as listener, ThreadPoolExecutor() as pool:
        listener.bind(str(path))
        listener.listen()
        listener.settimeout(TIMEOUT_S)
        shown = pool.submit(_helped, path)
        listener.accept()[0].close()
        assert "avocado-runner-avocado-pin task-run" in shown.result()


def test_a_jobs_server_ends_with_the_job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SOCKET, "")
    folder = tmp_path / "job"
    folder.mkdir()
    runner_server.start(folder)
    assert os.environ[SOCKET] == str(folder / "runners")
    server = child_with(runner_server.__name__)
    leftover_processes.stop(folder)
    server.wait(TIMEOUT_S)


def test_a_path_too_long_for_a_socket_is_done_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(SOCKET, "")
    folder = tmp_path / ("long" * 30)
    folder.mkdir()
    runner_server.start(folder)
    assert os.environ[SOCKET] == ""


@pytest.mark.parametrize("test", ["driver_abi", "pin_migration"])
def test_what_a_test_imports_is_imported_already(test: str) -> None:
    """Or each would do it anew: that took 0.1 s of every verdict."""
    code = (
        "import sys; from avocado_pin.jobs import runner_server; runner_server.prepare(); "
        f"before = set(sys.modules); sys.path.insert(0, 'tests'); import {test}; "
        f"print(*sorted(set(sys.modules) - before - {{{test!r}}}))"
    )
    command = [sys.executable, "-c", code]
    shown = subprocess.run(
        command, cwd=DATA.parent.parent, check=True, capture_output=True, timeout=TIMEOUT_S
    )
    assert shown.stdout.decode().split() == []
