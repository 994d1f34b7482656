"""Processes that tests start."""

import time

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
