"""How long each step of a test took."""

import time
from collections.abc import Iterator
from contextlib import contextmanager


class Phases:
    """Seconds by phase, a phase that comes twice has the sum; and when each first began.

    When is in seconds since the epoch.
    """

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self.began: dict[str, float] = {}

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Take the time of a step, also of one that fails."""
        start = time.monotonic()
        try:
            yield
        finally:
            self.add(name, time.monotonic() - start)

    def add(self, name: str, seconds: float, ended_s: float = 0.0) -> None:
        """Add time that was taken otherwise; of two clocks, it may be a little less than none.

        :param ended_s: for how many seconds it has been over
        """
        seconds = max(0.0, seconds)
        self.began.setdefault(name, round(time.time() - ended_s - seconds, 3))
        self.seconds[name] = round(self.seconds.get(name, 0.0) + seconds, 3)
