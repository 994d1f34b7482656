"""Why a guest is gone: one error with the best account of it."""

import logging
import time

from virttest import virt_vm

from avocado_pin.base.artifacts import CONSOLE
from avocado_pin.base.command import one_line
from avocado_pin.base.deadline import Deadline
from avocado_pin.base.errors import GuestLost
from avocado_pin.evidence import kernel_log_faults, kernel_log_marks
from avocado_pin.qemu.running import Machine

LOG = logging.getLogger("avocado.test")
# A QEMU that dies is seen to be dead a little later than its sessions end.
DYING_S = 2.0
# How much of an error of others is quoted: aexpect's hold all output of the session.
MOST_QUOTED = 160


def lost(
    where: str, error: Exception, expected: str, machine: Machine | None, console: str
) -> GuestLost:
    """Return the error for a guest that is gone.

    :param where: in which step
    :param error: what was met
    :param machine: the guest's QEMU, if it was started
    :param console: what the guest has printed
    """
    # A kernel goes on after a warning.
    words = kernel_log_faults.trouble(kernel_log_marks.of_test(console))
    fatal = [line for line in words if not line.startswith("WARNING")]
    if fatal:
        got = f"in the guest: {fatal[0]}"
    elif machine and _dies(machine):
        got = f"QEMU ended with status {machine.exit_status()}"
        LOG.error("%s: %s", got, machine.last_words())
    elif isinstance(error, virt_vm.VMCreateError):
        got = f"QEMU ended with status {error.status}: {one_line(error.output)}"
    else:
        got = f"no answer: {first_line(error)}"
    return GuestLost(f"guest, {where}", got=got, expected=expected, look_at=CONSOLE)


def first_line(text: object) -> str:
    """Return the first line of a text or an error, cut to what a status line bears."""
    lines = str(text).strip().splitlines()
    return lines[0][:MOST_QUOTED] if lines else type(text).__name__


def _dies(machine: Machine) -> bool:
    deadline = Deadline(DYING_S)
    while machine.is_alive() and not deadline.expired:
        time.sleep(DYING_S / 20)
    return not machine.is_alive()
