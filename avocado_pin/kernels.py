"""The kernels that guests boot: fetched from Debian, and unpacked."""

import re
from dataclasses import dataclass
from pathlib import Path

from avocado_pin.command import run
from avocado_pin.debian import AptRoot, Package, unpack
from avocado_pin.errors import DeploymentFailed
from avocado_pin.store import make_once, scratch

# Debian's stock flavours: cloud is small and has what a QEMU guest needs but MEMORY_FAILURE, which
# generic has; rt has no NUMA balancing (NUMA_BALANCING depends on !PREEMPT_RT, init/Kconfig).
FLAVOURS = ("cloud", "generic", "rt")
# What the guest needs to be reached, for what tests ask for (avocado_pin/services.py), and for a
# lower tier of memory (avocado_pin/guest_scripts/tier.sh); everything else is built in.
MODULES = ("virtio_pci", "virtio_net", "brd", "ext4", "nd_e820", "dax_pmem", "kmem")


@dataclass(frozen=True)
class Kernel:
    """A kernel ready to be booted and built against.

    :param release: what uname -r says
    :param version: the Debian package's version
    :param folder: where it is unpacked
    """

    flavour: str
    release: str
    version: str
    folder: Path

    @property
    def image(self) -> Path:
        """The file to boot."""
        return self.folder / "boot" / f"vmlinuz-{self.release}"

    @property
    def headers(self) -> Path:
        """The folder to give make -C for an external module."""
        return self.folder / "usr" / "src" / f"linux-headers-{self.release}"

    @property
    def modules(self) -> Path:
        """The folder of its modules."""
        return self.folder / "lib" / "modules" / self.release


def fetch(apt: AptRoot, flavour: str, kernels: Path) -> Kernel:
    """Return the newest kernel of a flavour, downloaded and unpacked if that was not done yet.

    :param kernels: the folder of all unpacked kernels
    :raises DeploymentFailed: it can't be downloaded or unpacked
    """
    # The generic flavour is the one that Debian's names don't name.
    name = apt.architecture if flavour == "generic" else f"{flavour}-{apt.architecture}"
    meta = [f"linux-image-{name}", f"linux-headers-{name}"]
    packages = [p for p in apt.resolve(meta) if _is_part(p, meta)]
    release, version = _release(packages, flavour)

    folder = kernels / f"{release}_{version}"

    def make(work: Path) -> None:
        with scratch(apt.root) as download:
            for archive in apt.download(packages, Path(download)):
                unpack(archive, work)
        _use_own_headers(work, folder)
        run(["/sbin/depmod", "--basedir", work, release], thing=f"depmod {release}", timeout_s=300)

    return Kernel(flavour, release, version, make_once(folder, make))


def module_files(kernel: Kernel) -> list[Path]:
    """Return the files of MODULES and of what they depend on, relative to the kernel's folder.

    :raises DeploymentFailed: the kernel does not have one
    """
    where = [f"--dirname={kernel.folder}", f"--set-version={kernel.release}"]
    shown = run(
        ["/sbin/modprobe", *where, "--show-depends", "--all", *MODULES],
        thing=f"modules of {kernel.release}",
        timeout_s=60,
    )
    found = re.findall(r"^insmod (\S+)", shown, re.MULTILINE)
    return sorted({Path(path).relative_to(kernel.folder) for path in found})


def _is_part(package: Package, meta: list[str]) -> bool:
    prefixes = ("linux-image-", "linux-headers-", "linux-kbuild-")
    return package.name.startswith(prefixes) and package.name not in meta


def _release(packages: list[Package], flavour: str) -> tuple[str, str]:
    for package in packages:
        if package.name.startswith("linux-image-"):
            return package.name.removeprefix("linux-image-"), package.version
    raise DeploymentFailed(
        f"kernel of flavour {flavour}",
        got=", ".join(p.name for p in packages) or "no package",
        expected="a linux-image package",
        look_at="avocado pin-bootstrap --refresh",
    )


def _use_own_headers(work: Path, folder: Path) -> None:
    """Point the headers' Makefiles at `folder`: they name /usr/src, which is the host's."""
    for makefile in (work / "usr" / "src").glob("linux-headers-*/Makefile"):
        text = makefile.read_text()
        makefile.write_text(re.sub(r"(?<=\s)/usr/src/", f"{folder}/usr/src/", text))
