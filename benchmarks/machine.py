"""The machine that figures were measured on."""

import os
import platform
import re
import shutil
import subprocess
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil

from avocado_pin import VERSION
from avocado_pin.base import architecture
from avocado_pin.base.paths import DataFolder
from avocado_pin.kernels import boot_files
from avocado_pin.qemu import accelerator, binary
from benchmarks.context import KERNEL

PACKAGES = ("avocado-framework", "avocado-framework-plugin-vt", "aexpect")


def describe(data: DataFolder) -> dict[str, Any]:
    """Return the host, its QEMU, and what guests run on.

    :param data: the folder of all that set-up made
    """
    image = boot_files.load(data, KERNEL, "cloud")
    choice = accelerator.choose(data, image)
    qemu = binary.find(architecture.of(image.architecture))
    return {
        "cpu": _cpu(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_mib": psutil.virtual_memory().total >> 20,
        "kernel": platform.release(),
        "distribution": platform.freedesktop_os_release().get("PRETTY_NAME", "unknown"),
        "qemu": ".".join(map(str, binary.version(qemu))),
        "accelerator": binary.accelerator_option(choice.accelerator, qemu),
        "accelerator_reason": choice.reason,
        "guest_kernel": image.kernel.release,
        "python": platform.python_version(),
        "avocado_pin": VERSION,
        "commit": _commit(),
        "packages": {name: version(name) for name in PACKAGES},
        "load_average_at_start": os.getloadavg(),
    }


def _cpu() -> str:
    match = re.search(r"^model name\s*: (.+)$", Path("/proc/cpuinfo").read_text(), re.M)
    return match[1] if match else platform.processor()


def _commit() -> str:
    git = shutil.which("git")
    if not git:
        return "unknown"
    command = [git, "-C", str(Path(__file__).parent), "describe", "--always", "--dirty"]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    return done.stdout.strip() or "unknown"
