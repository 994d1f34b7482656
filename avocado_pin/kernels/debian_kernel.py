"""The kernels that guests boot: fetched from Debian, and unpacked."""

import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from avocado_pin.base.command import run
from avocado_pin.base.errors import DeploymentFailed
from avocado_pin.base.kept_folders import make_once
from avocado_pin.debian.apt_root import AptRoot, Package
from avocado_pin.debian.deb_archives import lay_out
from avocado_pin.kernels.config_check import lacking

# Debian's stock flavours: cloud is small and has what a QEMU guest needs but, up to 6.1,
# MEMORY_FAILURE, which generic has; rt has no NUMA balancing (NUMA_BALANCING depends on
# !PREEMPT_RT, init/Kconfig).
FLAVOURS = ("cloud", "generic", "rt")
# What the guest needs to be reached.
REQUIRED_MODULES = ("virtio_pci", "virtio_net")
# For what tests ask for (avocado_pin/trial/swap_and_disk.py), and for a lower tier of memory
# (avocado_pin/trial/scripts/tier.sh). A kernel can lack them; the test that needs one then says so.
OPTIONAL_MODULES = ("brd", "ext4", "nd_e820", "dax_pmem", "kmem")
# Of 7.x a kernel's own files are in three packages, and linux-image only depends on them.
PARTS = re.compile(r"linux-(image|base|binary|modules|headers|kbuild)-\d")


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


def module_files(kernel: Kernel) -> list[Path]:
    """Return the files of the guest's modules and of what they depend on, relative to its folder.

    :raises DeploymentFailed: the kernel does not have one that is needed
    """
    shown = run(
        _show_depends(kernel, *REQUIRED_MODULES),
        thing=f"modules of {kernel.release}",
        timeout_s=60,
    )
    for name in OPTIONAL_MODULES:
        with suppress(DeploymentFailed):
            shown += run(_show_depends(kernel, name), thing=f"module {name}", timeout_s=60)
    found = re.findall(r"^insmod (\S+)", shown, re.MULTILINE)
    return sorted({Path(path).relative_to(kernel.folder) for path in found})


def _show_depends(kernel: Kernel, *names: str) -> list[str]:
    where = [f"--dirname={kernel.folder}", f"--set-version={kernel.release}"]
    return ["/sbin/modprobe", *where, "--show-depends", "--all", *names]
