"""The files a test leaves, written as they come in, so that they survive a failure."""

import errno
import shutil
from pathlib import Path

from avocado_pin.base.errors import BadConfiguration, EvidenceUnreadable

VERDICT, PARAMS, ERRORS = "verdict.json", "params.json", "errors.jsonl"
# Of a guest, whatever the test.
DMESG, CONSOLE, PREFLIGHT = "dmesg.txt", "console.txt", "preflight.txt"
QEMU_COMMAND = "qemu_command.txt"
# A test ends while there is still room to say why: Avocado writes its logs beside the artifacts.
LEAST_FREE_BYTES = 1 << 20
# Small, and without them nobody knows how a test ended.
_ALWAYS_WRITTEN = (VERDICT, PARAMS, ERRORS)


class Artifacts:
    """The files of one test.

    :param folder: the test's folder of the job's results
    """

    def __init__(self, folder: Path):
        self.folder = folder

    def write(self, name: str, text: str) -> None:
        """Write a file whole.

        :raises BadConfiguration: the disk is full
        """
        self._put(name, text, "w")

    def append(self, name: str, text: str) -> None:
        """Add to a file.

        :raises BadConfiguration: the disk is full
        """
        self._put(name, text, "a")

    def read(self, name: str) -> str:
        """Return a file's text, or nothing if it was never written.

        :raises EvidenceUnreadable: it is no text
        """
        return self.required(name, may_be_empty=True) if self.has(name) else ""

    def has(self, name: str) -> bool:
        """Return whether a file was written."""
        return (self.folder / name).exists()

    def required(self, name: str, may_be_empty: bool = False) -> str:
        """Return the text of a file that must have been written.

        :raises EvidenceUnreadable: it is not there, empty, or no text
        """
        try:
            text = (self.folder / name).read_text()
        except OSError as error:
            raise self._unreadable(name, str(error.strerror)) from error
        except UnicodeDecodeError as error:
            raise self._unreadable(name, str(error)) from error
        if not text.strip() and not may_be_empty:
            raise self._unreadable(name, "nothing in it")
        return text

    def _put(self, name: str, text: str, mode: str) -> None:
        free = shutil.disk_usage(self.folder).free
        if free < LEAST_FREE_BYTES and name not in _ALWAYS_WRITTEN:
            raise self._full(name, f"{free >> 10} KiB free")
        try:
            with (self.folder / name).open(mode) as file:
                file.write(text)
        except OSError as error:
            if error.errno not in (errno.ENOSPC, errno.EDQUOT):
                raise
            raise self._full(name, str(error.strerror)) from error

    def _unreadable(self, name: str, got: str) -> EvidenceUnreadable:
        return EvidenceUnreadable(
            f"artifact {name}",
            got=got,
            expected="the file as the test wrote it",
            look_at=self.folder,
        )

    def _full(self, name: str, got: str) -> BadConfiguration:
        return BadConfiguration(
            f"artifact {name}",
            got=got,
            expected=f"room on the disk, {LEAST_FREE_BYTES >> 10} KiB at least",
            look_at=self.folder,
        )
