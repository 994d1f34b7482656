"""What apt is told to download."""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

# "'URI' NAME SIZE ALGORITHM:DIGEST", as apt-get --print-uris prints it.
_URI = re.compile(
    r"^'(?P<uri>\S+)' (?P<name>\S+) (?P<size>\d+) (?P<digest>\w+:[0-9a-f]+)", re.MULTILINE
)


@dataclass(frozen=True)
class File:
    """A package's file in an archive.

    :param size: bytes
    :param digest: as apt has it, SHA256:HEX
    """

    uri: str
    name: str
    size: int
    digest: str

    def bytes_in(self, folder: Path) -> int:
        """Return how much of the file is in a folder, bytes."""
        try:
            return (folder / self.name).stat().st_size
        except FileNotFoundError:
            return 0

    def is_whole(self, folder: Path) -> bool:
        """Return whether the file is in a folder, all of it."""
        if self.bytes_in(folder) != self.size:
            return False
        algorithm, _, value = self.digest.partition(":")
        with (folder / self.name).open("rb") as file:
            return hashlib.file_digest(file, algorithm.lower()).hexdigest() == value

    def words(self, folder: Path) -> list[str]:
        """Return what apt-helper is to be told to download it."""
        return [self.uri, str(folder / self.name), self.digest]


def parse_uris(printed: str) -> list[File]:
    """Return the files of `apt-get --print-uris download`."""
    return [
        File(match["uri"], match["name"], int(match["size"]), match["digest"])
        for match in _URI.finditer(printed)
    ]
