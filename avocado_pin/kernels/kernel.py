"""A kernel that guests boot, be it Debian's or the user's own."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from avocado_pin.kernels.config_check import lacking


@dataclass(frozen=True)
class Kernel:
    """A kernel ready to be booted and built against.

    :param name: where it comes from: a Debian suite, or a name that the user gave
    :param flavour: Debian's; nothing for the user's own
    :param release: what uname -r says
    :param version: the Debian package's version; of the user's own a fingerprint
    :param folder: what is unpacked or copied of it; lib/modules/RELEASE is in it
    :param image: the file to boot
    :param headers: the folder to give make -C for an external module
    :param builder: the root of the compiler it is built with; None: the host's own
    """

    name: str
    flavour: str
    release: str
    version: str
    folder: Path
    image: Path
    headers: Path
    builder: Path | None = None

    @property
    def modules(self) -> Path:
        """The folder of its modules."""
        return self.folder / "lib" / "modules" / self.release

    @property
    def title(self) -> str:
        """What to call it."""
        return f"{self.name}/{self.flavour}" if self.flavour else self.name

    def lacks(self, options: Iterable[str]) -> list[str]:
        """Return which options, without CONFIG_, the kernel is built without."""
        return lacking((self.headers / ".config").read_text(), options) if options else []
