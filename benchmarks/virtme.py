"""virtme-ng, another tool that boots a kernel in QEMU, in a virtual environment of its own.

It needs the generic kernel: the cloud one has neither 9p nor virtiofs for its root file system.
"""

import os
import shlex
import shutil
import subprocess
import time
import venv
from dataclasses import dataclass
from pathlib import Path

import psutil

from avocado_pin.base.command import run
from benchmarks.context import Context

REQUIREMENT = "virtme-ng>=1.42,<2"
READY = "READY nodes 0-1"
# Its way of taking output from the guest, by ports of virtio-serial, needs the host's udevd in the
# guest. Without one the output goes to the console, which is shown only if it is verbose; then as
# quiet as it is when it is not.
GUEST = "echo READY nodes $(cat /sys/devices/system/node/online); sleep 2"
TIMEOUT_S = 300


@dataclass(frozen=True)
class Boot:
    """A boot until a shell in the guest has printed a line.

    :param command_s: since the command was started
    :param qemu_s: since QEMU was
    """

    command_s: float
    qemu_s: float


def install(folder: Path) -> Path:
    """Return the command vng, from PyPI unless it is there.

    :param folder: the virtual environment; its programs name it, so it is made in its place
    :raises DeploymentFailed: it can't be had
    """
    done = folder / "installed"
    if not done.exists():
        venv.create(folder, clear=True, with_pip=True)
        words = ["-m", "pip", "--disable-pip-version-check", "install", "--quiet", REQUIREMENT]
        run([folder / "bin" / "python", *words], thing="virtme-ng", timeout_s=300)
        done.touch()
    return folder / "bin" / "vng"


def boot(vng: Path, context: Context) -> Boot:
    """Boot the generic kernel with two nodes, under the accelerator of the machine.

    :raises TimeoutError: the line did not come
    """
    image = context.image("generic")
    accelerator = context.accelerator()
    words = [
        *(str(vng), "--verbose", "--run", str(image.kernel.image)),
        *("--memory", "4G", "--cpus", "8", "--force-9p"),
        *("--numa", "2G,cpus=0-3", "--numa", "2G,cpus=4-7"),
        *("--append", "quiet", "--append", "loglevel=1"),
        *("--busybox", str(next(image.user_space.glob("**/bin/busybox")))),
        *("--exec", GUEST),
    ]
    if accelerator != "kvm":
        words += ["--disable-kvm", f"--qemu-opts=-accel {accelerator}"]
    # It wants a terminal.
    line = shlex.join(words)
    start = time.monotonic()
    process = subprocess.Popen(
        [shutil.which("script") or "script", "--quiet", "--return", "--command", line, "/dev/null"],
        cwd="/",
        env={**os.environ, "PATH": f"{vng.parent}:{os.environ['PATH']}"},
        text=True,
        errors="replace",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    said = []
    try:
        for shown in process.stdout or ():
            said.append(shown)
            if READY in shown:
                return Boot(time.monotonic() - start, _qemu_age_s(process.pid))
    finally:
        process.communicate(timeout=TIMEOUT_S)
    raise TimeoutError(f"virtme-ng: got {''.join(said)[-300:]!r}, expected {READY!r}")


def _qemu_age_s(pid: int) -> float:
    """Return for how long the QEMU has run that a process has started."""
    for process in psutil.Process(pid).children(recursive=True):
        if process.name().startswith("qemu-system"):
            since_boot = process.create_time() - psutil.boot_time()
            return time.clock_gettime(time.CLOCK_BOOTTIME) - since_boot
    raise LookupError("virtme-ng: got no QEMU, expected one")
