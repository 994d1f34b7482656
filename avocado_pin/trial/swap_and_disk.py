"""What a variant needs in the guest beside its kernel: swap, or a file system on a disk.

The disk is in the guest's own memory, so that every guest can have it; it holds one of the two.
"""

from dataclasses import dataclass

from avocado_pin.guest.guest import Guest
from avocado_pin.trial.workload_process import DISK
from avocado_pin.variant.axes import MIB, PAGE_BYTES
from avocado_pin.variant.variant import Variant

# Room for all regions, and beside them for a file system's own tables and what else is swapped.
SPARE_MIB = 64
MOST_REGIONS = 3


@dataclass(frozen=True)
class Service:
    """How something is set up in the guest, on a disk of memory, and taken away: shell commands."""

    start: str
    stop: str


DEVICE = "/dev/ram0"
SERVICES = {
    "swap": Service(f"mkswap {DEVICE} && swapon {DEVICE}", f"swapoff {DEVICE}"),
    "disk": Service(
        f"mke2fs {DEVICE} && mkdir -p {DISK} && mount -t ext4 {DEVICE} {DISK}",
        f"umount {DISK} && rmdir {DISK}",
    ),
}


class SwapAndDisk:
    """The service of one test, if its variant needs one."""

    def __init__(self, guest: Guest, variant: Variant):
        self._guest = guest
        self._variant = variant
        self._begun = False

    def start(self) -> None:
        """Set up what the variant needs.

        :raises DeploymentFailed: it can't be set up
        """
        service = SERVICES.get(self._variant.need)
        if not service:
            return
        self._begun = True
        size_kib = _disk_mib(self._variant) * 1024
        # Documentation/admin-guide/blockdev/ramdisk.rst
        command = f"modprobe brd rd_nr=1 rd_size={size_kib} && {service.start}"
        self._guest.run(command, thing=f"{self._variant.need} of the guest")

    def stop(self) -> None:
        """Take away what was begun, up to the first step that fails.

        :raises DeploymentFailed: something of it stays in the guest
        :raises GuestLost: the guest is gone
        """
        if self._begun:
            self._begun = False
            need = self._variant.need
            command = f"{SERVICES[need].stop} && rmmod brd"
            self._guest.run(command, thing=f"{need} of the guest, to be taken away after the test")


def _disk_mib(variant: Variant) -> int:
    return MOST_REGIONS * variant.pages * PAGE_BYTES // MIB + SPARE_MIB
