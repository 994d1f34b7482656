"""A trial boot: does a guest come up with an accelerator and a CPU model?"""

import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from avocado_pin.base import architecture
from avocado_pin.base.deadline import Deadline
from avocado_pin.kernels.boot_files import GuestImage
from avocado_pin.qemu import binary, running
from avocado_pin.qemu.command_line_of_all_guests import UP_MARK, kernel_args


@dataclass(frozen=True)
class Attempt:
    """How a trial boot ended.

    :param up: whether the guest came up
    :param how: in words
    :param crashed: whether QEMU itself did not survive it
    """

    up: bool
    how: str
    crashed: bool = False


def boots(image: GuestImage, accelerator: str, cpu_model: str, timeout_s: float) -> Attempt:
    """Boot a minimal guest and return whether it came up.

    :param accelerator: kvm or tcg
    :param cpu_model: one of the architecture's
    :param timeout_s: seconds until the guest counts as hanging
    """
    arch = architecture.of(image.architecture)
    qemu = binary.find(arch)
    command: list[str | Path] = [
        *(qemu, "-nodefaults", "-display", "none", "-no-reboot", "-serial", "stdio"),
        *("-machine", arch.machine, "-cpu", cpu_model),
        *("-accel", binary.accelerator_option(accelerator, qemu), "-m", "512"),
        *("-kernel", image.kernel.image, "-initrd", image.initramfs),
        *("-append", kernel_args(arch)),
    ]
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
        )
        try:
            return _came_up(process, output, Deadline(timeout_s))
        finally:
            process.kill()
            process.wait(running.KILL_TIMEOUT_S)


def _came_up(process: "subprocess.Popen[bytes]", output: Any, deadline: Deadline) -> Attempt:
    while True:
        ended = process.poll() is not None
        output.seek(0)
        text = output.read().decode(errors="replace")
        if UP_MARK in text:
            return Attempt(True, "a guest boots with it")
        last = (text.strip().splitlines() or ["QEMU printed nothing"])[-1]
        if ended:
            how = f"QEMU ended with {process.returncode}: {last}"
            return Attempt(False, how, crashed=process.returncode < 0)
        if deadline.expired:
            how = f"no guest was up after {deadline.seconds:g} s; last words: {last}"
            return Attempt(False, how)
        try:
            process.wait(timeout=0.1)
        except subprocess.TimeoutExpired:
            pass
