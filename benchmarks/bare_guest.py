"""A guest started by QEMU alone, without Avocado: what the rest is compared with."""

import shlex
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from avocado_pin.base import architecture
from avocado_pin.base.command import run
from avocado_pin.base.deadline import Deadline
from avocado_pin.base.paths import DataFolder
from avocado_pin.kernels.boot_files import GuestImage
from avocado_pin.qemu import binary, command_line_of_all_guests
from avocado_pin.variant.numa_nodes import Layout

BOOT_TIMEOUT_S = 600
POLL_S = 0.02


def command(
    image: GuestImage, initramfs: Path, layout: Layout, accelerator: str, console: Path
) -> list[str]:
    """Return the QEMU command of a guest with a layout and no devices but a console.

    :param accelerator: QEMU's -accel
    :param console: the file that gets what the guest prints
    """
    sockets = len([node for node in layout.nodes if node.cpus])
    arch = architecture.of(image.architecture)
    cpu = arch.cpu_models[0]
    if accelerator.startswith("tcg"):
        cpu += f",{arch.emulated_cpu_flags}"
    words = [
        *(
            str(binary.find(arch)),
            "-nodefaults",
            "-display",
            "none",
            "-no-reboot",
        ),
        *("-machine", arch.machine),
        *("-cpu", cpu, "-accel", accelerator),
        *("-m", str(layout.mem_mib), "-smp", f"{len(layout.cpus)},sockets={sockets}"),
        *("-kernel", str(image.kernel.image), "-initrd", str(initramfs)),
        *(
            "-append",
            command_line_of_all_guests.kernel_args(arch),
            *shlex.split(command_line_of_all_guests.console_option(arch, console)),
        ),
    ]
    for node in layout.nodes:
        size = f"memory-backend-ram,id=mem{node.number},size={node.mem_mib}M"
        cpus = "".join(f",cpus={cpu}" for cpu in sorted(node.cpus))
        words += ["-object", size]
        words += ["-numa", f"node,nodeid={node.number},memdev=mem{node.number}{cpus}"]
    return words


@contextmanager
def started(words: list[str]) -> Iterator["subprocess.Popen[bytes]"]:
    """Start a QEMU, and kill it after the block."""
    process = subprocess.Popen(words, stdin=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def wait_for_text(console: Path, text: str) -> None:
    """Wait until a guest has printed a text.

    :raises TimeoutError: it has not
    """
    deadline = Deadline(BOOT_TIMEOUT_S)
    while not (console.exists() and text in console.read_text(errors="replace")):
        if deadline.expired:
            raise TimeoutError(f"{console}: got no {text!r}, expected it within a boot's time")
        time.sleep(POLL_S)


@dataclass(frozen=True)
class BareGuest:
    """A guest with an ssh server, that has booted.

    :param port: the port of 127.0.0.1 that leads to it
    :param programs: the folder of ssh and scp with the set-up's key
    """

    port: int
    programs: Path

    def run(self, script: str) -> str:
        """Run a shell script in the guest and return what it printed.

        :raises DeploymentFailed: it failed
        """
        options = [*_OPTIONS, "-p", str(self.port), "root@127.0.0.1"]
        words: list[str | Path] = [self.programs / "ssh", *options, script]
        return run(words, thing="a script in the guest", timeout_s=BOOT_TIMEOUT_S)

    def copy(self, paths: list[Path], folder: str) -> None:
        """Copy files into a folder of the guest.

        :raises DeploymentFailed: that failed
        """
        target = f"root@127.0.0.1:{folder}/"
        options = [*_OPTIONS, "-q", "-P", str(self.port)]
        words: list[str | Path] = [self.programs / "scp", *options, *paths, target]
        run(words, thing="a copy to the guest", timeout_s=BOOT_TIMEOUT_S)


_OPTIONS = ["-o", "UserKnownHostsFile=/dev/null", "-o", "StrictHostKeyChecking=no"]


@contextmanager
def booted(
    image: GuestImage, layout: Layout, accelerator: str, data: DataFolder
) -> Iterator[BareGuest]:
    """Boot a guest of the project's own image, and kill it after the block.

    :param data: the folder of all that set-up made
    :raises TimeoutError: it did not boot
    """
    port = _free_port()
    with tempfile.TemporaryDirectory() as folder:
        console = Path(folder, "console")
        words = command(image, image.initramfs, layout, accelerator, console)
        words += ["-netdev", f"user,id=net0,hostfwd=tcp:127.0.0.1:{port}-:22"]
        words += ["-device", "virtio-net-pci,netdev=net0,romfile="]
        with started(words):
            wait_for_text(console, command_line_of_all_guests.UP_MARK)
            yield BareGuest(port, data.ssh / "bin")


def _free_port() -> int:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        return int(server.getsockname()[1])
