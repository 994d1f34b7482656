"""The outer system: Debian 13 with the project set up in it, entered natively or booted.

Booted it is a guest of its own QEMU, whose emulated CPU has AMD's SVM: KVM works in it. Debian 13's
QEMU, because in guests of 7.2 with threaded emulation the inner guests were reset at random; and of
one CPU, because with two that happened now and then in 10.0, too. Several are run at once instead.
"""

import multiprocessing
import os
import shutil
import subprocess
import threading
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import psutil

from avocado_pin.debian import mirrors
from avocado_pin.host import packages
from selftests.hosts import roots
from selftests.nested import jobs
from selftests.nested.jobs import Part

SUITE = "trixie"
HERE = Path(__file__).parent
# What the host needs, what boots, and the 32-bit callers of pin_driver.
_NEEDED = [need.package for need in packages.NEEDS]
_MORE = ["python3-venv", "gcc-multilib", "linux-image-amd64", "udev"]
_PACKAGES = list(dict.fromkeys([*roots.GIVEN, *_NEEDED, *_MORE]))
# Of what is shared, as its path in the root; a folder of it is /shared of the outer guest.
_NESTED = Path("nested")
_CHECKOUT = "/root/avocado-pin"
_AVOCADO = f"{_CHECKOUT}/.venv/bin/avocado"
# The image takes this much more than what is in it: snapshots, results, other guests' builds.
_ROOM_MIB = 8192
_SET_UP_S = 1800
# Of one job, natively; under KVM in the outer guest it is given _TIMES_KVM as long.
_JOB_S = 600
_TIMES_KVM = 4
# Should the outer guest be reset or hang, or an inner one be reset.
_BOOTS = 4
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


def _do(root: roots.Root, argv: Sequence[str]) -> str:
    """Return what a command prints that must succeed."""
    done = root.run(argv, timeout_s=_SET_UP_S)
    if done.returncode:
        raise RuntimeError(f"{' '.join(argv)}: got {done.returncode}:\n{done.stdout[-4000:]}")
    return done.stdout


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
        ["mkfs.ext4", "-q", "-d", root.folder, image, f"{mib}M"],
        check=True,
        stdout=subprocess.DEVNULL,
        timeout=_SET_UP_S,
    )
    (root.folder / _NESTED).mkdir()
    image.rename(root.folder / _NESTED / "disk.ext4")


def tests_of(root: roots.Root, name: str) -> tuple[str, ...]:
    """Return the names of a set's tests.

    :raises RuntimeError: there are none
    """
    shown = _do(root, [_AVOCADO, "list", name])
    names = [line.split()[1] for line in shown.splitlines() if line.startswith("avocado-pin ")]
    if not names:
        raise RuntimeError(f"avocado list {name}: got {shown!r}, expected tests")
    return tuple(names)


def run_natively(root: roots.Root, parts: Sequence[Part]) -> Path:
    """Run jobs in the root, under TCG, and return the folder of their results."""
    shared, folder = _share(root, "tcg")
    _plan(folder, parts)
    with _Tail(folder / "output", "tcg"):
        words = f"sh {shared}/run.sh {shared} tcg >{shared}/output 2>&1"
        _run(root, ["sh", "-c", words], _JOB_S * len(parts))
    return folder


def run_in_guest(root: roots.Root, parts: Sequence[Part], memory_mib: int) -> Path:
    """Run each job in an outer guest of its own, and return the folder of their results.

    As many run at once as this host has CPUs, and three quarters of its free memory hold.

    :param memory_mib: of an outer guest
    """
    folder = root.folder / _NESTED / "kvm"
    folder.mkdir()
    fit = psutil.virtual_memory().available * 3 // 4 // (memory_mib << 20)
    at_once = max(1, min(fit, len(os.sched_getaffinity(0)), len(parts)))
    # Processes, as threads would not end when this one is told to.
    with multiprocessing.get_context("fork").Pool(at_once) as pool:
        run = partial(_run_nested, root, folder, memory_mib)
        ended = pool.imap_unordered(run, parts, chunksize=1)
        for _ in parts:
            # A process that was killed never says that it has ended.
            ended.next(timeout=_BOOTS * _TIMES_KVM * _JOB_S)
    return folder


def _run_nested(root: roots.Root, results: Path, memory_mib: int, part: Part) -> None:
    """Run a job in an outer guest, and leave its results in a folder.

    It is run again if the outer guest was lost or hung, or if an inner guest was reset under a
    test: faults of the emulation, of which each is said.
    """
    for boot in range(1, _BOOTS + 1):
        shared, folder = _share(root, f"kvm/.{part.name}.{boot}")
        root.log_to(folder / "log")
        _plan(folder, [part])
        with _Tail(folder / "output", part.name):
            _run(root, _qemu(root, shared, memory_mib), _JOB_S * _TIMES_KVM)
        lost = jobs.lost(folder, part)
        if lost:
            print(f"{part.name}: {lost}; boot {boot} of {_BOOTS} at most", flush=True)
        if part.has_ended(folder) and (boot == _BOOTS or not lost):
            (folder / part.name).rename(results / part.name)
        if not lost:
            return


def _run(root: roots.Root, command: Sequence[str], timeout_s: float) -> None:
    """Run what runs jobs; how it ends is said, and what it has left is read all the same."""
    try:
        done = root.run(command, timeout_s=timeout_s)
    except subprocess.TimeoutExpired:
        print(f"{command[0]}: ended after {timeout_s:g} s, its deadline")
    else:
        if done.returncode:
            print(f"{command[0]}: ended with {done.returncode}: {done.stdout.strip()[-2000:]}")


def _qemu(root: roots.Root, shared: str, memory_mib: int) -> list[str]:
    """Return the command that boots the outer guest and ends with it, also if it is reset."""
    release = next((root.folder / "boot").glob("vmlinuz-*")).name.removeprefix("vmlinuz-")
    return [
        *("qemu-system-x86_64", "-machine", "q35", "-cpu", "EPYC,+svm,+npt"),
        *("-accel", "tcg", "-smp", "1", "-m", f"{memory_mib}M"),
        *("-nodefaults", "-display", "none", "-no-reboot", "-serial", f"file:{shared}/output"),
        *("-kernel", f"/boot/vmlinuz-{release}", "-initrd", f"/boot/initrd.img-{release}"),
        *("-append", "console=ttyS0 root=/dev/vda rw init=/nested-init quiet loglevel=3 panic=-1"),
        *("-drive", f"file=/{_NESTED}/disk.ext4,format=raw,if=virtio,snapshot=on"),
        *("-virtfs", f"local,path={shared},mount_tag=shared,security_model=none"),
        *("-device", "virtio-rng-pci"),
        # Why it was reset, should it be: nothing else tells.
        *("-d", "cpu_reset", "-D", f"{shared}/qemu.log"),
    ]


def _share(root: roots.Root, name: str) -> tuple[str, Path]:
    """Return a folder with run.sh, as the root and as this host see it."""
    folder = root.folder / _NESTED / name
    folder.mkdir()
    shutil.copy(HERE / "run.sh", folder)
    return f"/{_NESTED}/{name}", folder


def _plan(folder: Path, parts: Sequence[Part]) -> None:
    """Write the plan of run.sh."""
    lines = [f"{part.name} {part.kernel} {' '.join(part.tests)}\n" for part in parts]
    (folder / "plan").write_text("".join(lines))


class _Tail:
    """Shows what is appended to a file meanwhile.

    :param name: before each line
    """

    def __init__(self, file: Path, name: str):
        self._file = file
        self._name = name
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
                    seconds = f"{time.monotonic() - start:7.1f}s"
                    print(f"{self._name} {seconds}  {line.rstrip()}", flush=True)
