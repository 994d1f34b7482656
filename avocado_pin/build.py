"""Building the driver and the workload: once for each state of their source."""

import shutil
from pathlib import Path

from avocado_pin.command import run
from avocado_pin.errors import BadConfiguration
from avocado_pin.kernels import Kernel
from avocado_pin.paths import source
from avocado_pin.store import fingerprint, make_once

# A build takes seconds; under a loaded host's worst, minutes.
BUILD_TIMEOUT_S = 600
ABI_HEADER = "page_pin.h"


def driver(folder: Path, kernel: Kernel, builds: Path) -> Path:
    """Return the driver built from a folder's page_pin.c for a kernel.

    :param folder: its source (the project's own is kmod/)
    :param builds: the folder of all builds
    :raises BadConfiguration: there is no driver in the folder
    :raises DeploymentFailed: it does not compile; the error has the compiler's first error line
    """
    if not (folder / "page_pin.c").is_file():
        raise BadConfiguration(
            "driver_source",
            got=str(folder),
            expected="a folder with page_pin.c, page_pin.h and Makefile",
            look_at=folder,
        )
    name = f"driver-{fingerprint([*_sources(folder), str(kernel.folder)])}"

    def make(work: Path) -> None:
        _copy(folder, work)
        command = ["make", "-C", work, f"KDIR={kernel.headers}"]
        run(command, thing=f"driver for {kernel.release}", timeout_s=BUILD_TIMEOUT_S)
        run(["strip", "--strip-debug", work / "page_pin.ko"], thing="driver", timeout_s=60)

    return make_once(builds / name, make) / "page_pin.ko"


def workload(folder: Path, builds: Path) -> Path:
    """Return the workload, a static program, built from its folder.

    :raises DeploymentFailed: it does not compile; the error has the compiler's first error line
    """
    abi = source("kmod") / ABI_HEADER
    name = f"workload-{fingerprint([*_sources(folder), abi])}"

    def make(work: Path) -> None:
        _copy(folder, work / "workload")
        (work / "kmod").mkdir()
        shutil.copy(abi, work / "kmod" / ABI_HEADER)
        command = ["make", "-C", work / "workload", f"OUT={work / 'pin_workload'}"]
        run(command, thing="workload", timeout_s=BUILD_TIMEOUT_S)

    return make_once(builds / name, make) / "pin_workload"


def _sources(folder: Path) -> list[Path]:
    """The files a build depends on, without what builds left beside them."""
    return [path for path in sorted(folder.iterdir()) if path.suffix in (".c", ".h") or path.name == "Makefile"]


def _copy(folder: Path, work: Path) -> None:
    work.mkdir(exist_ok=True)
    for path in _sources(folder):
        shutil.copy(path, work)
