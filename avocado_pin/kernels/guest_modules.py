"""Which of a kernel's modules a guest has."""

import re
from contextlib import suppress
from pathlib import Path

from avocado_pin.base.architecture import AMD64
from avocado_pin.base.command import run
from avocado_pin.base.errors import DeploymentFailed
from avocado_pin.kernels.kernel import Kernel

# What the guest needs to be reached.
REQUIRED_MODULES = ("virtio_pci", "virtio_net")
# For what tests ask for (avocado_pin/trial/swap_and_disk.py), and for a lower tier of memory
# (avocado_pin/trial/scripts/tier.sh). A kernel can lack them; the test that needs one then says so.
OPTIONAL_MODULES = ("brd", "ext4", AMD64.lower_tier_module, "dax_pmem", "kmem")


def module_files(kernel: Kernel) -> list[Path]:
    """Return the files of the guest's modules and of what they depend on, relative to its folder.

    :raises DeploymentFailed: the kernel does not have one that is needed
    """
    shown = run(
        _show_depends(kernel, *REQUIRED_MODULES),
        thing=f"modules of {kernel.release}",
        timeout_s=60,
    )
    for name in OPTIONAL_MODULES:
        with suppress(DeploymentFailed):
            shown += run(_show_depends(kernel, name), thing=f"module {name}", timeout_s=60)
    found = re.findall(r"^insmod (\S+)", shown, re.MULTILINE)
    return sorted({Path(path).relative_to(kernel.folder) for path in found})


def _show_depends(kernel: Kernel, *names: str) -> list[str]:
    where = [f"--dirname={kernel.folder}", f"--set-version={kernel.release}"]
    return ["/sbin/modprobe", *where, "--show-depends", "--all", *names]
