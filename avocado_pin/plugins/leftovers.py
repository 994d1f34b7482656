"""The job hook that stops what a job's tests left behind."""

import tempfile
from pathlib import Path
from typing import Any

from avocado.core.plugin_interfaces import JobPostTests, JobPreTests

from avocado_pin import leftovers
from avocado_pin.plugins.resolver import RUNNER_KIND


class PinLeftovers(JobPreTests, JobPostTests):  # type: ignore[misc]
    """Marks what the tests of a job start, and kills what is left of it at the job's end."""

    name = "pin-leftovers"
    description = "Stops guests and other processes that page pinning tests left behind"

    def __init__(self, **kwargs: Any):
        super().__init__()
        self._folder: Path | None = None

    def pre_tests(self, job: Any) -> None:
        """Mark the tests' processes, if the job has page pinning tests."""
        suite = job.test_suite
        if suite and any(test.kind == RUNNER_KIND for test in suite.tests):
            self._folder = Path(tempfile.gettempdir()) / f"avocado-pin-{job.unique_id[:12]}"
            leftovers.mark(self._folder)

    def post_tests(self, job: Any) -> None:
        """Stop what is left and remove the temporary files."""
        if self._folder:
            leftovers.stop(self._folder)
