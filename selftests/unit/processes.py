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


def child_with(word: str) -> psutil.Process:
    """Wait until a child of this process has a word on its command line, and return it.

    Until it begins its program, it has the command line of this process.
    """
    deadline = Deadline(10)
    while not deadline.expired:
        for child in psutil.Process().children():
            # One that has ended and was not waited for, of another test, has no command line.
            with suppress(psutil.ZombieProcess, psutil.NoSuchProcess):
                if word in child.cmdline():
                    return child
        time.sleep(0.001)
    raise AssertionError(f"no child with {word}")
