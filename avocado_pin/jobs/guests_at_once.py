"""How many guests may run at once on this host, across all jobs.

A slot holds one guest. A test holds the slot while it runs; a guest that is left for the tests to
come stays in its slot, and is stopped if a test needs the slot for another one.
"""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import psutil

# What QEMU takes beside the guest's memory; measured 150 to 300 MiB.
QEMU_MIB = 512
MIB = 1 << 20


class Slot:
    """A slot that this process holds. The kernel frees it with its holder, however that ends.

    :param file: the slot's file, locked; it names the folder of the guest in it
    """

    def __init__(self, file: IO[str]):
        self._file = file

    @property
    def guest(self) -> Path | None:
        """The folder of the guest in this slot, if it is still there."""
        self._file.seek(0)
        return _existing(self._file.read())

    @guest.setter
    def guest(self, folder: Path | None) -> None:
        self._file.seek(0)
        self._file.truncate()
        self._file.write(str(folder or ""))
        self._file.flush()


def count(guest_mib: int) -> int:
    """Return how many guests fit: one a core, and no more than half of the host's memory holds.

    :param guest_mib: memory of a guest, MiB
    """
    by_memory = psutil.virtual_memory().total // 2 // ((guest_mib + QEMU_MIB) * MIB)
    return max(1, min(len(os.sched_getaffinity(0)), by_memory))


@contextmanager
def take(
    folder: Path, slots: int, reluctance: Callable[[Path | None], int | None] = lambda _: 0
) -> Iterator[Slot | None]:
    """Try to hold one of the slots.

    :param reluctance: how little a slot is wanted with the guest in a folder, or without one; None
        if it must be left alone. Of equals, the one that was not used for the longest time is taken
    """
    folder.mkdir(parents=True, exist_ok=True)
    ranked = []
    for number in range(slots):
        path = folder / f"slot-{number}"
        if not path.exists():
            path.touch()
        rank = reluctance(_existing(path.read_text()))
        if rank is not None:
            ranked.append((rank, path.stat().st_mtime, path))
    # The guest of a slot can change until it is held: who holds it looks again.
    file = _first_free([path for _, _, path in sorted(ranked)])
    try:
        yield Slot(file) if file else None
    finally:
        if file:
            file.close()


@contextmanager
def beyond(folder: Path, slots: int) -> Iterator[list[Slot]]:
    """Hold what is free of the slots that there are only for smaller guests than this one."""
    number = slots
    files = []
    while (folder / f"slot-{number}").exists():
        file = _first_free([folder / f"slot-{number}"])
        files += [file] if file else []
        number += 1
    try:
        yield [Slot(file) for file in files]
    finally:
        for file in files:
            file.close()


def _first_free(paths: list[Path]) -> IO[str] | None:
    for path in paths:
        file = path.open("r+")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return file
        except BlockingIOError:
            file.close()
    return None


def _existing(text: str) -> Path | None:
    return Path(text) if text and Path(text).is_dir() else None
