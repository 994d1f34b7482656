"""Bringing the driver and the workload into a guest, and taking the driver out again."""

import re
from pathlib import Path

from avocado_pin.base.artifacts import DMESG, Artifacts
from avocado_pin.base.command import one_line, run
from avocado_pin.base.errors import DeploymentFailed
from avocado_pin.base.paths import source
from avocado_pin.build import driver_and_workload
from avocado_pin.evidence import exits
from avocado_pin.evidence.from_artifacts import RMMOD
from avocado_pin.guest.fit_for_reuse import FOLDER
from avocado_pin.guest.guest import Guest
from avocado_pin.kernels.kernel import Kernel
from avocado_pin.variant.variant import Variant

DRIVER = "page_pin"


def driver_source(variant: Variant) -> Path:
    """Return the folder of the driver's source: the variant's own, or kmod/."""
    return Path(variant.driver_source) if variant.driver_source else source("kmod")


def copy(guest: Guest, variant: Variant, kernel: Kernel, builds: Path) -> Path:
    """Build what has changed, copy to the guest what it has not, and return the driver.

    :param builds: the folder of all builds
    :raises DeploymentFailed: something does not compile, or can't be copied
    """
    driver = driver_and_workload.driver(driver_source(variant), kernel, builds)
    program = driver_and_workload.workload(source("workload"), builds)
    guest.copy_to([driver, program], FOLDER)
    return driver


def version(driver: Path) -> str:
    """Return a driver's version.

    :raises DeploymentFailed: it can't be read
    """
    modinfo = ["/sbin/modinfo", "--field", "version", str(driver)]
    return run(modinfo, thing="the driver's version", timeout_s=60).strip()


def load_driver(guest: Guest, device: str) -> None:
    """Load the driver.

    :param device: that it is to make
    :raises DeploymentFailed: the kernel refuses it
    """
    status, output = guest.ask(f"insmod {FOLDER}/{DRIVER}.ko && test -c {device}")
    if status:
        said = guest.run(f"dmesg | grep {DRIVER}: | tail -n 1 || true").strip()
        said = re.sub(r"^\[ *[\d.]+\] ", "", said)
        raise DeploymentFailed(
            f"driver {DRIVER}.ko",
            got=said or (one_line(output) if output.strip() else f"no {device} after insmod"),
            expected=f"the kernel to take it and to show {device}",
            look_at=DMESG,
        )


def remove_driver(guest: Guest, artifacts: Artifacts) -> None:
    """Unload the driver if it is loaded, and keep rmmod.txt, with how that ended."""
    status, output = guest.ask(f"! grep -q '^{DRIVER} ' /proc/modules || rmmod {DRIVER}")
    artifacts.write(RMMOD, exits.line(status, one_line(output)) + "\n")
