"""What the project knows of each architecture that guests can have: the one place that does."""

import struct
from collections.abc import Callable
from dataclasses import dataclass

from avocado_pin.base.errors import BadConfiguration

# Of an image, what it can say its release in.
IMAGE_HEAD_BYTES = 1 << 16


@dataclass(frozen=True)
class Architecture:
    """An architecture, for QEMU, for Debian and for the kernel.

    :param name: Debian's, as dpkg --print-architecture says it
    :param qemu: its program
    :param qemu_package: Debian's package that has it
    :param machine: of QEMU
    :param cpu_models: of QEMU: with every feature the accelerator can give; and one that any kernel
        knows all of, for one that does not boot on the first
    :param emulated_cpu_flags: of QEMU's -cpu, under TCG
    :param console: the kernel's name of the serial console
    :param console_device: QEMU's name of it
    :param kernel_args: of the kernel's command line
    :param machine_of_movable: options of a guest with ZONE_MOVABLE
    :param hole_mib: MiB by which memory above 4 GiB lies higher than it would without a hole
    :param tree_image: the image that a build tree has to boot
    :param release_of_image: the release that such an image says it is, of its first
        IMAGE_HEAD_BYTES; None if it does not say
    :param console_option: of the kernel's configuration, without CONFIG_, that has the console
    :param lower_tier_arg: of the kernel's command line: memory, {size} MiB from {start} MiB on,
        that the kernel takes for persistent
    :param lower_tier_option: of the kernel's configuration, for that
    :param lower_tier_module: for that
    :param page_bytes: bytes of a base page: a bound on pages is checked with it before the guest is
        there; the workload asks the guest's kernel
    :param huge_pages: base pages of a huge page
    """

    name: str
    qemu: str
    qemu_package: str
    machine: str
    cpu_models: tuple[str, ...]
    emulated_cpu_flags: str
    console: str
    console_device: str
    kernel_args: str
    machine_of_movable: str
    hole_mib: int
    tree_image: str
    release_of_image: Callable[[bytes], str | None]
    console_option: str
    lower_tier_arg: str
    lower_tier_option: str
    lower_tier_module: str
    page_bytes: int
    huge_pages: int

    @property
    def huge_pool(self) -> str:
        """The folder of the pool of huge pages, in a node's folder hugepages in /sys."""
        return f"hugepages-{self.huge_pages * self.page_bytes >> 10}kB"


def _release_of_x86_image(head: bytes) -> str | None:
    # Documentation/arch/x86/boot.rst: kernel_version is an offset less 0x200, of a text.
    if head[0x202:0x206] != b"HdrS":
        return None
    start = 0x200 + struct.unpack_from("<H", head, 0x20E)[0]
    return head[start : start + 128].split(b"\0")[0].split(b" ")[0].decode(errors="replace")


AMD64 = Architecture(
    name="amd64",
    qemu="qemu-system-x86_64",
    qemu_package="qemu-system-x86",
    machine="q35",
    cpu_models=("max", "qemu64"),
    # No fast strings: the kernel clears and copies pages byte by byte on a CPU that says it has
    # them (arch/x86/lib/clear_page_64.S, copy_user_64.S), which emulation then does.
    emulated_cpu_flags="erms=off,fsrm=off",
    console="ttyS0",
    console_device="isa-serial",
    # No check that the timer ticks ten times in a moment, as the kernel does without under KVM
    # (check_timer() in arch/x86/kernel/apic/io_apic.c, kvm_guest_init()): one of 32 emulated guests
    # at once on two cores panicked by it.
    kernel_args="no_timer_check",
    # The kernel makes ZONE_MOVABLE of the highest zone's memory only
    # (find_usable_zone_for_movable() in mm/page_alloc.c), which is what lies above 4 GiB: some of
    # each node must. QEMU adds the options of all -machine up.
    machine_of_movable="-machine max-ram-below-4g=512M",
    # A q35 machine of 2.75 GiB or more has 2 GiB of its memory below 4 GiB and the rest above
    # (pc_q35_init() in hw/i386/pc_q35.c), so that what is beyond the hole lies so much higher.
    hole_mib=2048,
    tree_image="arch/x86/boot/bzImage",
    release_of_image=_release_of_x86_image,
    console_option="SERIAL_8250_CONSOLE",
    lower_tier_arg="memmap={size}M!{start}M",
    lower_tier_option="X86_PMEM_LEGACY",
    lower_tier_module="nd_e820",
    page_bytes=4096,
    huge_pages=512,
)
ARCHITECTURES = {one.name: one for one in (AMD64,)}


def of(name: str) -> Architecture:
    """Return what is known of an architecture.

    :param name: Debian's
    :raises BadConfiguration: guests can't have it
    """
    if name not in ARCHITECTURES:
        raise BadConfiguration(
            "the architecture",
            got=name,
            expected=f"one of {', '.join(ARCHITECTURES)}",
            look_at="docs/hosts.md",
        )
    return ARCHITECTURES[name]
