"""Avocado jobs, run as a user runs them, and what they left."""

import json
import re
import subprocess
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

AVOCADO = Path(sys.executable).with_name("avocado")
TIMEOUT_S = 3600
WATCH_INTERVAL_S = 1.0


@dataclass(frozen=True)
class Test:
    """One test of a job; times are seconds since the job's process was started.

    :param began_s: when each of its phases began
    :param verdict: what verdict.json says; empty if there is none
    :param reported_s: when that was written
    """

    name: str
    status: str
    start_s: float
    end_s: float
    began_s: dict[str, float]
    verdict: dict[str, Any]
    reported_s: float
    folder: Path

    @property
    def phases_s(self) -> dict[str, float]:
        """Seconds of each of its phases."""
        return dict(self.verdict.get("phases_s", {}))

    @property
    def boot(self) -> str:
        """Where its guest came from (docs/verdict.md), or no guest."""
        return str(self.verdict.get("environment", {}).get("guest_boot", "no guest"))

    @property
    def kernel(self) -> str:
        """The kernel it was judged on; empty if there is no verdict."""
        return str(self.verdict.get("environment", {}).get("kernel", ""))


@dataclass
class Memory:
    """Host memory that was seen in use, MiB.

    :param job: of the job's process after each number of results
    :param guests: the most of each QEMU, by process
    """

    job: list[tuple[int, float]] = field(default_factory=list)
    guests: dict[int, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Job:
    """A job that has ended.

    :param wall_s: from the start of its process to its end
    """

    wall_s: float
    tests: list[Test]
    memory: Memory


def run(results: Path, *words: str, **params: str) -> Job:
    """Run a job and return it when it has ended.

    :param results: the folder of the results of jobs
    :param words: references and options of `avocado run`
    :param params: parameters that override the tests'
    """
    command = [str(AVOCADO), "run", "--job-results-dir", str(results)]
    for name, value in params.items():
        command += ["-p", f"{name}={value}"]
    start, clock = time.time(), time.monotonic()
    process = subprocess.Popen(
        [*command, *words],
        cwd="/",
        text=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    watch = _Watch(process, results)
    output, _ = process.communicate(timeout=TIMEOUT_S)
    wall = time.monotonic() - clock
    watch.end()
    match = re.search(r"^JOB LOG +: (.+)/job.log$", output, re.M)
    if not match:
        raise RuntimeError(f"{' '.join([*command, *words])}: got {output[-400:]!r}")
    return Job(wall, _tests(Path(match[1]), start), watch.memory)


def _tests(folder: Path, start: float) -> list[Test]:
    return [
        _test(found, start) for found in json.loads((folder / "results.json").read_text())["tests"]
    ]


def _test(found: dict[str, Any], start: float) -> Test:
    folder = Path(found["logdir"])
    path = folder / "verdict.json"
    there = path.exists()
    verdict = json.loads(path.read_text()) if there else {}
    return Test(
        name=found["name"].partition("-")[2] or found["name"],
        status=found["status"],
        start_s=found["actual_time_start"] - start,
        end_s=found["actual_time_end"] - start,
        began_s={name: at - start for name, at in verdict.get("phases_began", {}).items()},
        verdict=verdict,
        reported_s=(path.stat().st_mtime if there else found["actual_time_end"]) - start,
        folder=folder,
    )


def kernels(job: Job) -> dict[str, str]:
    """Return the kernels that a job has verdicts on, in their order, each with its statuses."""
    statuses: dict[str, Counter[str]] = {}
    for test in job.tests:
        if test.kernel:
            statuses.setdefault(test.kernel, Counter())[test.status] += 1
    return {
        kernel: ", ".join(f"{count} {status}" for status, count in counted.items())
        for kernel, counted in statuses.items()
    }


def span_s(job: Job, kernel: str) -> float:
    """Return the seconds from the start of a kernel's first test to the end of its last.

    Where two tests run at once, the first of a kernel runs beside the last of another one.
    """
    tests = [test for test in job.tests if test.kernel == kernel]
    return max(test.end_s for test in tests) - min(test.start_s for test in tests)


class _Watch:
    """Looks at the memory of a job and of the guests on this host while the job runs."""

    def __init__(self, process: "subprocess.Popen[str]", results: Path):
        self.memory = Memory()
        self._results = results
        self._others = set(results.glob("job-*"))
        self._process = psutil.Process(process.pid)
        self._before = set(_guests())
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def end(self) -> None:
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._ended.wait(WATCH_INTERVAL_S):
            try:
                self._look()
            except psutil.Error:
                pass  # Gone while it was looked at.

    def _look(self) -> None:
        jobs = set(self._results.glob("job-*")) - self._others
        done = sum(len(list(job.glob("test-results/*/whiteboard"))) for job in jobs)
        self.memory.job.append((done, self._process.memory_info().rss / 2**20))
        for pid, mib in _guests().items():
            if pid not in self._before:
                self.memory.guests[pid] = max(mib, self.memory.guests.get(pid, 0))


def _guests() -> dict[int, float]:
    """Return the resident memory of every QEMU on this host, MiB, by process."""
    found = psutil.process_iter(["name", "memory_info"])
    return {
        process.pid: process.info["memory_info"].rss / 2**20
        for process in found
        if str(process.info["name"]).startswith("qemu-system") and process.info["memory_info"]
    }
