"""Kernels of the user's own: a build tree, an image with headers, or a pair of Debian packages."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

from avocado_pin.base.architecture import ARCHITECTURES, IMAGE_HEAD_BYTES
from avocado_pin.base.command import run
from avocado_pin.base.errors import BadConfiguration
from avocado_pin.base.kept_folders import fingerprint, make_once
from avocado_pin.debian.deb_archives import fields, lay_out, unpack
from avocado_pin.kernels import config_check
from avocado_pin.kernels.debian_kernel import PARTS, adopt, unpacked
from avocado_pin.kernels.kernel import Kernel

# Where a build leaves the image that QEMU boots, by architecture.
TREE_IMAGES = tuple(one.tree_image for one in ARCHITECTURES.values())
# A module's installation and its compression are a matter of minutes at most.
MODULES_TIMEOUT_S = 1800
NAME = re.compile(r"[a-z][a-z0-9_]*")


def from_tree(
    name: str, tree: Path, kernels: Path, builder: Path | None
) -> tuple[Kernel, list[str]]:
    """Return the kernel of a build tree, and what some tests will miss in its configuration.

    Its image and modules are copied, and the driver is built with the tree as it is.

    :param tree: the folder of the build (O=)
    :param kernels: the folder of all kernels
    :raises PinError: it is not built, or its configuration is not enough
    """
    image = next((tree / path for path in TREE_IMAGES if (tree / path).is_file()), None)
    if image is None:
        raise _bad("--tree", tree, f"a kernel that was built: {' or '.join(TREE_IMAGES)} in it")
    warnings = config_check.check(_config(tree), name)
    release = _tree_release(tree)
    has_modules = (tree / "modules.order").is_file()

    def add_modules(work: Path) -> None:
        if has_modules:
            words = [f"INSTALL_MOD_PATH={work}", "INSTALL_MOD_STRIP=1", "DEPMOD=true"]
            run(
                ["make", "-C", tree, "modules_install", *words],
                thing=f"modules of {tree}",
                timeout_s=MODULES_TIMEOUT_S,
            )

    return _copied(name, release, image, tree, kernels, builder, add_modules), warnings


def from_files(
    name: str,
    image: Path,
    headers: Path,
    modules: Path | None,
    kernels: Path,
    builder: Path | None,
) -> tuple[Kernel, list[str]]:
    """Return the kernel of an image, and what some tests will miss in its configuration.

    :param headers: a folder to give make -C for an external module, with its .config
    :param modules: the folder lib/modules/RELEASE; not needed if the kernel has virtio built in
    :raises PinError: one is not what it should be
    """
    if not image.is_file():
        raise _bad("--image", image, "a bzImage or Image")
    warnings = config_check.check(_config(headers), name)
    release = _tree_release(headers)
    _check_image(image, release)
    if modules and not (modules / "modules.dep").is_file():
        raise _bad("--modules", modules, f"a folder lib/modules/{release} after depmod")

    def add_modules(work: Path) -> None:
        if modules:
            target = work / "lib" / "modules" / release
            shutil.copytree(modules, target, symlinks=True, ignore=_links_of_builds)

    return _copied(name, release, image, headers, kernels, builder, add_modules), warnings


def from_packages(
    name: str, archives: list[Path], kernels: Path, builder: Path | None
) -> tuple[Kernel, list[str]]:
    """Return the kernel of .deb files, and what some tests will miss in its configuration.

    :param archives: of the image, of the headers, and of what these need of the same build
    :param builder: the root of the compiler it is built with
    :raises PinError: they are not a kernel with its headers
    """
    found = {}
    for path in archives:
        if not path.is_file():
            raise _bad("--deb", path, "a .deb file")
        found[fields(path, "Package")[0]] = path
    images = [n for n in found if re.match(r"linux-(image|binary)-\d", n) and "-dbg" not in n]
    if not images or not any(n.startswith("linux-headers-") for n in found):
        raise _bad("--deb", ", ".join(found), "a linux-image and a linux-headers package")
    lacking = [name for path in found.values() for name in _needs(path) if name not in found]
    if lacking:
        wanted = f"also {', '.join(dict.fromkeys(lacking))}, of the same build"
        raise _bad("--deb", ", ".join(found), wanted)
    release = re.sub(r"^linux-(image|binary)-", "", images[0]).removesuffix("-unsigned")
    (version,) = fields(found[images[0]], "Version")
    folder = kernels / f"{name}-{release}_{fingerprint([version, *found.values()])}"

    def make(work: Path) -> None:
        lay_out(work)
        for path in found.values():
            unpack(path, work)
        adopt(work, folder, release)

    kernel = unpacked(make_once(folder, make), name, "", release, version, builder)
    return kernel, config_check.check(_config(kernel.headers), name)


def _needs(archive: Path) -> list[str]:
    """Return the parts of a kernel that a package depends on."""
    (depends,) = fields(archive, "Depends")[:1] or [""]
    # An image can be one that is not signed: "linux-image-N | linux-image-N-unsigned".
    clauses = [clause for clause in depends.split(",") if "linux-image-" not in clause]
    names = [re.match(r"\s*([^\s(|]+)", clause) for clause in clauses]
    return [match[1] for match in names if match and PARTS.match(match[1])]


def _copied(
    name: str,
    release: str,
    image: Path,
    headers: Path,
    kernels: Path,
    builder: Path | None,
    add_modules: Callable[[Path], None],
) -> Kernel:
    symbols = headers / "Module.symvers"
    parts = [image, headers / ".config", *([symbols] if symbols.is_file() else [])]
    version = fingerprint([str(headers), *parts])
    folder = kernels / f"{name}-{release}_{version}"

    def make(work: Path) -> None:
        lay_out(work)
        (work / "boot").mkdir()
        shutil.copy(image, work / "boot" / f"vmlinuz-{release}")
        (work / "lib" / "modules").mkdir(parents=True)
        add_modules(work)
        (work / "lib" / "modules" / release).mkdir(exist_ok=True)
        run(["/sbin/depmod", "--basedir", work, release], thing=f"depmod {release}", timeout_s=300)

    make_once(folder, make)
    copy = folder / "boot" / f"vmlinuz-{release}"
    return Kernel(name, "", release, version, folder, copy, headers, builder)


def _config(folder: Path) -> str:
    path = folder / ".config"
    if not path.is_file():
        raise _bad("the kernel's configuration", folder, "a folder with .config")
    return path.read_text()


# Files that note what uname -r will say, and how. Debian's headers have an upstream version in the
# others.
_RELEASES = {
    ".kernelvariables": r"KERNELRELEASE = (\S+)",
    "include/config/kernel.release": r"(\S+)",
    "include/generated/utsrelease.h": r'UTS_RELEASE "(.+)"',
}


def _tree_release(folder: Path) -> str:
    """Return what uname -r will say, as the build noted it."""
    for name, pattern in _RELEASES.items():
        path = folder / name
        match = re.search(pattern, path.read_text()) if path.is_file() else None
        if match:
            return match[1]
    allowed = f"prepared for external modules: {', '.join(_RELEASES)}, any of them, in it"
    raise _bad("the kernel's headers", folder, allowed)


def _check_image(image: Path, release: str) -> None:
    with image.open("rb") as file:
        head = file.read(IMAGE_HEAD_BYTES)
    said = (one.release_of_image(head) for one in ARCHITECTURES.values())
    found = next(filter(None, said), None)
    if found not in (None, release):
        raise _bad("--image", f"{image} of {found}", f"the release of the headers, {release}")


def _links_of_builds(folder: str, names: list[str]) -> set[str]:
    return {name for name in names if name in ("build", "source")}


def _bad(thing: str, got: object, expected: str) -> BadConfiguration:
    return BadConfiguration(
        thing, got=str(got), expected=expected, look_at="avocado pin-kernel add --help"
    )
