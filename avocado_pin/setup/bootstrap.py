"""What the command pin-bootstrap does: all that a test needs and that is not in the project.

Every step is skipped when its result is there.
"""

import logging

from avocado_pin.base.errors import BadConfiguration
from avocado_pin.base.paths import DataFolder, source
from avocado_pin.base.progress import step
from avocado_pin.build import driver_and_workload
from avocado_pin.debian import mirrors
from avocado_pin.host import packages
from avocado_pin.kernels.boot_files import GuestImage
from avocado_pin.qemu import accelerator
from avocado_pin.setup.make_guest_images import ImageMaker, set_up
from avocado_pin.vt import own_setup

LOG = logging.getLogger("avocado.app")
# The kernel of the default set.
DEFAULT_KERNEL = "bookworm"


def bootstrap(data: DataFolder, flavour: str, refresh: bool, mirror: str = "") -> list[GuestImage]:
    """Make sure that guests of the default kernel can be booted and the driver is built for them.

    :param data: the folder of all that set-up makes
    :param flavour: of the kernel; empty: what the default set of tests needs
    :param refresh: ask Debian's archive for newer packages, and KVM, even if all is there
    :param mirror: of Debian's archive, as mirrors.named() reads it, to be used from now on
    :raises PinError: naming the part that failed
    """
    check_host()
    chosen = mirrors.named(mirror) if mirror else None
    with set_up(data):
        own_setup.bootstrap()
        maker = ImageMaker(data, chosen)
        images = maker.of_suite(DEFAULT_KERNEL, flavour, refresh)
        if chosen:
            mirrors.remember(data, chosen)
    with step("driver and workload"):
        for image in images:
            driver_and_workload.driver(source("kmod"), image.kernel, data.builds)
        driver_and_workload.workload(source("workload"), data.builds)
    accelerator.choose(data, images[0], again=refresh)
    return images


def check_host() -> None:
    """Check that the host has what tests use.

    :raises BadConfiguration: naming the one command that installs what is missing
    """
    if packages.unfit():
        raise BadConfiguration(
            "host",
            got=f"{packages.name()} without apt and dpkg",
            expected="Debian or Ubuntu, or a container of one",
            look_at="docs/hosts.md",
        )
    missing = packages.missing()
    if missing:
        raise BadConfiguration(
            "the host's packages",
            got=f"nothing that has what is in {', '.join(missing)}",
            expected="all of it",
            look_at=packages.install_line(missing),
        )
