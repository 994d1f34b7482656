"""The files a test leaves, written as they come in, so that they survive a failure."""

import errno
import json
from pathlib import Path
from typing import Any

from avocado_pin.errors import BadConfiguration


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
        """Return a file's text, or nothing if it was never written."""
        path = self.folder / name
        return path.read_text() if path.exists() else ""

    def write_json(self, name: str, value: Any) -> None:
        """Write a value as JSON."""
        self.write(name, json.dumps(value, indent=1) + "\n")

    def _put(self, name: str, text: str, mode: str) -> None:
        try:
            with (self.folder / name).open(mode) as file:
                file.write(text)
        except OSError as error:
            if error.errno not in (errno.ENOSPC, errno.EDQUOT):
                raise
            raise BadConfiguration(
                f"artifact {name}",
                got=error.strerror,
                expected="room on the disk",
                look_at=self.folder,
            ) from error
