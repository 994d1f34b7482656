"""Booted guests on the disk: restored instead of booted anew.

A snapshot is taken when a guest has booted and has what every test of it needs, while nobody is
logged in, so a restored guest is what a booted one is. What is known of the guest is kept with it.
It belongs to all that makes the guest (snapshot_staleness.py): to anything else it is unknown.
"""

import hashlib
import json
import logging
import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from avocado_pin.base.kept_folders import make_once, sweep
from avocado_pin.base.paths import DataFolder
from avocado_pin.qemu.running import Known

LOG = logging.getLogger("avocado.test")
# A guest of two nodes takes 40 MB; those that were used longest ago make room.
MOST_BYTES = 2 << 30
# The disk keeps this much for what can't be done without.
LEAST_FREE_BYTES = 1 << 30
_MEMORY, _CONSOLE, _KNOWN = "memory.zst", "console.log", "known.json"
_SUMS = "SHA256SUMS"


@dataclass(frozen=True)
class Snapshot:
    """The snapshot of one kind of guest, be it there or not.

    :param folder: of the snapshot
    """

    folder: Path

    @property
    def memory(self) -> Path:
        """The file of the guest's state, as qemu/monitor.py writes and reads it."""
        return self.folder / _MEMORY

    def is_there(self) -> bool:
        """Whether there is one, whole; one that is damaged is removed."""
        try:
            whole = _sums(self.folder) == (self.folder / _SUMS).read_text()
        except OSError:
            whole = False
        with suppress(OSError):  # Of a folder that is another user's.
            os.utime(self.folder)
        if not whole and self.folder.exists():
            LOG.warning("snapshot %s is damaged and removed", self.folder)
            self.remove()
        return whole

    def console(self) -> str:
        """Return what the guest had printed."""
        return (self.folder / _CONSOLE).read_text()

    def known(self) -> Known:
        """Return what was known of the guest."""
        return Known(**json.loads((self.folder / _KNOWN).read_text()))

    def keep(self, save: Callable[[Path], None], console: str, known: Known) -> None:
        """Keep a guest, unless another test has by now.

        :param save: writes the guest's state to a file
        :param console: what the guest has printed
        :param known: what is known of it
        :raises Exception: what `save` raises
        :raises OSError: it can't be written
        """
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(self.folder.parent).free
        if free < LEAST_FREE_BYTES:
            raise OSError(f"{free >> 20} MiB free, expected {LEAST_FREE_BYTES >> 20} MiB at least")

        def make(work: Path) -> None:
            save(work / _MEMORY)
            (work / _CONSOLE).write_text(console)
            (work / _KNOWN).write_text(json.dumps(asdict(known)))
            (work / _SUMS).write_text(_sums(work))

        # What a test that was killed meanwhile has left.
        sweep(self.folder.parent)
        make_once(self.folder, make)
        make_room(self.folder.parent, MOST_BYTES)

    def remove(self) -> None:
        """Remove it."""
        shutil.rmtree(self.folder, ignore_errors=True)


def make_room(folder: Path, most: int) -> None:
    """Remove the snapshots that were used longest ago until the rest takes no more than `most`.

    :param folder: of all snapshots
    :param most: bytes
    """
    left = sorted(_finished(folder), key=_last_used)
    while left and sum(map(_size, left)) > most:
        shutil.rmtree(left.pop(0), ignore_errors=True)


def remove_all(data: DataFolder) -> None:
    """Remove all snapshots, of which nobody knows any more whose they are; they come again.

    :param data: the folder of all that set-up made
    """
    make_room(data.snapshots, 0)


def size(data: DataFolder) -> int:
    """Return the bytes that all snapshots take.

    :param data: the folder of all that set-up made
    """
    return sum(map(_size, _finished(data.snapshots)))


def _sums(folder: Path) -> str:
    """Return the lines that `sha256sum` prints of a snapshot's files."""
    lines = []
    for name in (_MEMORY, _CONSOLE, _KNOWN):
        with (folder / name).open("rb") as file:
            lines.append(f"{hashlib.file_digest(file, 'sha256').hexdigest()}  {name}\n")
    return "".join(lines)


def _finished(folder: Path) -> list[Path]:
    return list(folder.glob("[!.]*")) if folder.is_dir() else []


def _last_used(folder: Path) -> float:
    try:
        return folder.stat().st_mtime
    except FileNotFoundError:
        return 0.0  # Another job has just removed it.


def _size(folder: Path) -> int:
    size = 0
    for path in folder.glob("*"):
        with suppress(FileNotFoundError):
            size += path.stat().st_size
    return size
