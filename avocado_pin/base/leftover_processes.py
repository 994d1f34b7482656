"""Stopping everything a job started, however it ends.

QEMU and aexpect's helpers detach from the test that starts them, so they outlive it if it is
killed. All carry the job's mark in their environment, by which they are found. Run as a program,
this is the guard of a job: it does so when the job ends without having done it.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from avocado_pin.base.deadline import Deadline

# In the environment of what a test starts: the test's folder for temporary files.
MARK = "AVOCADO_PIN_MARK"
# In the environment of a job's runners: the job's folder, in which the tests' are.
JOB = "AVOCADO_PIN_JOB"
OWNER = "owner.pid"
# A killed process is gone at once, unless it waits for a disk.
GONE_TIMEOUT_S = 10


def mark(folder: Path) -> None:
    """Mark this process's children-to-be by a folder, and make that folder.

    aexpect, Avocado-VT and others put their files into TMPDIR, and look that up only once, when
    they are imported; some of the files are a guest's, which outlives the test. So they are in the
    folder of the job, if there is one.
    """
    folder.mkdir(mode=0o700, exist_ok=True)
    os.environ[MARK] = str(folder)
    os.environ["TMPDIR"] = tempfile.tempdir = os.environ.get(JOB) or str(folder)


@contextmanager
def marking(folder: Path) -> Iterator[None]:
    """Mark what is started within the block by another folder."""
    before = os.environ[MARK]
    os.environ[MARK] = str(folder)
    try:
        yield
    finally:
        os.environ[MARK] = before


def begin_job(folder: Path) -> None:
    """Make a job's folder and tell the runners of it; other tests of the job are not touched."""
    folder.mkdir(mode=0o700)
    (folder / OWNER).write_text(str(os.getpid()))
    os.environ[JOB] = str(folder)


def guard(folder: Path) -> "subprocess.Popen[bytes]":
    """Start the guard of a job; it acts when its input ends, as it does with this process."""
    return subprocess.Popen(
        [sys.executable, "-m", __name__, str(folder)],
        cwd="/",
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def sweep(parent: Path, pattern: str) -> None:
    """Stop what jobs left that were killed before they could."""
    for folder in parent.glob(pattern):
        try:
            pid = int((folder / OWNER).read_text())
        except (OSError, ValueError):
            continue  # Not a job's, not ours to read, or being made.
        if not psutil.pid_exists(pid):
            stop(folder)


def stop(folder: Path) -> None:
    """Kill every process marked with this folder, or one in it, and remove the folder."""
    deadline = Deadline(GONE_TIMEOUT_S)
    # Again, until none is found: a process that has just been started shows no environment yet, and
    # one that was found may have started another.
    while found := [process for process in psutil.process_iter() if _is_marked(process, folder)]:
        for process in found:
            try:
                process.kill()
            except psutil.NoSuchProcess:
                pass
        while not all(map(_is_gone, found)) and not deadline.expired:
            time.sleep(0.02)
        if deadline.expired:
            break
    shutil.rmtree(folder, ignore_errors=True)


def _is_gone(process: psutil.Process) -> bool:
    """Whether a killed process has ended, even if its parent has not asked for its status yet."""
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def _is_marked(process: psutil.Process, folder: Path) -> bool:
    if process.pid in (os.getpid(), os.getppid()):
        return False
    try:
        value = process.environ().get(MARK)
    except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
        return False
    return value is not None and Path(value).is_relative_to(folder)


if __name__ == "__main__":
    sys.stdin.read()
    stop(Path(sys.argv[1]))
