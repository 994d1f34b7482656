"""The guest's user space: an initramfs of a few programs out of Debian packages.

It holds BusyBox, the real numastat, an ssh server that takes one key, and the kernel's own
modules for the network. No root is needed to make it: cpio writes the owners. Every MB of it
and every program that its init starts make an emulated boot longer: what can be done here is not
done there.
"""

import gzip
import lzma
import re
import shutil
import stat
import subprocess
from pathlib import Path

from avocado_pin.base.command import run
from avocado_pin.base.errors import DeploymentFailed
from avocado_pin.base.kept_folders import fingerprint, make_once, scratch
from avocado_pin.base.paths import PACKAGE
from avocado_pin.debian.apt_root import AptRoot, Package
from avocado_pin.kernels.guest_modules import OPTIONAL_MODULES, REQUIRED_MODULES, module_files
from avocado_pin.kernels.kernel import Kernel

PACKAGES = ["busybox-static", "dash", "dropbear-bin", "numactl", "openssh-sftp-server"]
# BusyBox's own shell prompts anew after each 1024 characters of a line, or asks a terminal for its
# cursor, which breaks the match of prompts in sessions: dash is the shell. OpenSSH's scp speaks
# sftp, and dropbear starts the server for it by this path.
PROGRAMS = {
    "busybox": "usr/bin/busybox",
    "dash": "usr/bin/dash",
    "dropbear": "usr/sbin/dropbear",
    "numactl": "usr/bin/numactl",
    "numastat": "usr/bin/numastat",
    "sftp-server": "usr/lib/sftp-server",
}
LINKS = {
    "bin": "usr/bin",
    "sbin": "usr/sbin",
    "lib": "usr/lib",
    "lib64": "usr/lib64",
    "usr/bin/sh": "dash",
    # Where the kernel looks for it (CONFIG_MODPROBE_PATH), as when ext4 is mounted.
    "usr/sbin/modprobe": "../bin/busybox",
}
HOST_KEY = "etc/dropbear/dropbear_ed25519_host_key"
PRIVATE = ["root", "root/.ssh", "root/.ssh/authorized_keys", HOST_KEY]
FOLDERS = ["dev", "etc/dropbear", "proc", "root/.ssh", "run", "sys", "tmp", "var/log", "var/run"]
FILES = {
    "init": "",
    **dict.fromkeys(("inittab", "fstab", "passwd", "group", "shells"), "etc"),
}
PACK_TIMEOUT_S = 300
OWN_FILES = PACKAGE / "initramfs" / "files"


def packages(apt: AptRoot) -> list[Package]:
    """Return the packages the programs and their libraries come from.

    :raises DeploymentFailed: one can't be resolved
    """
    return apt.resolve(PACKAGES)


def user_space(apt: AptRoot, folder: Path) -> Path:
    """Download and unpack the packages of the guest's programs, once for each set of versions.

    :param folder: the folder of all such trees
    :raises DeploymentFailed: a package can't be had
    """
    wanted = packages(apt)
    name = fingerprint(f"{p.name}={p.version}" for p in wanted)

    return make_once(folder / name, lambda work: apt.unpack(wanted, work))


def initramfs(tree: Path, kernel: Kernel, public_key: Path, folder: Path) -> Path:
    """Return the initramfs for a kernel, made once for the same contents.

    :param tree: what user_space() returned
    :param public_key: the key that may log in
    :param folder: the folder of all initramfs
    :raises DeploymentFailed: a program, library or module is missing
    """
    recipe = Path(__file__)
    names = [str(tree), str(kernel.folder), *REQUIRED_MODULES, *OPTIONAL_MODULES]
    parts: list[str | Path] = [*names, public_key, OWN_FILES, recipe]

    def make(work: Path) -> None:
        with scratch(folder) as name:
            root = Path(name)
            _lay_out(root, tree, public_key)
            _add_host_key(root, tree)
            _add_modules(root, kernel)
            _set_modes(root)
            pack(root, work / "initramfs.cpio")

    folder.mkdir(parents=True, exist_ok=True)
    return make_once(folder / fingerprint(parts), make) / "initramfs.cpio"


def _lay_out(root: Path, tree: Path, public_key: Path) -> None:
    for name in [*FOLDERS, "usr/bin", "usr/sbin", "usr/lib64"]:
        (root / name).mkdir(parents=True, exist_ok=True)
    for name, target in LINKS.items():
        (root / name).symlink_to(target)
    for name, place in PROGRAMS.items():
        _add_program(root, tree, name, root / place)
    _link_applets(root)
    for name, folder in FILES.items():
        shutil.copy(OWN_FILES / name, root / folder / name)
    (root / "init").chmod(0o755)
    shutil.copy(public_key, root / "root" / ".ssh" / "authorized_keys")


def _link_applets(root: Path) -> None:
    """Make BusyBox's links, but not those of programs that are there."""
    busybox = root / PROGRAMS["busybox"]
    shown = run([busybox, "--list"], thing="what BusyBox can do", timeout_s=60)
    folders = (busybox.parent, root / "usr" / "sbin")
    for name in shown.split():
        if not any((folder / name).is_symlink() or (folder / name).exists() for folder in folders):
            (busybox.parent / name).symlink_to("busybox")


def _add_host_key(root: Path, tree: Path) -> None:
    """Make the key by which the guest's ssh server shows who it is: nobody asks, but it needs one.

    By Debian's program and the guest's loader and libraries, as the host may not have it.
    """
    (loader,) = (root / "usr" / "lib64").glob("ld-*.so*")
    (libc,) = (root / "usr" / "lib").glob("*/libc.so.6")
    words: list[str | Path] = [loader, "--library-path", libc.parent]
    run(
        [*words, _find(tree, "dropbearkey"), "-t", "ed25519", "-f", root / HOST_KEY],
        thing="the guest's host key",
        timeout_s=60,
    )


def _add_program(root: Path, tree: Path, name: str, target: Path) -> None:
    """Copy a program with its loader and, by their dynamic sections, all libraries."""
    shutil.copy(_find(tree, name), target)
    for loader in _readelf(target, r"program interpreter: /(\S+)\]"):
        place = root / "usr" / loader.removeprefix("usr/")
        shutil.copy(_find(tree, place.name), place)
    pending = _needed(target)
    while pending:
        source = _find(tree, pending.pop())
        place = root / "usr" / str(source.relative_to(tree)).removeprefix("usr/")
        if not place.exists():
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, place)
            pending += _needed(place)


def _find(tree: Path, name: str) -> Path:
    for path in sorted(tree.rglob(name)):
        if path.is_file() and "/share/" not in str(path):
            return path
    raise DeploymentFailed(
        "the guest's user space",
        got=f"no {name} in Debian's packages",
        expected=f"it in one of {', '.join(PACKAGES)} or what they depend on",
        look_at=tree,
    )


def _needed(program: Path) -> list[str]:
    return _readelf(program, r"\(NEEDED\).*\[(.+)\]")


def _readelf(program: Path, pattern: str) -> list[str]:
    command: list[str | Path] = ["readelf", "--wide", "--dynamic", "--program-headers", program]
    shown = run(command, thing=f"libraries of {program.name}", timeout_s=60)
    return re.findall(pattern, shown)


def _add_modules(root: Path, kernel: Kernel) -> None:
    target = root / "usr" / "lib" / "modules" / kernel.release
    for path in module_files(kernel):
        place = target / path.relative_to(kernel.modules.relative_to(kernel.folder))
        place.parent.mkdir(parents=True, exist_ok=True)
        _add_module(kernel.folder / path, place)
    for name in ("modules.builtin", "modules.builtin.modinfo", "modules.order"):
        if (kernel.modules / name).is_file():
            target.mkdir(parents=True, exist_ok=True)
            shutil.copy(kernel.modules / name, target / name)
    run(
        ["/sbin/depmod", "--basedir", root, kernel.release],
        thing="depmod of the guest",
        timeout_s=60,
    )


def _add_module(path: Path, place: Path) -> None:
    """Copy a module, decompressed: BusyBox does not read all that kernels do."""
    if path.suffix == ".xz":
        place.with_suffix("").write_bytes(lzma.decompress(path.read_bytes()))
    elif path.suffix == ".zst":
        words: list[str | Path] = ["zstd", "-q", "-d", path, "-o", place.with_suffix("")]
        run(words, thing=f"module {path.name}", timeout_s=60)
    elif path.suffix == ".gz":
        place.with_suffix("").write_bytes(gzip.decompress(path.read_bytes()))
    else:
        shutil.copy(path, place)


def _set_modes(root: Path) -> None:
    """Give all the modes they have in a Debian system, whatever the umask.

    The ssh server takes no key from a folder that others may write to (dropbear,
    src/svr-authpubkey.c, checkpubkeyperms()).
    """
    for path in root.rglob("*"):
        if not path.is_symlink():
            runs = path.is_dir() or path.stat().st_mode & stat.S_IXUSR
            path.chmod(0o755 if runs else 0o644)
    for name in PRIVATE:
        (root / name).chmod(0o700 if (root / name).is_dir() else 0o600)
    (root / "tmp").chmod(0o1777)


def pack(root: Path, archive: Path) -> None:
    """Write a tree as an archive that the kernel unpacks at its boot, all of it root's.

    :raises DeploymentFailed: cpio failed
    """
    names = sorted(str(path.relative_to(root)) for path in root.rglob("*"))
    try:
        with archive.open("wb") as output:
            done = subprocess.run(
                ["cpio", "--create", "--format=newc", "--owner=0:0", "--quiet", "--reproducible"],
                cwd=root,
                timeout=PACK_TIMEOUT_S,
                input="\n".join(names).encode() + b"\n",
                stdout=output,
                stderr=subprocess.PIPE,
                check=False,
            )
        said = done.stderr.decode(errors="replace").strip() or f"exit {done.returncode}"
        failed = done.returncode != 0
    except subprocess.TimeoutExpired:
        said, failed = f"no end after {PACK_TIMEOUT_S} s", True
    if failed:
        raise DeploymentFailed(
            "packing the guest's initramfs",
            got=said,
            expected="room on the disk",
            look_at=archive.parent,
        )
