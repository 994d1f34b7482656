"""The outer system: Debian 13 with the project set up in it, entered natively or booted.

Booted it is a guest of its own QEMU, whose emulated CPU has AMD's SVM: KVM works in it. Debian 13's
QEMU, because in guests of 7.2 with threaded emulation the inner guests were reset at random.
"""

import shutil
import subprocess
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from avocado_pin import host, mirrors
from selftests.hosts import roots
from selftests.nested.jobs import Set

SUITE = "trixie"
HERE = Path(__file__).parent
# What the host needs, what boots, and the 32-bit callers of pin_driver.
_NEEDED = [need.package for need in host.NEEDS]
_MORE = ["python3-venv", "gcc-multilib", "linux-image-amd64", "udev"]
_PACKAGES = list(dict.fromkeys([*roots.GIVEN, *_NEEDED, *_MORE]))
# Of what is shared, as its path in the root; a folder of it is /shared of the outer guest.
_NESTED = Path("nested")
_CHECKOUT = "/root/avocado-pin"
_AVOCADO = f"{_CHECKOUT}/.venv/bin/avocado"
# The image takes this much more than what is in it: snapshots, results, other guests' builds.
_ROOM_MIB = 8192
_SET_UP_S = 1800
# Of one set, natively; under KVM in the outer guest it is given _TIMES_KVM as long.
_SET_S = 1200
_TIMES_KVM = 4
_POLL_S = 0.5


def make(folder: Path, log: Path) -> roots.Root:
    """Return a root of the outer system in which nothing of the project is set up yet.

    :param log: where all that commands print there is kept
    """
    tar = roots.tarball(SUITE, roots.debian(SUITE, f"{SUITE}-security"), _PACKAGES)
    return roots.Root(folder, tar, log)


def set_up(root: roots.Root, kernels: Sequence[str]) -> None:
    """Set up the project in a root, with these kernels.

    :raises RuntimeError: a step fails
    """
    known = mirrors.of_host()
    mirror = f"MIRROR={known.main},{known.security}"
    _do(root, ["git", "clone", "--quiet", roots.BUNDLE, _CHECKOUT])
    _do(root, ["make", "-C", _CHECKOUT, "setup", mirror])
    _do(root, [_AVOCADO, "pin-kernel", "fetch", *kernels])


def _do(root: roots.Root, argv: Sequence[str]) -> None:
    done = root.run(argv, timeout_s=_SET_UP_S)
    if done.returncode:
        raise RuntimeError(f"{' '.join(argv)}: got {done.returncode}:\n{done.stdout[-4000:]}")


def make_image(root: roots.Root) -> None:
    """Make the disk of the outer guest: all that is in the root now, and an init."""
    shutil.copy(HERE / "init.sh", root.folder / "nested-init")
    (root.folder / "nested-init").chmod(0o755)
    used = subprocess.run(
        ["du", "--summarize", "--block-size=1M", root.folder],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        timeout=_SET_UP_S,
    )
    mib = int(used.stdout.split()[0]) + _ROOM_MIB
    image = root.folder.with_suffix(".ext4")
    subprocess.run(
        ["mkfs.ext4", "-q", "-q", "-d", root.folder, image, f"{mib}M"],
        check=True,
        timeout=_SET_UP_S,
    )
    (root.folder / _NESTED).mkdir()
    image.rename(root.folder / _NESTED / "disk.ext4")


def run_natively(root: roots.Root, sets: Sequence[Set]) -> Path:
    """Run sets in the root, under TCG, and return the folder of their results."""
    shared, folder = _share(root, "tcg", sets)
    with _Tail(folder / "output"):
        words = f"sh {shared}/run.sh {shared} tcg >{shared}/output 2>&1"
        root.run(["sh", "-c", words], timeout_s=_SET_S * len(sets))
    return folder


def run_in_guest(root: roots.Root, sets: Sequence[Set], memory_mib: int) -> Path:
    """Boot the outer guest, run sets in it, and return the folder of their results.

    :raises RuntimeError: QEMU failed
    """
    shared, folder = _share(root, "kvm", sets)
    release = next((root.folder / "boot").glob("vmlinuz-*")).name.removeprefix("vmlinuz-")
    command = [
        *("qemu-system-x86_64", "-machine", "q35", "-cpu", "EPYC,+svm,+npt"),
        *("-accel", "tcg,thread=multi", "-smp", "2", "-m", f"{memory_mib}M"),
        *("-nodefaults", "-display", "none", "-no-reboot", "-serial", f"file:{shared}/output"),
        *("-kernel", f"/boot/vmlinuz-{release}", "-initrd", f"/boot/initrd.img-{release}"),
        *("-append", "console=ttyS0 root=/dev/vda rw init=/nested-init quiet loglevel=3 panic=-1"),
        *("-drive", f"file=/{_NESTED}/disk.ext4,format=raw,if=virtio,cache=unsafe"),
        *("-virtfs", f"local,path={shared},mount_tag=shared,security_model=none"),
        *("-device", "virtio-rng-pci"),
    ]
    with _Tail(folder / "output"):
        done = root.run(command, timeout_s=_SET_S * _TIMES_KVM * len(sets))
    if done.returncode or done.stdout.strip():
        print(f"outer QEMU: ended with {done.returncode}: {done.stdout.strip()[-2000:]}")
    return folder


def _share(root: roots.Root, name: str, sets: Sequence[Set]) -> tuple[str, Path]:
    """Return a folder for run.sh, which has the plan, as the root and as this host see it."""
    folder = root.folder / _NESTED / name
    folder.mkdir()
    shutil.copy(HERE / "run.sh", folder)
    (folder / "plan").write_text("".join(f"{each.name} {each.kernel}\n" for each in sets))
    return f"/{_NESTED}/{name}", folder


class _Tail:
    """Shows what is appended to a file meanwhile."""

    def __init__(self, file: Path):
        self._file = file
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._show, daemon=True)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join(timeout=10)

    def _show(self) -> None:
        while not self._file.exists():
            if self._over.wait(_POLL_S):
                return
        start = time.monotonic()
        with self._file.open(errors="replace") as file:
            last = False
            while not last:
                # What was written before the end is shown.
                last = self._over.wait(_POLL_S)
                for line in file:
                    print(f"{time.monotonic() - start:7.1f}s  {line.rstrip()}", flush=True)
