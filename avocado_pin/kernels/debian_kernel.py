"""Debian's kernels: fetched and unpacked."""

import re
from pathlib import Path

from avocado_pin.base.command import run
from avocado_pin.base.errors import DeploymentFailed
from avocado_pin.base.kept_folders import make_once
from avocado_pin.debian.apt_root import AptRoot, Package
from avocado_pin.debian.deb_archives import lay_out
from avocado_pin.kernels.kernel import Kernel

# Debian's stock flavours: cloud is small and has what a QEMU guest needs but, up to 6.1,
# MEMORY_FAILURE, which generic has; rt has no NUMA balancing (NUMA_BALANCING depends on
# !PREEMPT_RT, init/Kconfig).
FLAVOURS = ("cloud", "generic", "rt")
# Of 7.x a kernel's own files are in three packages, and linux-image only depends on them.
PARTS = re.compile(r"linux-(image|base|binary|modules|headers|kbuild)-\d")


def fetch(apt: AptRoot, flavour: str, kernels: Path, builder: Path | None) -> Kernel:
    """Return the newest kernel of a flavour, downloaded and unpacked if that was not done yet.

    :param kernels: the folder of all unpacked kernels
    :param builder: what builds for it
    :raises DeploymentFailed: it can't be downloaded or unpacked
    """
    # The generic flavour is the one that Debian's names don't name.
    name = apt.architecture if flavour == "generic" else f"{flavour}-{apt.architecture}"
    packages, release, version = parts(
        apt.resolve([f"linux-image-{name}", f"linux-headers-{name}"]), apt.source.name, flavour
    )
    folder = kernels / f"{release}_{version}"

    def make(work: Path) -> None:
        lay_out(work)
        apt.unpack(packages, work)
        adopt(work, folder, release)

    make_once(folder, make)
    return unpacked(folder, apt.source.name, flavour, release, version, builder)


def parts(packages: list[Package], name: str, flavour: str) -> tuple[list[Package], str, str]:
    """Return the packages that make up a kernel, its release and its version.

    :param packages: that installing the meta packages of image and headers would bring
    :raises DeploymentFailed: there is no image or there are no headers among them
    """
    found = [package for package in packages if PARTS.match(package.name)]
    images = [p for p in found if p.name.startswith("linux-image-")]
    if not images or not any(p.name.startswith("linux-headers-") for p in found):
        raise DeploymentFailed(
            f"kernel {name}, flavour {flavour}",
            got=", ".join(p.name for p in found) or "no package",
            expected="a linux-image and a linux-headers package",
            look_at="avocado pin-kernel fetch --refresh",
        )
    return found, images[0].name.removeprefix("linux-image-"), images[0].version


def adopt(work: Path, folder: Path, release: str) -> None:
    """Make unpacked packages of a kernel one that can be used in its folder.

    :param work: where they are unpacked
    :param folder: where they will be
    :raises DeploymentFailed: depmod failed
    """
    for makefile in (work / "usr" / "src").glob("linux-headers-*/Makefile"):
        text = makefile.read_text()
        makefile.write_text(own_sources(text, folder))
    run(["/sbin/depmod", "--basedir", work, release], thing=f"depmod {release}", timeout_s=300)


def own_sources(makefile: str, folder: Path) -> str:
    """Return the headers' Makefile with `folder` in it: it names /usr/src, which is the host's."""
    return re.sub(r"(?<![\w.])/usr/src/", f"{folder}/usr/src/", makefile)


def unpacked(
    folder: Path, name: str, flavour: str, release: str, version: str, builder: Path | None
) -> Kernel:
    """Return the kernel of unpacked packages.

    :raises DeploymentFailed: it has no image or no headers
    """
    # The second from 7.x on.
    images = [
        folder / "boot" / f"vmlinuz-{release}",
        folder / "usr" / "lib" / "modules" / release / "vmlinuz",
    ]
    image = next((path for path in images if path.is_file()), None)
    headers = folder / "usr" / "src" / f"linux-headers-{release}"
    if image is None or not headers.is_dir():
        raise DeploymentFailed(
            f"packages of kernel {release}",
            got="no headers" if image else "no image",
            expected=" or ".join(map(str, images)) if image is None else str(headers),
            look_at=folder,
        )
    return Kernel(name, flavour, release, version, folder, image, headers, builder)
