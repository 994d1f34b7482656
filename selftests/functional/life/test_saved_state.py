"""A guest whose state is saved goes on, be the moment as it may."""

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from virttest.qemu_monitor import MonitorConnectError, QMPMonitor

from avocado_pin.base import architecture
from avocado_pin.base.deadline import Deadline
from avocado_pin.qemu import binary, monitor

# 0.06 s each. In a job, about one in 400 guests stayed stopped: QEMU refused to let it go on.
TIMES = 60


@pytest.fixture
def vm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """As much of Avocado-VT's VM as its monitor asks for, of a QEMU without a kernel."""
    monkeypatch.chdir(tmp_path)
    socket = tmp_path / "qmp"
    qemu_binary = binary.find(architecture.AMD64)
    command = [qemu_binary, "-accel", "tcg", "-m", "64", "-display", "none"]
    command += ["-qmp", f"unix:{socket},server=on,wait=off"]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL) as qemu:
        try:
            deadline = Deadline(30)
            found = SimpleNamespace(
                name="guest", check_capability=lambda _: True, get_pid=lambda: qemu.pid
            )
            found.monitor = _connected(found, socket, deadline)
            yield found
        finally:
            qemu.kill()


def _connected(vm: Any, socket: Path, deadline: Deadline) -> QMPMonitor:
    """QEMU's socket is there a moment before QEMU listens."""
    params = {"chardev_backend": "unix_socket", "monitor_filename": str(socket)}
    while True:
        try:
            return QMPMonitor(vm, "qmp", params)
        except MonitorConnectError:
            assert not deadline.expired
            time.sleep(0.01)


def test_a_guest_goes_on_after_each_save(vm: Any, tmp_path: Path) -> None:
    for _ in range(TIMES):
        monitor.save_state(vm, tmp_path / "memory")
        assert monitor.is_running(vm)


def test_a_guest_goes_on_after_a_save_that_fails(vm: Any, tmp_path: Path) -> None:
    for _ in range(5):
        with pytest.raises(OSError, match="got failed, expected completed"):
            monitor.save_state(vm, tmp_path / "no folder" / "memory")
        assert monitor.is_running(vm)


def test_a_guest_that_is_stopped_is_seen_to_be(vm: Any) -> None:
    assert monitor.is_running(vm)
    vm.monitor.cmd("stop")
    assert not monitor.is_running(vm)
