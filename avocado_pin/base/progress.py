"""What a person sees of long steps: a line at the start, and the elapsed time at the end."""

import logging
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

# Avocado's own channel to the terminal, as vt-bootstrap uses it.
LOG = logging.getLogger("avocado.app")
# How often a download is looked at: a terminal's line is written anew, a file gets one more.
TERMINAL_S = 0.3
LINE_S = 5
MB = 10**6


@contextmanager
def step(what: str) -> Iterator[None]:
    """Say that a step starts, and how long it took when it is done."""
    start = time.monotonic()
    LOG.info("        %s ...", what)
    yield
    LOG.info("%6.1fs %s: done", time.monotonic() - start, what)


@contextmanager
def meter(total: int, done: Callable[[], int]) -> Iterator[None]:
    """Show how far a download is, from time to time.

    :param total: bytes
    :param done: returns how many of them are there
    """
    ended = threading.Event()
    terminal = sys.stdout.isatty()

    def text() -> str:
        return f"        {done() / MB:.1f} of {total / MB:.1f} MB downloaded"

    def follow() -> None:
        while not ended.wait(TERMINAL_S if terminal else LINE_S):
            if terminal:
                sys.stdout.write(f"\r{text()}")
                sys.stdout.flush()
            else:
                LOG.info("%s", text())

    LOG.info("%s", text())
    thread = threading.Thread(target=follow, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
        if terminal:
            sys.stdout.write("\r\033[K")
            sys.stdout.flush()
