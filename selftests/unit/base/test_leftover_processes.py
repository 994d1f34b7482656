import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from avocado_pin.base import leftover_processes

from ..processes import runs

Start = Callable[[str | None], psutil.Process]


@pytest.fixture
def start() -> Iterator[Start]:
    """Start a process that outlives the one that starts it, with a mark or none."""
    started: list[psutil.Process] = []

    def of(mark: str | None) -> psutil.Process:
        environment = {
            key: value for key, value in os.environ.items() if key != leftover_processes.MARK
        }
        if mark is not None:
            environment[leftover_processes.MARK] = mark
        shown = subprocess.run(
            ["sh", "-c", "setsid sleep 300 >/dev/null 2>&1 & echo $!"],
            env=environment,
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        ).stdout
        started.append(psutil.Process(int(shown)))
        runs(started[-1], "sleep")
        return started[-1]

    yield of
    for process in started:
        if process.is_running():
            process.kill()


def _is_gone(process: psutil.Process) -> bool:
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


def test_a_detached_process_with_the_mark_is_killed(tmp_path: Path, start: Start) -> None:
    process = start(str(tmp_path / "job"))
    assert process.ppid() != os.getpid()
    leftover_processes.stop(tmp_path / "job")
    assert _is_gone(process)


def test_a_process_with_a_subfolders_mark_is_killed(tmp_path: Path, start: Start) -> None:
    process = start(str(tmp_path / "job" / "test-1"))
    leftover_processes.stop(tmp_path / "job")
    assert _is_gone(process)


@pytest.fixture
def orphanage(tmp_path: Path) -> Iterator[psutil.Process]:
    """Return a process with the job's mark whose parent, without it, asks for no status."""
    parent = subprocess.Popen(
        ["sh", "-c", f"sleep 300 & echo $!; exec env -u {leftover_processes.MARK} sleep 300"],
        env={**os.environ, leftover_processes.MARK: str(tmp_path / "job")},
        stdout=subprocess.PIPE,
        text=True,
    )
    with parent:
        assert parent.stdout
        child = psutil.Process(int(parent.stdout.readline()))
        # Until then the parent is a shell, which may ask for the status.
        for process in (child, psutil.Process(parent.pid)):
            runs(process, "sleep")
        yield child
        parent.kill()


def test_a_process_that_only_its_parent_can_bury_is_not_waited_for(
    tmp_path: Path, orphanage: psutil.Process
) -> None:
    began = time.monotonic()
    leftover_processes.stop(tmp_path / "job")
    assert time.monotonic() - began < leftover_processes.GONE_TIMEOUT_S
    assert orphanage.status() == psutil.STATUS_ZOMBIE


def test_a_process_without_the_mark_lives(tmp_path: Path, start: Start) -> None:
    process = start(None)
    leftover_processes.stop(tmp_path / "job")
    assert not _is_gone(process)


def test_a_process_of_another_job_lives(tmp_path: Path, start: Start) -> None:
    process = start(str(tmp_path / "job2"))
    leftover_processes.stop(tmp_path / "job")
    assert not _is_gone(process)


def test_the_folder_is_removed(tmp_path: Path) -> None:
    (tmp_path / "job" / "deep").mkdir(parents=True)
    leftover_processes.stop(tmp_path / "job")
    assert not (tmp_path / "job").exists()


def test_the_caller_and_its_parent_live_though_marked(tmp_path: Path) -> None:
    caller = "import sys, pathlib; from avocado_pin.base import leftover_processes; " + (
        "leftover_processes.stop(pathlib.Path(sys.argv[1])); print('caller lives')"
    )
    shown = subprocess.check_output(
        ["sh", "-c", '"$0" -c "$1" "$2"; echo parent lives', sys.executable, caller, tmp_path],
        env={**os.environ, leftover_processes.MARK: str(tmp_path)},
        text=True,
    )
    assert shown == "caller lives\nparent lives\n"


def test_children_to_be_carry_the_mark_and_use_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(leftover_processes.MARK, "")
    monkeypatch.setenv("TMPDIR", "")
    monkeypatch.setattr("tempfile.tempdir", None)
    folder = tmp_path / "job"
    leftover_processes.mark(folder)
    shown = subprocess.check_output(
        ["sh", "-c", f"echo ${leftover_processes.MARK} $TMPDIR; mktemp"]
    )
    assert shown.decode().startswith(f"{folder} {folder}\n{folder}/")
    assert folder.stat().st_mode & 0o777 == 0o700


def test_within_a_block_another_mark_is_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(leftover_processes.MARK, "test")
    show = f"echo ${leftover_processes.MARK}"
    with pytest.raises(OSError), leftover_processes.marking(tmp_path):
        within = subprocess.check_output(["sh", "-c", show], text=True)
        raise OSError
    after = subprocess.check_output(["sh", "-c", show], text=True)
    assert (within, after) == (f"{tmp_path}\n", "test\n")


# jobs


@pytest.fixture
def job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of a job that this process has begun."""
    monkeypatch.setenv(leftover_processes.JOB, "")
    folder = tmp_path / "avocado-pin-1"
    leftover_processes.begin_job(folder)
    return folder


def _kill_owner(job: Path) -> None:
    """Make the job that of a process that is gone."""
    gone = subprocess.Popen(["true"])
    gone.wait()
    (job / leftover_processes.OWNER).write_text(str(gone.pid))


def test_a_jobs_folder_is_told_to_its_runners_and_is_the_owners_only(job: Path) -> None:
    assert os.environ[leftover_processes.JOB] == str(job)
    assert job.stat().st_mode & 0o777 == 0o700
    assert (job / leftover_processes.OWNER).read_text() == str(os.getpid())


def test_a_job_marks_nothing_of_the_other_tests(job: Path) -> None:
    shown = subprocess.check_output(
        ["sh", "-c", f"echo ${leftover_processes.MARK} $TMPDIR"], text=True
    )
    assert str(job) not in shown


def test_a_jobs_folder_is_not_shared(job: Path) -> None:
    with pytest.raises(FileExistsError):
        leftover_processes.begin_job(job)


def test_sweep_stops_what_a_job_left_whose_owner_is_dead(job: Path, start: Start) -> None:
    process = start(str(job / "test-1"))
    _kill_owner(job)
    leftover_processes.sweep(job.parent, "avocado-pin-*")
    assert _is_gone(process)
    assert not job.exists()


def test_sweep_leaves_a_job_alone_whose_owner_lives(job: Path, start: Start) -> None:
    process = start(str(job / "test-1"))
    leftover_processes.sweep(job.parent, "avocado-pin-*")
    assert not _is_gone(process)
    assert (job / leftover_processes.OWNER).exists()


def test_sweep_leaves_other_folders_alone(job: Path, start: Start) -> None:
    process = start(str(job / "test-1"))
    _kill_owner(job)
    leftover_processes.sweep(job.parent, "another-*")
    assert not _is_gone(process)
    assert job.exists()


@pytest.mark.parametrize("owner", [None, "", "no number"])
def test_sweep_leaves_a_folder_alone_that_names_no_owner(job: Path, owner: str | None) -> None:
    (job / leftover_processes.OWNER).unlink()
    if owner is not None:
        (job / leftover_processes.OWNER).write_text(owner)
    leftover_processes.sweep(job.parent, "avocado-pin-*")
    assert job.exists()


@pytest.mark.parametrize("how", ["kill", "terminate"])
def test_a_guard_stops_what_a_job_left_that_was_killed(
    tmp_path: Path, start: Start, how: str
) -> None:
    (tmp_path / "job").mkdir()
    process = start(str(tmp_path / "job" / "guest-1"))
    program = (
        "import pathlib, sys, time; from avocado_pin.base import leftover_processes; "
        "print(leftover_processes.guard(pathlib.Path(sys.argv[1])).pid, flush=True); "
        "time.sleep(300)"
    )
    job = subprocess.Popen(
        [sys.executable, "-c", program, tmp_path / "job"], stdout=subprocess.PIPE, text=True
    )
    assert job.stdout
    guard = psutil.Process(int(job.stdout.readline()))
    assert not _is_gone(process)
    getattr(job, how)()
    job.wait()
    psutil.wait_procs([guard], timeout=30)
    assert _is_gone(process)
    assert not (tmp_path / "job").exists()
