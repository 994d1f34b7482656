"""A point in time by which something must have happened."""

import time
from collections.abc import Callable


class Deadline:
    """A number of seconds that runs from now.

    :param seconds: how long from now
    :param clock: a monotonic clock in seconds (tests give their own)
    """

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic):
        self.seconds = seconds
        self._clock = clock
        self._end = clock() + seconds

    @property
    def remaining(self) -> float:
        """Seconds left, 0 when expired."""
        return max(0.0, self._end - self._clock())

    @property
    def expired(self) -> bool:
        """Whether no time is left."""
        return self.remaining == 0.0
