import subprocess
import sys
import threading
from pathlib import Path

import pytest

from avocado_pin.base import locks
from avocado_pin.base.deadline import Deadline
from avocado_pin.base.errors import DeploymentFailed

HOLDER = """\
import sys
from pathlib import Path
from avocado_pin.base.deadline import Deadline
from avocado_pin.base.locks import exclusive
with exclusive(Path(sys.argv[1]), Deadline(10)):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def _fast(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locks, "RETRY_S", 0.01)


def test_a_free_lock_is_taken_at_once_and_without_a_word(tmp_path: Path) -> None:
    told: list[str] = []
    with locks.exclusive(tmp_path / "new" / "lock", Deadline(0), lambda: told.append("waiting")):
        pass
    assert told == []


def test_the_second_holder_gives_up_at_the_deadline(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with (
        locks.exclusive(path, Deadline(1)),
        pytest.raises(DeploymentFailed) as caught,
        locks.exclusive(path, Deadline(0.05)),
    ):
        pytest.fail("two hold the lock")
    assert str(caught.value) == (
        f"lock {path}: got still held by another process after 0.05 s, "
        f"expected it to be released (see fuser -v {path})"
    )


def test_the_second_holder_says_once_that_it_waits(tmp_path: Path) -> None:
    told: list[str] = []
    path = tmp_path / "lock"
    with (
        locks.exclusive(path, Deadline(1)),
        pytest.raises(DeploymentFailed),
        locks.exclusive(path, Deadline(0.1), lambda: told.append("waiting")),
    ):
        pytest.fail("two hold the lock")
    assert told == ["waiting"]


def test_the_second_holder_gets_it_when_the_first_is_done(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    second_waits = threading.Event()
    order: list[str] = []

    def second() -> None:
        with locks.exclusive(path, Deadline(10), second_waits.set):
            order.append("second")

    thread = threading.Thread(target=second)
    with locks.exclusive(path, Deadline(1)):
        thread.start()
        assert second_waits.wait(10)
        order.append("first")
    thread.join()
    assert order == ["first", "second"]


def test_an_error_inside_frees_the_lock(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with pytest.raises(RuntimeError), locks.exclusive(path, Deadline(1)):
        raise RuntimeError
    with locks.exclusive(path, Deadline(0)):
        pass


def test_a_killed_holder_frees_the_lock(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    command = [sys.executable, "-c", HOLDER, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout and holder.stdout.readline() == b"held\n"
        with pytest.raises(DeploymentFailed), locks.exclusive(path, Deadline(0)):
            pytest.fail("two hold the lock")
        holder.kill()
        holder.wait()
        with locks.exclusive(path, Deadline(0)):
            pass
