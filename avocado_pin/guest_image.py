"""What a guest boots from, as set-up made it, remembered by kernel flavour."""

import json
from dataclasses import dataclass
from pathlib import Path

from avocado_pin.errors import BadConfiguration
from avocado_pin.kernels import Kernel
from avocado_pin.store import write_atomically


@dataclass(frozen=True)
class GuestImage:
    """A kernel and an initramfs for direct boot.

    :param user_space: the unpacked packages the initramfs was made from
    :param architecture: Debian's name, as amd64
    """

    kernel: Kernel
    initramfs: Path
    user_space: Path
    architecture: str


def load(data: Path, flavour: str) -> GuestImage:
    """Return the guest image of a kernel flavour.

    :raises BadConfiguration: set-up has not made it
    """
    known = _read(data)
    if flavour not in known:
        raise BadConfiguration(
            "kernel_flavour",
            got=f"{flavour!r}, which is not set up",
            expected=f"one of: {', '.join(sorted(known)) or 'none yet'}",
            look_at=f"avocado pin-bootstrap --kernel-flavour {flavour}",
        )
    entry = known[flavour]
    folder = Path(entry["kernel_folder"])
    kernel = Kernel(flavour, entry["kernel_release"], entry["kernel_version"], folder)
    image = GuestImage(
        kernel, Path(entry["initramfs"]), Path(entry["user_space"]), entry["architecture"]
    )
    for path in (kernel.image, image.initramfs):
        if not path.is_file():
            raise BadConfiguration(
                f"guest image of kernel flavour {flavour}",
                got=f"no file {path}",
                expected="it where set-up put it",
                look_at="avocado pin-bootstrap --refresh",
            )
    return image


def save(data: Path, image: GuestImage) -> None:
    """Remember an image as the one of its kernel's flavour."""
    known = _read(data)
    known[image.kernel.flavour] = {
        "kernel_release": image.kernel.release,
        "kernel_version": image.kernel.version,
        "kernel_folder": str(image.kernel.folder),
        "initramfs": str(image.initramfs),
        "user_space": str(image.user_space),
        "architecture": image.architecture,
    }
    write_atomically(_index(data), json.dumps(known, indent=1) + "\n")


def _index(data: Path) -> Path:
    return data / "guest-images.json"


def _read(data: Path) -> dict[str, dict[str, str]]:
    try:
        known: dict[str, dict[str, str]] = json.loads(_index(data).read_text())
    except FileNotFoundError:
        return {}
    except ValueError as error:
        raise BadConfiguration(
            f"list of guest images {_index(data)}",
            got=str(error),
            expected="JSON as set-up writes it",
            look_at=f"rm {_index(data)} && avocado pin-bootstrap",
        ) from error
    return known
