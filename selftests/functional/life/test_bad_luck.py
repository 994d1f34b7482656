"""A guest or a job that is cut off ends in one clear line; what was gathered is kept."""

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import psutil
import pytest

from ..conftest import Job, RunningJob, left_behind, pinned

LONG = {"move_deadline_s": "600", "hold_s": "600"}
# With settings to put back, which a guest that is lost can't.
PINNED = pinned(100).replace("stock", "fast")
WAIT_S = 300
T = TypeVar("T")


def qemu_of(results_dir: Path) -> psutil.Process:
    """Wait for the QEMU of the job in a results folder."""

    def find() -> psutil.Process | None:
        marks = [path.name.rsplit("-", 1)[1] for path in results_dir.glob("job-*")]
        for process in psutil.process_iter(["name"]):
            try:
                if process.info["name"].startswith("qemu-system"):
                    mark = process.environ().get("AVOCADO_PIN_MARK", "")
                    # A guest's, and not one that was asked for its version.
                    named = any(f"avocado-pin-{name}" in mark for name in marks)
                    if named and "/guest-" in mark:
                        return process
            except psutil.Error:
                pass
        return None

    return wait_for(find)


def wait_for(condition: Callable[[], T | None]) -> T:
    end = time.monotonic() + WAIT_S
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.2)
    raise TimeoutError(condition)


def sampled(results_dir: Path, test: int = 1) -> Path | None:
    """Return the artifacts' folder of a test, the first by default, once a sample is there."""
    for path in results_dir.glob(f"job-*/test-results/{test}-*/numastat.log"):
        if path.stat().st_size:
            return path.parent
    return None


def test_interrupt_in_the_run(start_job: Callable[..., RunningJob], tmp_path: Path) -> None:
    job = start_job(PINNED, **LONG)
    folder = wait_for(lambda: sampled(tmp_path))
    job.interrupt()
    ended = job.end()
    assert ended.only.status == "INTERRUPTED"
    assert (folder / "samples.jsonl").read_text().count('"event":"report"') >= 2


def test_interrupt_at_boot(start_job: Callable[..., RunningJob], tmp_path: Path) -> None:
    job = start_job(PINNED)
    qemu_of(tmp_path)
    job.interrupt()
    assert job.end().only.status == "INTERRUPTED"


def test_killed_qemu(start_job: Callable[..., RunningJob], tmp_path: Path) -> None:
    job = start_job(PINNED, **LONG)
    folder = wait_for(lambda: sampled(tmp_path))
    qemu_of(tmp_path).kill()
    result = job.end().only
    assert result.status == "ERROR"
    assert "got QEMU ended with status 137" in result.reason
    assert (folder / "samples.jsonl").read_text().count('"event":"report"') >= 2
    assert result.verdict["status"] == "ERROR"
    assert result.text("qemu_command.txt").startswith("/")
    assert result.text("console.txt")


def test_panic_at_boot(run_job: Callable[..., Job]) -> None:
    result = run_job(PINNED, kernel_args="rdinit=/usr/bin/numactl").only
    assert result.status == "ERROR"
    assert "guest, boot: got in the guest: Kernel panic" in result.reason
    assert "Kernel panic" in result.text("console.txt")


def test_hang_at_boot(run_job: Callable[..., Job]) -> None:
    """A shell on the console waits for ever."""
    result = run_job(PINNED, kernel_args="rdinit=/usr/bin/sh", boot_deadline_s="25").only
    assert result.status == "ERROR"
    assert "guest, boot: got no answer: no line 'pin-guest: up' on the console" in result.reason
    assert "within 25 s" in result.reason


def test_panic_in_the_run(run_job: Callable[..., Job]) -> None:
    command = "(sleep 8; echo c >/proc/sysrq-trigger) >/dev/null 2>&1 &"
    result = run_job(PINNED, after_preflight=command, **LONG).only
    assert result.status == "FAIL"
    assert "the guest's kernel log has: Kernel panic" in result.reason
    assert "then: guest, " in result.reason


def test_hang_in_the_run(start_job: Callable[..., RunningJob], tmp_path: Path) -> None:
    job = start_job(PINNED, command_deadline_s="15", **LONG)
    folder = wait_for(lambda: sampled(tmp_path))
    qemu_of(tmp_path).suspend()
    result = job.end().only
    assert result.status == "ERROR"
    assert "got no answer" in result.reason
    assert "an end within 15 s" in result.reason
    assert (folder / "samples.jsonl").read_text()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", folder], check=True)
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to mount a small disk")
@pytest.mark.parametrize("left_kib", [600, 0])
def test_full_disk(small_disk: Path, left_kib: int) -> None:
    """With a little left, the test itself ends; with nothing, Avocado loses its last messages."""
    job = RunningJob(small_disk, [PINNED], **LONG)
    folder = wait_for(lambda: sampled(small_disk))
    gathered = (folder / "samples.jsonl").stat().st_size
    fill(small_disk, left_kib)
    ended = job.end()
    assert "expected room on the disk" in ended.output
    if left_kib:
        assert ended.only.status == "ERROR"
        assert ended.only.verdict["status"] == "ERROR"
    assert (folder / "samples.jsonl").stat().st_size >= gathered > 0
    assert left_behind(small_disk) == []


def fill(disk: Path, left_kib: int) -> None:
    usage = os.statvfs(disk)
    blocks = usage.f_bavail - left_kib * 1024 // usage.f_bsize
    (disk / "fill").write_bytes(bytes(blocks * usage.f_bsize))
