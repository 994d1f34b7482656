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
from pathlib import Path

import psutil
import pytest

from avocado_pin import leftovers, runner_server
from avocado_pin.runner_client import SERVED, SOCKET
from avocado_pin.runner_server import Server

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
    time.sleep(float(os.environ["LASTS"].replace("term", "0")))


def _wait_for(path: Path) -> Path:
    end = time.monotonic() + TIMEOUT_S
    while not path.exists():
        assert time.monotonic() < end, f"no {path}"
        time.sleep(0.01)
    return path


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Path]:
    """Return the socket of a server whose runners show what they see."""
    path = tmp_path / "runners"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        process = multiprocessing.get_context("fork").Process(target=Server(listener, _show).serve)
        process.start()
    yield path
    process.kill()
    process.join()


@pytest.fixture
def client(tmp_path: Path, server: Path) -> Iterator[Client]:
    """Return a function that starts the command, with a name and how long its runner lasts."""
    started = []

    def start(name: str = "out", lasts: str = "0") -> "subprocess.Popen[bytes]":
        words = [sys.executable, "-m", "avocado_pin.runner_client", SERVED, "-i", name]
        env = {**os.environ, SOCKET: str(server), "OUT": str(tmp_path / name), "LASTS": lasts}
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
    one = client("one", lasts="1")
    _runner(tmp_path, "one")
    two = client("two", lasts="60")
    _runner(tmp_path, "two")
    assert one.poll() is None
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


def test_a_server_goes_on_after_a_client_that_says_nothing(
    client: Client, server: Path, tmp_path: Path
) -> None:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(server))
    assert client().wait(TIMEOUT_S) == 0
    assert (tmp_path / "out").exists()


@pytest.mark.parametrize("listens", [True, False])
def test_without_a_server_the_command_runs_the_test_itself(tmp_path: Path, listens: bool) -> None:
    """There is no socket, or its server ends before it takes the client."""
    path = tmp_path / "runners"
    with socket.socket(socket.AF_UNIX) as listener:
        if listens:
            listener.bind(str(path))
            listener.listen()
        process = subprocess.Popen(
            [sys.executable, "-m", "avocado_pin.runner_client", SERVED, "--help"],
            env={**os.environ, SOCKET: str(path)},
            stdout=subprocess.PIPE,
            text=True,
        )
        if listens:
            listener.settimeout(TIMEOUT_S)
            listener.accept()[0].close()
    shown, _ = process.communicate(timeout=TIMEOUT_S)
    assert process.returncode == 0
    assert "avocado-runner-avocado-pin task-run" in shown


def test_a_jobs_server_ends_with_the_job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SOCKET, "")
    folder = tmp_path / "job"
    folder.mkdir()
    runner_server.start(folder)
    assert os.environ[SOCKET] == str(folder / "runners")
    (server,) = [p for p in psutil.Process().children() if runner_server.__name__ in p.cmdline()]
    leftovers.stop(folder)
    server.wait(TIMEOUT_S)


def test_a_path_too_long_for_a_socket_is_done_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(SOCKET, "")
    folder = tmp_path / ("long" * 30)
    folder.mkdir()
    runner_server.start(folder)
    assert os.environ[SOCKET] == ""
