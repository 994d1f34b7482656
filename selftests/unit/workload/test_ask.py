"""Asking a workload that runs (workload/ask.h), of one that is a shell script."""

import subprocess
from collections.abc import Iterator
from pathlib import Path
from signal import SIGKILL, SIGTERM, SIGUSR1, SIGUSR2

import pytest

from avocado_pin.base.paths import source
from avocado_pin.build import driver_and_workload

Ended = subprocess.CompletedProcess[str]
# Answers in two writes, and with a line that is not the answer before it.
WORKLOAD = r"""
answer() { printf '{"event":"other"}\n{"event":' >>"$0"; printf '"report","n":%d}\n' $n >>"$0"; }
n=0
trap 'n=$((n + 1)); answer' USR1
trap 'printf "last words\n" >>"$0"; exit' TERM
echo '{"event":"begin"}' >>"$0"
while :; do sleep 0.01; done
"""
REPORT = '"event":"report"'


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return driver_and_workload.workload(source("workload"), tmp_path_factory.mktemp("builds"))


@pytest.fixture
def events(tmp_path: Path) -> Path:
    path = tmp_path / "events"
    path.touch()
    return path


@pytest.fixture
def workload(events: Path) -> Iterator["subprocess.Popen[bytes]"]:
    with subprocess.Popen(["sh", "-c", WORKLOAD, events]) as process:
        yield process
        process.kill()


@pytest.fixture
def begun(program: Path, events: Path, workload: "subprocess.Popen[bytes]") -> Path:
    """The events of a workload that takes signals by now."""
    assert ask(program, workload.pid, events, 0, 0, '"event":"begin"').returncode == 0
    return events


def ask(program: Path, pid: int, events: Path, *words: str | int) -> Ended:
    command = [program, "ask", str(pid), events, *map(str, words)]
    return subprocess.run(command, text=True, capture_output=True, timeout=60, check=False)


def test_the_answer_is_waited_for(
    program: Path, begun: Path, workload: "subprocess.Popen[bytes]"
) -> None:
    found = ask(program, workload.pid, begun, 1, int(SIGUSR1), REPORT)
    assert found.stdout == '{"event":"other"}\n{"event":"report","n":1}\n'
    assert (found.returncode, found.stderr) == (0, "")


def test_lines_that_are_known_are_no_answer(
    program: Path, begun: Path, workload: "subprocess.Popen[bytes]"
) -> None:
    for number in (1, 2):
        known = 2 * number - 1
        found = ask(program, workload.pid, begun, known, int(SIGUSR1), REPORT)
        assert found.stdout == f'{{"event":"other"}}\n{{"event":"report","n":{number}}}\n'


def test_a_command_runs_between_two_answers(
    program: Path, begun: Path, workload: "subprocess.Popen[bytes]"
) -> None:
    words = ("sh", "-c", "echo of stderr >&2; echo a; printf b; exit 1")
    found = ask(program, workload.pid, begun, 1, int(SIGUSR1), REPORT, *words)
    lines = found.stdout.splitlines()
    assert [lines[1], lines[-1]] == [f'{{"event":"report","n":{n}}}' for n in (1, 2)]
    word, start, first, to, last = lines[2].split()
    assert (word, start, to) == ("---", "from", "to")
    assert 0 < float(first) <= float(last)
    assert lines[3:5] == ["a", "b"]
    assert (found.returncode, found.stderr) == (0, "of stderr\n")


def test_a_command_that_is_not_there_is_named(
    program: Path, begun: Path, workload: "subprocess.Popen[bytes]"
) -> None:
    found = ask(program, workload.pid, begun, 1, int(SIGUSR1), REPORT, "/no/such/program")
    assert [line for line in found.stdout.splitlines() if "{" not in line][1:] == []
    assert found.stderr == "ask: /no/such/program: No such file or directory\n"
    assert found.returncode == 0


def test_the_last_words_of_one_that_ends_are_told(
    program: Path, begun: Path, workload: "subprocess.Popen[bytes]"
) -> None:
    with subprocess.Popen(
        [program, "ask", str(workload.pid), begun, "1", str(int(SIGTERM)), REPORT],
        stdout=subprocess.PIPE,
        text=True,
    ) as asking:
        workload.wait(60)
        said, _ = asking.communicate(timeout=60)
    assert (said, asking.returncode) == ("last words\n", 1)


def test_one_that_was_killed_is_not_waited_for(
    program: Path, begun: Path, workload: "subprocess.Popen[bytes]"
) -> None:
    workload.send_signal(SIGKILL)
    workload.wait(60)
    found = ask(program, workload.pid, begun, 1, int(SIGUSR2), REPORT)
    assert (found.returncode, found.stdout) == (1, "")


def test_what_can_not_be_asked(program: Path, events: Path) -> None:
    missing = ask(program, 1, events.with_name("none"), 0, 0, REPORT)
    assert missing.returncode == 1
    assert "none: No such file" in missing.stderr
    assert ask(program, 1, events, 5, 0, REPORT).returncode == 1
    assert "usage: ask PID" in ask(program, 1, events).stderr
