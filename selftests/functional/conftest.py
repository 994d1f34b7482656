"""Running avocado as a user does, and reading what it left."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

AT_ONCE = "--max-parallel-tasks"
AVOCADO = Path(sys.executable).with_name("avocado")
ROOT = Path(__file__).resolve().parents[2]
# Cells that many tests use: the pages that are pinned, or not, with stock settings.
STOCK = "anon.{}.two_nodes.normal.stock.one_writer"


def pinned(pages: int) -> str:
    """Return the cell of pinned pages."""
    return f"pin_nightly.balancing.driver.{STOCK.format(f'pages_{pages}')}"


def unpinned(pages: int) -> str:
    """Return the cell of unpinned pages."""
    return f"pin_nightly.balancing.unpinned.{STOCK.format(f'pages_{pages}')}"


SEED = "pin_tests.balancing.driver.anon.pages_100.two_nodes.normal.stock.seed"
# A job of one guest on a busy machine without KVM takes a minute; more is a hang.
JOB_TIMEOUT_S = 420


@dataclass(frozen=True)
class Result:
    """One test of a job."""

    name: str
    status: str
    reason: str
    folder: Path
    whiteboard: str

    @property
    def verdict(self) -> dict[str, Any]:
        value: dict[str, Any] = json.loads((self.folder / "verdict.json").read_text())
        return value

    @property
    def boot(self) -> str | None:
        """Where its guest came from (docs/verdict.md), if there was one."""
        boot: str | None = self.verdict["environment"].get("guest_boot")
        return boot

    def rule(self, name: str) -> dict[str, Any]:
        return next(rule for rule in self.verdict["rules"] if rule["name"] == name)

    @property
    def broken(self) -> dict[str, str]:
        """What was got of each rule that is broken, by its name."""
        return {rule["name"]: rule["got"] for rule in self.verdict["rules"] if not rule["passed"]}

    def text(self, name: str) -> str:
        return (self.folder / name).read_text()


@dataclass(frozen=True)
class Job:
    """A job that has ended."""

    exit_code: int
    output: str
    results: list[Result]

    @property
    def only(self) -> Result:
        (result,) = self.results
        return result


class RunningJob:
    """A job in a process group of its own, as a terminal gives it."""

    def __init__(self, results_dir: Path, references: list[str], **params: str):
        self._results_dir = results_dir
        words = [AVOCADO, "run", "--job-results-dir", results_dir]
        if AT_ONCE not in references:
            # Jobs run at once already (make check); and so that tests follow each other.
            words += [AT_ONCE, "1"]
        for name, value in params.items():
            words += ["-p", f"{name}={value}"]
        self._process = subprocess.Popen(
            [*words, *references],
            cwd="/",
            text=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def interrupt(self) -> None:
        """Press Ctrl-C."""
        os.killpg(self._process.pid, signal.SIGINT)

    def kill(self) -> None:
        """Kill Avocado itself, but no other process of the job."""
        self._process.kill()

    def end(self, timeout_s: float = JOB_TIMEOUT_S) -> Job:
        try:
            output, _ = self._process.communicate(timeout=timeout_s)
        finally:
            if self._process.poll() is None:
                os.killpg(self._process.pid, signal.SIGKILL)
        assert "Traceback" not in output
        return Job(self._process.returncode, output, _results(self._results_dir))


def _results(results_dir: Path) -> list[Result]:
    path = results_dir / "latest" / "results.json"
    tests = json.loads(path.read_text())["tests"] if path.exists() else []
    return [
        Result(
            test["name"],
            test["status"],
            test["fail_reason"] or "",
            Path(test["logdir"]),
            test["whiteboard"],
        )
        for test in tests
    ]


@pytest.fixture
def start_job(tmp_path: Path) -> Iterator[Callable[..., RunningJob]]:
    """Start a job; afterwards nothing of it may be left."""

    def start(*references: str, **params: str) -> RunningJob:
        return RunningJob(tmp_path, list(references), **params)

    yield start
    assert left_behind(tmp_path) == []


@pytest.fixture
def run_job(start_job: Callable[..., RunningJob]) -> Callable[..., Job]:
    """Run a job to its end."""

    def run(*references: str, **params: str) -> Job:
        return start_job(*references, **params).end()

    return run


def left_behind(results_dir: Path) -> list[str]:
    """Processes and temporary folders of the jobs in a results folder that outlived them."""
    marks = []
    for log in results_dir.glob("job-*/job.log"):
        unique = re.search(r"Job ID: (\w+)", log.read_text(errors="replace"))
        if unique:
            marks.append(f"avocado-pin-{unique[1][:12]}")
    left = [str(path) for mark in marks for path in Path("/").glob(f"*tmp/{mark}*")]
    left += [str(path) for mark in marks for path in Path("/var/tmp").glob(f"{mark}*")]
    for process in psutil.process_iter():
        try:
            mark = process.environ().get("AVOCADO_PIN_MARK", "")
            if any(name in mark for name in marks):
                left.append(f"{process.pid} {' '.join(process.cmdline())}")
        except psutil.Error:
            pass
    return left


@pytest.fixture
def patched_driver(tmp_path: Path) -> Callable[..., str]:
    """Return a function that makes a copy of kmod/ with some of selftests/data/driver/*.patch."""

    def patch(*names: str) -> str:
        folder = tmp_path / "kmod"
        folder.mkdir()
        for path in (ROOT / "kmod").iterdir():
            if path.is_file():
                (folder / path.name).write_bytes(path.read_bytes())
        for name in names:
            text = (ROOT / "selftests" / "data" / "driver" / f"{name}.patch").read_text()
            command = ["patch", "--strip=1", "--fuzz=0", "--directory", folder]
            subprocess.run(command, input=text, text=True, check=True)
        return str(folder)

    return patch


@pytest.fixture(scope="session")
def rt_kernel() -> None:
    """Fetch the kernel without NUMA balancing, if it was not."""
    command = [AVOCADO, "pin-bootstrap", "--kernel-flavour", "rt"]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
