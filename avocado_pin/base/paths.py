"""Where the project's own files are, and where set-up keeps what it makes."""

import os
import sys
from dataclasses import dataclass
from pathlib import Path

from avocado_pin.base.errors import BadConfiguration

PACKAGE = Path(__file__).resolve().parents[1]


def source(name: str) -> Path:
    """Return a top-level folder of the project: kmod, workload, tests or configs.

    A checkout has them beside the package; an installed package under share/avocado-pin
    of its environment (data_files in setup.py).

    :raises BadConfiguration: it is in neither place
    """
    places = [PACKAGE.parent / name, Path(sys.prefix) / "share" / "avocado-pin" / name]
    for place in places:
        if place.is_dir():
            return place
    raise BadConfiguration(
        f"folder {name}/ of avocado-pin",
        got="no such folder",
        expected=f"one of {', '.join(map(str, places))}",
        look_at="the installation of avocado-pin",
    )


@dataclass(frozen=True)
class DataFolder:
    """The folder of all that set-up makes, and where in it each kind of thing is.

    :param root: the folder itself
    """

    root: Path

    def __str__(self) -> str:
        return str(self.root)

    def unwritable(self) -> str:
        """Return why nothing can be made in it; nothing if it can."""
        if not self.root.is_absolute():
            return "no HOME and no home of this user's"
        there = next(path for path in (self.root, *self.root.parents) if path.exists())
        if not there.is_dir():
            return f"{there}, which is no folder"
        return "" if os.access(there, os.W_OK | os.X_OK) else f"no right to write to {there}"

    def check_writable(self) -> None:
        """Check that something can be made in it, be it there or not.

        :raises BadConfiguration: nothing can
        """
        if wrong := self.unwritable():
            raise BadConfiguration(
                f"folder {self.root}",
                got=wrong,
                expected="one to write to: in HOME, or datadir.paths.data_dir of avocado.conf",
                look_at="docs/hosts.md",
            )

    @property
    def kernels(self) -> Path:
        """The kernels, unpacked, a folder each."""
        return self.root / "kernels"

    @property
    def kernel_list(self) -> Path:
        """What is known of the kernels, in the order they were fetched."""
        return self.root / "kernels.json"

    @property
    def initramfs(self) -> Path:
        """The guests' initramfs, a folder for each kernel."""
        return self.root / "initramfs"

    @property
    def user_space(self) -> Path:
        """The guests' programs, unpacked."""
        return self.root / "user-space"

    @property
    def compilers(self) -> Path:
        """The roots of compilers for kernels that the host's own can't build for."""
        return self.root / "builders"

    @property
    def builds(self) -> Path:
        """The driver, the workload and the driver's tests, a folder for each state of a source."""
        return self.root / "builds"

    @property
    def apt(self) -> Path:
        """The private apt roots, one for each suite, with lists and downloads."""
        return self.root / "apt"

    @property
    def mirror(self) -> Path:
        """The mirror that the user named."""
        return self.root / "mirrors.json"

    @property
    def ssh(self) -> Path:
        """The key of the guests, and the ssh and scp that use it."""
        return self.root / "ssh"

    @property
    def snapshots(self) -> Path:
        """Booted guests."""
        return self.root / "snapshots"

    @property
    def slots(self) -> Path:
        """Which guests run on this host."""
        return self.root / "slots"

    @property
    def qemu_probes(self) -> Path:
        """What QEMU said of itself."""
        return self.root / "qemu-probes"

    @property
    def accelerators(self) -> Path:
        """KVM or TCG, as it was chosen."""
        return self.root / "accelerator.json"

    @property
    def accelerator_lock(self) -> Path:
        """Held by the one who tries KVM."""
        return self.root / "accelerator.lock"

    @property
    def set_up_lock(self) -> Path:
        """Held by the one who changes what set-up makes."""
        return self.root / "set-up.lock"


def data_folder() -> DataFolder:
    """Return the folder of all that set-up makes: in Avocado's data folder, beside Avocado-VT's."""
    from avocado.core import data_dir as avocado_data_dir

    return DataFolder(Path(avocado_data_dir.get_data_dir()) / "avocado-pin")
