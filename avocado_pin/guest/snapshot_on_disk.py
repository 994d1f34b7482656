"""Booted guests on the disk: restored instead of booted anew.

A snapshot is taken when a guest has booted and has what every test of it needs, while nobody is
logged in, so a restored guest is what a booted one is. What is known of the guest is kept with it.
It belongs to all that makes the guest: to anything else it is unknown.
"""

import hashlib
import json
import logging
import os
import shutil
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

from avocado_pin.base.kept_folders import fingerprint, make_once, sweep
from avocado_pin.base.paths import PACKAGE, DataFolder
from avocado_pin.qemu.running import Known
from avocado_pin.variant import guest_key

LOG = logging.getLogger("avocado.test")
# A guest of two nodes takes 40 MB; those that were used longest ago make room.
MOST_BYTES = 2 << 30
# The disk keeps this much for what can't be done without.
LEAST_FREE_BYTES = 1 << 30
_MEMORY, _CONSOLE, _KNOWN = "memory.zst", "console.log", "known.json"
_SUMS = "SHA256SUMS"
# Of the host, whose CPU a guest under KVM has.
_CPU, _BOOT_ID = Path("/proc/cpuinfo"), Path("/proc/sys/kernel/random/boot_id")
# Of a test and not of the guest: whether others may use it after.
_NOT_COUNTED = {"reuse_guest"}
# Who makes QEMU's command line of the parameters, and who looked at the guest and gave it what it
# has.
_MAKER = "avocado-framework-plugin-vt"
_OWN_MAKERS = sorted(
    path
    for package in ("guest", "qemu", "trial", "vt")
    for path in (PACKAGE / package).rglob("*")
    if path.is_file() and path.parent.name != "__pycache__"
)


def key(params: Mapping[str, str], kvm: bool) -> str:
    """Return the key of the snapshot of the guest that a test with these parameters needs.

    :param params: all that Avocado-VT gets but what is of one job
    :param kvm: whether the guest runs on the host's own CPU, whose features it then has
    """
    counted = {name: value for name, value in params.items() if name not in _NOT_COUNTED}
    files = [Path(params[name]).stat() for name in ("qemu_binary", "kernel", "initrd")]
    more = [f"{file.st_size} {file.st_mtime_ns}" for file in files]
    more += [version(_MAKER), fingerprint(_OWN_MAKERS)]
    return guest_key.of(counted, *more, *(_host() if kvm else ()))


def _host() -> list[str]:
    cpu = _CPU.read_text().partition("\n\n")[0]
    kept = [line for line in cpu.splitlines() if line.startswith(("model", "flags", "microcode"))]
    return [*kept, _BOOT_ID.read_text()]


@dataclass(frozen=True)
class Snapshot:
    """The snapshot of one kind of guest, be it there or not.

    :param folder: of the snapshot
    """

    folder: Path

    @property
    def memory(self) -> Path:
        """The file of the guest's state (qemu/command_line_of_all_guests.py has it read)."""
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
