"""Processes that tests start."""

import time
from contextlib import suppress

import psutil

from avocado_pin.base.deadline import Deadline


def runs(process: psutil.Process, name: str) -> None:
    """Wait until a process runs a program, its environment included.

    While a process begins a program, the kernel shows an empty environment (/proc/PID/environ).
    """
    deadline = Deadline(10)
    while process.name() != name or not process.environ():
        assert not deadline.expired
        time.sleep(0.001)


def children_with(word: str) -> list[psutil.Process]:
    """Return the children of this process that have a word on their command line and live."""
    found = []
    for child in psutil.Process().children():
        # One that has ended and was not waited for, of another test, has no command line.
        with suppress(psutil.ZombieProcess, psutil.NoSuchProcess):
            if word in child.cmdline():
                found.append(child)
    return found
