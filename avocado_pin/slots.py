"""How many guests may run at once on this host, across all jobs."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import psutil

# What QEMU takes beside the guest's memory; measured 150 to 300 MiB.
QEMU_MIB = 512
MIB = 1 << 20


def count(guest_mib: int) -> int:
    """Return how many guests fit: one a core, and no more than half of the host's memory holds.

    :param guest_mib: memory of a guest, MiB
    """
    by_memory = psutil.virtual_memory().total // 2 // ((guest_mib + QEMU_MIB) * MIB)
    return max(1, min(len(os.sched_getaffinity(0)), by_memory))


@contextmanager
def take(folder: Path, slots: int) -> Iterator[bool]:
    """Try to hold one of the slots; the value says whether one was free.

    The kernel frees a slot with its holder, however that ends.
    """
    folder.mkdir(parents=True, exist_ok=True)
    held: IO[str] | None = None
    try:
        for number in range(slots):
            file = (folder / f"slot-{number}").open("a")
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                file.close()
                continue
            held = file
            break
        yield held is not None
    finally:
        if held:
            held.close()
