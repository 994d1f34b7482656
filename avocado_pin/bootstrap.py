"""Set-up: everything a test needs that is not in the project, made once and kept.

Every step is skipped when its result is there. Results appear by a rename under the one lock
of set-up, so an interruption at any moment leaves nothing half made, and of two set-ups at
once the second waits and finds the work done.
"""

import logging
from pathlib import Path

from avocado_pin import accelerator, access, appliance, build, cartesian, host, kernels, vt
from avocado_pin.deadline import Deadline
from avocado_pin.debian import AptRoot, host_architecture, host_release, install_command
from avocado_pin.errors import BadConfiguration
from avocado_pin.guest_image import GuestImage, load, save
from avocado_pin.kernels import Kernel
from avocado_pin.locks import exclusive
from avocado_pin.paths import source
from avocado_pin.progress import step
from avocado_pin.store import sweep

LOG = logging.getLogger("avocado.app")
# As long as another set-up may take over a slow line before this one gives up.
LOCK_TIMEOUT_S = 3600
DEFAULT_SET = "pin_tests"


def default_flavours() -> list[str]:
    """Return the kernel flavours that the default set of tests needs, in its order."""
    return list(dict.fromkeys(cell["kernel_flavour"] for cell in cartesian.cells(DEFAULT_SET)))


def bootstrap(data: Path, flavours: list[str], refresh: bool) -> list[GuestImage]:
    """Make sure that guests of kernel flavours can be booted and the driver is built for them.

    :param data: the folder of all that set-up makes
    :param refresh: ask Debian's archive for newer packages even if everything is there
    :raises PinError: naming the part that failed
    """
    check_host()
    deadline = Deadline(LOCK_TIMEOUT_S)
    with exclusive(data / "set-up.lock", deadline, lambda: LOG.info("waiting for another set-up")):
        sweep(data)
        vt.bootstrap()
        images = [_guest_image(data, flavour, refresh) for flavour in flavours]
    with step("driver and workload"):
        for image in images:
            build.driver(source("kmod"), image.kernel, data / "builds")
        build.workload(source("workload"), data / "builds")
    accelerator.choose(data, images[0])
    return images


def check_host() -> None:
    """Check that the host has the Debian packages that tests use.

    :raises BadConfiguration: naming the one command that installs what is missing
    """
    missing = host.missing()
    if missing:
        raise BadConfiguration(
            "the host's Debian packages",
            got=f"no {', '.join(missing)}",
            expected="all installed",
            look_at=install_command(missing),
        )


def _guest_image(data: Path, flavour: str, refresh: bool) -> GuestImage:
    """Return the guest image, its initramfs made anew if what it is made from has changed."""
    known = None if refresh else _known(data, flavour)
    kernel, tree, architecture = (
        (known.kernel, known.user_space, known.architecture) if known else _fetch(data, flavour)
    )
    key = access.make_key(data / "ssh")
    access.make_wrappers(data / "ssh")
    with step(f"the guest's initramfs for {kernel.release}"):
        initramfs = appliance.initramfs(tree, kernel, key, data / "initramfs")
    image = GuestImage(kernel, initramfs, tree, architecture)
    if image != known:
        save(data, image)
    return image


def _known(data: Path, flavour: str) -> GuestImage | None:
    try:
        return load(data, flavour)
    except BadConfiguration:
        return None


def _fetch(data: Path, flavour: str) -> tuple[Kernel, Path, str]:
    """Return the kernel, the unpacked user space and their architecture, from Debian's archive."""
    apt = AptRoot(data / "apt", host_release(), host_architecture())
    with step(f"package lists of Debian {apt.release}"):
        apt.update()
    with step(f"kernel ({flavour}) and its headers"):
        kernel = kernels.fetch(apt, flavour, data / "kernels")
    with step("the guest's programs"):
        tree = appliance.user_space(apt, data / "user-space")
    return kernel, tree, apt.architecture
