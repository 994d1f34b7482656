"""The QEMU of the host: which program, which version, and what it can be trusted with."""

import re
import shutil
from functools import cache
from pathlib import Path

from avocado_pin.base.architecture import Architecture
from avocado_pin.base.command import run
from avocado_pin.base.errors import BadConfiguration

# Crashes of several guests at once were seen with multi-threaded TCG in 7.2 (5 of 32 boots of
# Linux 7.3) and never in 10.0.2 (0 of 24); single-threaded never (0 of 66).
FIRST_SAFE_MULTI_THREADED_TCG = (10, 0, 0)


def find(architecture: Architecture) -> Path:
    """Return the path of the QEMU for guests of an architecture.

    :raises BadConfiguration: it is not installed
    """
    path = shutil.which(architecture.qemu)
    if not path:
        raise BadConfiguration(
            "QEMU",
            got=f"no {architecture.qemu} in PATH",
            expected="it to be installed",
            look_at=f"apt-get install {architecture.qemu_package}",
        )
    return Path(path)


@cache
def version(qemu: Path) -> tuple[int, int, int]:
    """Return a QEMU binary's version.

    :raises BadConfiguration: it does not say
    """
    shown = run([qemu, "--version"], thing="QEMU's version", timeout_s=60)
    match = re.search(r"version (\d+)\.(\d+)\.(\d+)", shown)
    if not match:
        raise BadConfiguration(
            "QEMU's version", got=repr(shown[:80]), expected="version X.Y.Z", look_at=qemu
        )
    return int(match[1]), int(match[2]), int(match[3])


def accelerator_option(accelerator: str, qemu: Path) -> str:
    """Return what to give to QEMU's -accel.

    :param accelerator: kvm or tcg
    """
    if accelerator == "kvm":
        return "kvm"
    multi = version(qemu) >= FIRST_SAFE_MULTI_THREADED_TCG
    return f"tcg,thread={'multi' if multi else 'single'}"
