"""The runner of page pinning tests, where Avocado looks for it (jobs/runner.py)."""

from avocado_pin.jobs.runner import PinRunner

__all__ = ["PinRunner"]
