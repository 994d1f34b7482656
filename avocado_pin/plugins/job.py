"""What page pinning tests need of the job around them."""

import logging
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from avocado.core import exit_codes
from avocado.core.plugin_interfaces import ResultEvents

from avocado_pin.base import leftover_processes
from avocado_pin.jobs import max_parallel_tasks, runner_server
from avocado_pin.jobs.nothing_judged import Unjudged
from avocado_pin.plugins.resolver import RUNNER_KIND, tags
from avocado_pin.variant import command_line_params, guest_key

LOG = logging.getLogger("avocado.app")
# Avocado's own result files are written after the tests, with tracebacks if the disk is full by
# then; they take about 10 KB a test.
RESERVE_BYTES = 1 << 20
FOLDER = "avocado-pin-"


class PinJob(ResultEvents):  # type: ignore[misc]
    """Stops what a job's tests leave behind, and keeps room on the disk for the job's results.

    A set of which every test was cancelled is told, and fails the job: what was not looked at is
    not green. Avocado itself has no word for that, and takes the exit code before post_tests(): so
    the job fails until a test of each set was judged.
    """

    name = "pin-job"
    description = "Cleans up after page pinning tests"

    def __init__(self, **kwargs: Any):
        super().__init__()
        self._folder: Path | None = None
        self._guard: subprocess.Popen[bytes] | None = None
        self._reserve: Path | None = None
        self._job: Any = None
        self._unjudged = Unjudged([])

    def pre_tests(self, job: Any) -> None:
        """Mark what the tests will start, if the job has page pinning tests."""
        tests = [t for suite in job.test_suites for t in suite.tests if t.kind == RUNNER_KIND]
        if tests:
            self._job, self._unjudged = job, Unjudged(test.uri for test in tests)
            job.exitcode |= exit_codes.AVOCADO_TESTS_FAIL
            parent = Path(tempfile.gettempdir())
            leftover_processes.sweep(parent, f"{FOLDER}*")
            self._folder = parent / f"{FOLDER}{job.unique_id[:12]}"
            leftover_processes.begin_job(self._folder)
            self._guard = leftover_processes.guard(self._folder)
            # Avocado and aexpect look for their helpers in PATH, where they are only if the
            # environment is activated.
            os.environ["PATH"] = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
            runner_server.start(self._folder)
            self._reserve = Path(job.logdir) / ".reserve"
            _allocate(self._reserve)
            for suite in job.test_suites:
                _give(suite)
            # What the next test would want to know of a guest need not be looked at.
            for params in guest_key.alone(test.kwargs for test in tests):
                params["reuse_guest"] = "no"
        for suite in job.test_suites:
            if _kinds(suite) == {RUNNER_KIND}:
                max_parallel_tasks.apply(suite.config, [test.kwargs for test in suite.tests])

    def start_test(self, result: Any, state: dict[str, Any]) -> None:
        """Do nothing."""

    def test_progress(self, progress: bool = False) -> None:
        """Do nothing."""

    def end_test(self, result: Any, state: dict[str, Any]) -> None:
        """Note that a test was judged, if it was."""
        if self._unjudged.sets and "name" in state:
            self._unjudged.end(state["name"].name, state.get("status", "ERROR"))
            if not self._unjudged.sets:
                self._job.exitcode &= ~exit_codes.AVOCADO_TESTS_FAIL

    def post_tests(self, job: Any) -> None:
        """Stop what is left, remove temporary files, and say where the artifacts are."""
        if self._folder and self._reserve:
            leftover_processes.stop(self._folder)
            if self._guard and self._guard.stdin:
                self._guard.stdin.close()
            if shutil.disk_usage(job.logdir).free < RESERVE_BYTES:
                LOG.error("%s: got a full disk, expected room on the disk", job.logdir)
            self._reserve.unlink(missing_ok=True)
            for name in self._unjudged.sets:
                LOG.error("NOT JUDGED : %s: each of its tests was cancelled", name)
            LOG.info("ARTIFACTS  : %s", job.test_results_path)


def _give(suite: Any) -> None:
    """Give tests that come from recipes, not from names, the parameters of the command line."""
    given = command_line_params.assignments(suite.config)
    for test in (test for test in suite.tests if test.kind == RUNNER_KIND):
        for text in given:
            name, _, value = (part.strip() for part in text.partition("="))
            test.kwargs[name] = value
        test.tags = tags(test.kwargs)


def _kinds(suite: Any) -> set[str]:
    return {test.kind for test in suite.tests}


def _allocate(path: Path) -> None:
    try:
        with path.open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, RESERVE_BYTES)
    except OSError as error:
        LOG.error("%s: got %s, expected room for %d bytes", path, error.strerror, RESERVE_BYTES)
