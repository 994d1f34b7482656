"""The kernels there are: fetched, added, listed, removed."""

import logging
import os
import shutil
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from avocado_pin.base.errors import BadConfiguration, PinError
from avocado_pin.base.paths import DataFolder, source
from avocado_pin.base.progress import step
from avocado_pin.build import driver_and_workload
from avocado_pin.debian import releases
from avocado_pin.debian.apt_root import Source
from avocado_pin.guest import snapshot_on_disk
from avocado_pin.kernels import boot_files, own_kernel
from avocado_pin.kernels.boot_files import GuestImage
from avocado_pin.kernels.kernel import Kernel
from avocado_pin.setup.bootstrap import check_host
from avocado_pin.setup.make_guest_images import ImageMaker, set_up
from avocado_pin.vt import own_setup

LOG = logging.getLogger("avocado.app")
OLD_BUILD_S = 86400
Add = Callable[[Path, Path | None], tuple[Kernel, list[str]]]


@dataclass(frozen=True)
class Line:
    """What a list says of a kernel.

    :param size: of its files on the disk, bytes
    :param driver: whether the project's own is built for it
    """

    image: GuestImage
    size: int
    driver: bool


def lines(data: DataFolder) -> list[Line]:
    """Return all kernels there are, in the order they were fetched."""
    return [
        Line(image, _size(image.kernel.folder), _built(data, image.kernel))
        for image in boot_files.known(data)
    ]


def sizes(data: DataFolder) -> dict[str, int]:
    """Return the bytes on the disk of all that set-up made, by what it is."""
    folders = {
        "kernels": [data.kernels],
        "compiler": [data.compilers],
        "guests' programs": [data.initramfs, data.user_space],
        "builds": [data.builds],
        "package lists and downloads": [data.apt],
    }
    found = {what: sum(map(_size, parts)) for what, parts in folders.items()}
    return {**found, "snapshots of booted guests": snapshot_on_disk.size(data)}


def fetch(
    data: DataFolder,
    names: list[str],
    flavour: str,
    refresh: bool,
    keep: int | None = None,
    suites: Sequence[str] = (),
) -> tuple[list[PinError], list[GuestImage]]:
    """Make Debian's kernels ready: fetched, with a guest's initramfs and the driver.

    One that can't be had does not stop the others.

    :param names: of suites
    :param flavour: of the kernels; empty: what the default set of tests needs
    :param keep: how many versions of each that was fetched stay; None: all
    :param suites: of Debian's archive, of the one name if configs/ does not have it
    :return: what went wrong, and what was removed
    :raises PinError: nothing can be fetched at all
    """
    sources = _sources(names, suites)
    check_host()
    errors: list[PinError] = []
    fetched = set()
    with set_up(data):
        own_setup.bootstrap()
        maker = ImageMaker(data, sources=sources)
        for name in names:
            try:
                for image in maker.of_suite(name, flavour, refresh):
                    _build(data, image.kernel)
                    # One that no driver can be built for does not replace those before it.
                    fetched.add(image.kernel.title)
            except PinError as error:
                LOG.error("%s", error)
                errors.append(error)
        gone = _remove_older(data, keep, fetched) if keep else []
    return errors, gone


def _sources(names: list[str], suites: Sequence[str]) -> list[Source]:
    """Return where to look for a kernel that configs/ does not have, if one is asked for.

    :raises BadConfiguration: nobody says where to look for a name, or two do
    """
    if suites:
        if len(names) > 1 or not _is_free(names[0]):
            raise BadConfiguration(
                "--suite",
                got=f"kernel {', '.join(names)}",
                expected=f"one name, of {_free_names()}",
                look_at="avocado pin-kernel fetch --help",
            )
        return [Source(names[0], tuple(suites))]
    for name in names:
        if name not in releases.names():
            raise BadConfiguration(
                "kernel",
                got=repr(name),
                expected=f"one of {', '.join(releases.names())}, or --suite SUITE",
                look_at="configs/debian_suites.cfg; your own: avocado pin-kernel add --help",
            )
    return []


def _free_names() -> str:
    return f"small letters, digits and _, and none of {', '.join(releases.names())}"


def _is_free(name: str) -> bool:
    return bool(own_kernel.NAME.fullmatch(name)) and name not in releases.names()


def add(data: DataFolder, name: str, read: Add, needs_builder: bool) -> GuestImage:
    """Make a kernel of the user's own ready.

    :param read: makes it, given the folder of all kernels and the root of its compiler
    :param needs_builder: whether the host's own compiler is not the one for it
    :raises PinError: it can't be used
    """
    if not _is_free(name):
        raise BadConfiguration(
            "the kernel's name",
            got=repr(name),
            expected=_free_names(),
            look_at="avocado pin-kernel add --help",
        )
    check_host()
    with set_up(data):
        own_setup.bootstrap()
        maker = ImageMaker(data)
        compiler = maker.builder() if needs_builder else None
        with step(f"kernel {name}"):
            kernel, missed = read(data.kernels, compiler)
        for what in missed:
            LOG.warning("        kernel %s has no %s", name, what)
        _build(data, kernel)
        return maker.image(kernel)


def remove(data: DataFolder, names: list[str]) -> list[GuestImage]:
    """Remove kernels and what was made of them; return which.

    :param names: NAME for all of its flavours and versions, or NAME@VERSION
    :raises BadConfiguration: there is no such kernel
    """
    with set_up(data):
        images = boot_files.known(data)
        gone = []
        for name in names:
            found = [image for image in images if _is(image.kernel, name)]
            if not found:
                raise BadConfiguration(
                    "kernel",
                    got=repr(name),
                    expected="NAME or NAME@VERSION of one that is there",
                    look_at="avocado pin-kernel list",
                )
            gone += found
        _remove(data, gone)
    return gone


def prune(data: DataFolder, keep: int) -> list[GuestImage]:
    """Remove all but the newest versions of each kernel and flavour, and what nothing uses.

    :param keep: how many versions stay
    :return: the kernels that were removed
    """
    with set_up(data):
        gone = _remove_older(data, keep, {image.kernel.title for image in boot_files.known(data)})
        _remove_unused(data)
    return gone


def _remove_older(data: DataFolder, keep: int, titles: set[str]) -> list[GuestImage]:
    """Remove all but the newest versions of some kernels; return which."""
    seen: Counter[str] = Counter()
    gone = []
    for image in reversed(boot_files.known(data)):
        seen[image.kernel.title] += 1
        if seen[image.kernel.title] > keep and image.kernel.title in titles:
            gone.append(image)
    _remove(data, gone)
    return gone


def _remove_unused(data: DataFolder) -> None:
    """Remove what is not of a kernel that is there: it is made or fetched again when needed."""
    images = boot_files.known(data)
    used = {
        *(image.user_space for image in images),
        *(image.initramfs.parent for image in images),
        *(image.kernel.builder for image in images),
        *(
            driver_and_workload.driver_build(source("kmod"), image.kernel, data.builds)
            for image in images
        ),
        driver_and_workload.workload_build(source("workload"), data.builds),
    }
    yesterday = time.time() - OLD_BUILD_S
    for part in (data.user_space, data.initramfs, data.compilers, data.builds):
        for folder in set(part.glob("*")) - used:
            # A job that runs now can have made it for a driver of the user's.
            if part != data.builds or folder.stat().st_mtime < yesterday:
                shutil.rmtree(folder, ignore_errors=True)
    for folder in data.apt.glob("*/downloads"):
        shutil.rmtree(folder, ignore_errors=True)


def _remove(data: DataFolder, gone: list[GuestImage]) -> None:
    boot_files.keep(data, lambda image: image not in gone)
    if gone:
        snapshot_on_disk.remove_all(data)
    kept = boot_files.known(data)
    folders = {image.kernel.folder for image in kept}
    # Also what an `add` that failed has left.
    for folder in set(data.kernels.glob("*")) - folders:
        shutil.rmtree(folder, ignore_errors=True)
    for image in gone:
        if image.kernel.folder not in folders:
            for path in data.builds.glob(f"{driver_and_workload.driver_prefix(image.kernel)}*"):
                shutil.rmtree(path, ignore_errors=True)
        if image.initramfs not in {other.initramfs for other in kept}:
            shutil.rmtree(image.initramfs.parent, ignore_errors=True)


def _build(data: DataFolder, kernel: Kernel) -> None:
    with step(f"driver for {kernel.release}"):
        driver_and_workload.driver(source("kmod"), kernel, data.builds)


def _is(kernel: Kernel, name: str) -> bool:
    wanted, _, version = name.partition("@")
    return kernel.name == wanted and (not version or version in (kernel.version, kernel.release))


def _built(data: DataFolder, kernel: Kernel) -> bool:
    return driver_and_workload.driver_built(source("kmod"), kernel, data.builds)


def _size(folder: Path) -> int:
    """The bytes that a folder's files take on the disk."""
    size = 0
    for where, _, names in os.walk(folder):
        for name in names:
            with suppress(FileNotFoundError):  # A job that runs now removes files.
                size += Path(where, name).lstat().st_blocks * 512
    return size
