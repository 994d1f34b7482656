"""What a person sees of long steps: a line at the start, and the elapsed time at the end."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager

# Avocado's own channel to the terminal, as vt-bootstrap uses it.
LOG = logging.getLogger("avocado.app")


@contextmanager
def step(what: str) -> Iterator[None]:
    """Say that a step starts, and how long it took when it is done."""
    start = time.monotonic()
    LOG.info("        %s ...", what)
    yield
    LOG.info("%6.1fs %s: done", time.monotonic() - start, what)
