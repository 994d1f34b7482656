"""What a guest boots from, as set-up made it, by its kernel's name, flavour and version."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from avocado_pin.base.errors import BadConfiguration, NotApplicable
from avocado_pin.base.kept_folders import write_atomically
from avocado_pin.base.paths import DataFolder
from avocado_pin.debian import releases
from avocado_pin.kernels.debian_kernel import FLAVOURS
from avocado_pin.kernels.kernel import Kernel

Entry = dict[str, str]


@dataclass(frozen=True)
class GuestImage:
    """A kernel and an initramfs for direct boot.

    :param user_space: the unpacked packages the initramfs was made from
    :param architecture: Debian's name, as amd64
    :param fetched: when, as date --iso-8601=seconds says it
    """

    kernel: Kernel
    initramfs: Path
    user_space: Path
    architecture: str
    fetched: str = ""


def load(data: DataFolder, name: str, flavour: str, config: Sequence[str] = ()) -> GuestImage:
    """Return the guest image of a kernel, the newest unless another version is named.

    :param name: of the kernel, or NAME@VERSION
    :param flavour: of a kernel of Debian's; another one, if only that has what is needed
    :param config: options, without CONFIG_, that the kernel must be built with
    :raises NotApplicable: it was never fetched, but others were, or it is built without an option
    :raises BadConfiguration: nothing was set up, there is no such kernel, or a part of it is gone
    """
    wanted, _, version = name.partition("@")
    images = [image for image in known(data) if _is(image.kernel, wanted, version)]
    of_flavour = [image for image in images if image.kernel.flavour in ("", flavour)]
    if not of_flavour:
        raise _unknown(data, wanted, flavour, version)
    image = _whole(of_flavour[-1])
    lacks = image.kernel.lacks(config)
    if not lacks:
        return image
    # The user's own kernels have no flavours.
    others = [
        other
        for other in images
        if other.kernel.flavour != image.kernel.flavour and not _whole(other).kernel.lacks(config)
    ]
    # The newest of the flavour that differs least from the one asked for.
    others.sort(key=lambda other: FLAVOURS.index(other.kernel.flavour), reverse=True)
    if not others:
        raise NotApplicable(
            f"kernel {image.kernel.release} is built without CONFIG_{', CONFIG_'.join(lacks)}"
            + (f"; one that may have it: {command(wanted, 'generic')}" * (flavour == "cloud"))
        )
    return others[-1]


def _whole(image: GuestImage) -> GuestImage:
    """Return the image if all its files are there."""
    for path in (image.kernel.image, image.initramfs, image.kernel.headers):
        if not path.exists():
            raise BadConfiguration(
                f"kernel {image.kernel.title} {image.kernel.version}",
                got=f"no file {path}",
                expected="it where set-up put it",
                look_at=command(image.kernel.name, image.kernel.flavour, "--refresh"),
            )
    return image


def command(name: str, flavour: str, *options: str) -> str:
    """Return the command that fetches a kernel of Debian's, or adds one of the user's."""
    if name not in releases.names():
        return f"avocado pin-kernel add {name} --help"
    more = ["--flavour", flavour] if flavour != "cloud" else []
    return " ".join(["avocado pin-kernel fetch", name, *more, *options])


def known(data: DataFolder) -> list[GuestImage]:
    """Return all images there are, in the order they were fetched.

    :raises BadConfiguration: the list of them can't be read
    """
    return [_image(entry) for entry in _read(data)]


def save(data: DataFolder, image: GuestImage) -> None:
    """Remember an image, as the newest of its kernel's name and flavour."""
    kernel = image.kernel
    entry = {
        "name": kernel.name,
        "flavour": kernel.flavour,
        "release": kernel.release,
        "version": kernel.version,
        "folder": str(kernel.folder),
        "image": str(kernel.image),
        "headers": str(kernel.headers),
        "builder": str(kernel.builder or ""),
        "initramfs": str(image.initramfs),
        "user_space": str(image.user_space),
        "architecture": image.architecture,
        "fetched": image.fetched,
    }
    keep(data, lambda other: _key(other) != _key(image), [entry])


def keep(
    data: DataFolder, wanted: Callable[[GuestImage], bool], more: list[Entry] | None = None
) -> None:
    """Forget the images that are not wanted."""
    entries = [entry for entry in _read(data) if wanted(_image(entry))]
    text = json.dumps([*entries, *(more or [])], indent=1) + "\n"
    write_atomically(_index(data), text)


def _key(image: GuestImage) -> tuple[str, str, str]:
    return image.kernel.name, image.kernel.flavour, image.kernel.version


def _is(kernel: Kernel, name: str, version: str) -> bool:
    return kernel.name == name and version in ("", kernel.version, kernel.release)


def _image(entry: Entry) -> GuestImage:
    kernel = Kernel(
        name=entry["name"],
        flavour=entry["flavour"],
        release=entry["release"],
        version=entry["version"],
        folder=Path(entry["folder"]),
        image=Path(entry["image"]),
        headers=Path(entry["headers"]),
        builder=Path(entry["builder"]) if entry["builder"] else None,
    )
    return GuestImage(
        kernel,
        Path(entry["initramfs"]),
        Path(entry["user_space"]),
        entry["architecture"],
        entry["fetched"],
    )


def _unknown(data: DataFolder, name: str, flavour: str, version: str) -> Exception:
    images = known(data)
    if not images:
        return BadConfiguration(
            "set-up",
            got=f"no kernel for guests in {data}",
            expected="one at least, which a set-up fetches",
            look_at="avocado pin-bootstrap",
        )
    if name not in releases.names() or version:
        there = [
            f"{image.kernel.name}@{image.kernel.version}" if version else image.kernel.name
            for image in images
        ]
        return BadConfiguration(
            "kernel",
            got=repr(f"{name}@{version}" if version else name),
            expected=f"one of {', '.join(dict.fromkeys([*releases.names(), *there]))}",
            look_at="avocado pin-kernel list",
        )
    if flavour not in FLAVOURS:
        return BadConfiguration(
            "kernel_flavour",
            got=repr(flavour),
            expected=f"one of {', '.join(FLAVOURS)}",
            look_at="configs/variant_defaults.cfg",
        )
    return NotApplicable(
        f"kernel {name}, flavour {flavour}, was never fetched: {command(name, flavour)}"
    )


def _index(data: DataFolder) -> Path:
    return data.kernel_list


def _read(data: DataFolder) -> list[Entry]:
    try:
        entries: list[Entry] = json.loads(_index(data).read_text())
    except FileNotFoundError:
        return []
    except ValueError as error:
        raise BadConfiguration(
            f"list of kernels {_index(data)}",
            got=str(error),
            expected="JSON as set-up writes it",
            look_at=f"rm {_index(data)} && avocado pin-bootstrap",
        ) from error
    return entries
