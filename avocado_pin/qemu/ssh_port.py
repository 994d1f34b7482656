"""The port of the host that leads to a guest's ssh server, and connections through it."""

import re
import time
from typing import Any

from avocado_pin.base.artifacts import QEMU_COMMAND
from avocado_pin.base.deadline import Deadline
from avocado_pin.base.errors import GuestLost

_POLL_S = 0.05


def wait_until_parted(vm: Any, deadline: Deadline) -> None:
    """Wait until both ends of every connection into the guest have closed it.

    :param vm: Avocado-VT's VM
    :raises MonitorError: QEMU does not answer
    :raises TimeoutError: one is left
    """
    while left := connections(str(vm.monitor.human_monitor_cmd("info usernet", debug=False))):
        if deadline.expired:
            raise TimeoutError(f"connections into the guest: got {', '.join(left)}, expected none")
        time.sleep(_POLL_S)


def connections(usernet: str) -> list[str]:
    """Return the states of the TCP connections that 'info usernet' shows, but those that are over.

    One that the host's end closed first is in TIME_WAIT once the guest's end has, too.
    """
    states = re.findall(r"TCP\[(\w+)\]", usernet)
    return [state for state in states if state not in ("HOST_FORWARD", "TIME_WAIT")]


def forward_ssh(vm: Any) -> int:
    """Forward a port of 127.0.0.1 to the guest's ssh, and return it.

    QEMU takes a free port by itself, so no two guests can want the same.

    :param vm: Avocado-VT's VM, running
    :raises GuestLost: QEMU does not say which port
    """
    refused = vm.monitor.human_monitor_cmd("hostfwd_add tcp:127.0.0.1:0-:22")
    shown = vm.monitor.human_monitor_cmd("info usernet")
    port = forwarded_port(str(shown))
    if port is None:
        raise GuestLost(
            "the guest's ssh port",
            got=f"no forwarded port: {refused or shown!r}",
            expected="a line TCP[HOST_FORWARD] in 'info usernet'",
            look_at=QEMU_COMMAND,
        )
    return port


def forwarded_port(usernet: str) -> int | None:
    """Return the host's port of the TCP forward that 'info usernet' shows.

    :param usernet: lines of: TCP[HOST_FORWARD] FD ADDRESS PORT ADDRESS PORT RECV-Q SEND-Q
    """
    match = re.search(r"TCP\[HOST_FORWARD\]\s+\d+\s+127\.0\.0\.1\s+(\d+)", usernet)
    return int(match[1]) if match else None
