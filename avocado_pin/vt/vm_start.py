"""Starting QEMU by Avocado-VT, without the two seconds that it lets pass and bridges nobody needs.

Its create() waits a second whether QEMU ends at once, another for serial consoles, of which
guests here have none, and a tenth for the monitor's greeting. A guest that boots needs the time
anyway; one that is restored goes on after half a second. Here QEMU is started, and its monitor
asked until it answers or QEMU has ended.

And it gives each PCI Express machine a root port and a bridge for devices to come
(machine_by_params() in virttest/qemu_devices/qcontainer.py). None come, and the guest's kernel
takes its time to look at them.
"""

import time
from typing import Any

import aexpect
from virttest import qemu_monitor, qemu_vm

from avocado_pin.base.deadline import Deadline
from avocado_pin.vt.patched_internals import in_place_of

POLL_S = 0.02
# The bridge is behind the root port.
BRIDGES = ("pcie-pci-bridge", "pcie-root-port")
_make_create_command = qemu_vm.VM.make_create_command


def create(vm: Any, **arguments: str) -> None:
    """Start a VM by its method of that name, without what that waits for and adds in vain.

    :raises virt_vm.VMCreateError: QEMU ended
    :raises qemu_monitor.MonitorError: its monitor does not answer
    """
    with (
        in_place_of(qemu_vm, "aexpect", _Aexpect()),
        in_place_of(qemu_vm, "time", _Time(0.0)),
        in_place_of(qemu_monitor, "time", _Time(POLL_S)),
        in_place_of(qemu_monitor, "wait_for_create_monitor", _monitor),
        in_place_of(qemu_vm.VM, "make_create_command", _without_bridges),
    ):
        vm.create(**arguments)


class _Aexpect:
    def __getattr__(self, name: str) -> Any:
        return getattr(aexpect, name)

    def run_tail(self, *words: Any, **options: Any) -> Any:
        """Start a process and do not wait whether it ends."""
        return aexpect.run_tail(*words, timeout=0.0, **options)


class _Time:
    """The module, but for a limit to how long it sleeps.

    :param most_s: seconds
    """

    def __init__(self, most_s: float):
        self._most_s = most_s

    def __getattr__(self, name: str) -> Any:
        return getattr(time, name)

    def sleep(self, seconds: float) -> None:
        """Sleep, or go on."""
        time.sleep(min(seconds, self._most_s))


def _without_bridges(vm: Any, *words: Any, **options: Any) -> Any:
    """Return what make_create_command() does, without bridges that lead to no device."""
    devices, *others = _make_create_command(vm, *words, **options)
    for driver in BRIDGES:
        for bridge in devices.get_by_params({"driver": driver}):
            # Reserved slots count as children, too.
            if not any(child in devices for child in bridge.get_children()):
                devices.remove(bridge)
    return devices, *others


def _monitor(vm: Any, name: str, params: Any, timeout_s: float) -> Any:
    """Connect to QEMU's monitor as soon as it listens; Avocado-VT tries once a second."""
    deadline = Deadline(timeout_s)
    while True:
        try:
            return qemu_monitor.create_monitor(vm, name, params)
        except qemu_monitor.MonitorError as error:
            if deadline.expired or not vm.process.is_alive():
                raise qemu_monitor.MonitorConnectError(name) from error
            time.sleep(POLL_S)
