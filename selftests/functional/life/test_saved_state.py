"""A guest whose state is saved goes on, be the moment as it may."""

import logging
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from virttest.qemu_monitor import MonitorConnectError, QMPMonitor

from avocado_pin.base import architecture
from avocado_pin.base.deadline import Deadline
from avocado_pin.base.errors import GuestLost
from avocado_pin.base.phases import Phases
from avocado_pin.guest.boot import Boot
from avocado_pin.guest.snapshot_on_disk import Snapshot
from avocado_pin.qemu import binary, monitor, running
from avocado_pin.qemu.running import Known

# 0.06 s each. In a job, about one in 400 guests stayed stopped: QEMU refused to let it go on.
TIMES = 60


Start = Callable[..., Any]
# QEMU takes `cont` then, and keeps the guest stopped until a state has come in.
STAYS_STOPPED = ("-incoming", "defer")
STOPPED = (
    "guest, boot: got no answer: QEMU keeps the guest stopped after its snapshot, "
    "expected it to go on (see console.txt)"
)


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    """Return a function that starts a QEMU without a kernel, with more options.

    It returns as much of Avocado-VT's VM as its monitor asks for.
    """
    monkeypatch.chdir(tmp_path)
    socket = tmp_path / "qmp"
    qemu_binary = binary.find(architecture.AMD64)
    command = [qemu_binary, "-accel", "tcg", "-m", "64", "-display", "none"]
    command += ["-qmp", f"unix:{socket},server=on,wait=off"]
    with ExitStack() as stack:

        def of(*more: str) -> Any:
            words = [*command, *more]
            qemu = stack.enter_context(subprocess.Popen(words, stdin=subprocess.DEVNULL))
            stack.callback(qemu.kill)
            found = SimpleNamespace(
                name="guest", check_capability=lambda _: True, get_pid=lambda: qemu.pid, qemu=qemu
            )
            found.monitor = _connected(found, socket, Deadline(30))
            return found

        yield of


@pytest.fixture
def vm(start: Start) -> Any:
    return start()


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


def _boot(vm: Any, folder: Path) -> Boot:
    """Return the boot of a guest that has printed nothing, with a snapshot to be kept."""
    (folder / running.CONSOLE).touch()
    return Boot(vm, folder, "key", Phases(), Snapshot(folder / "snapshot"))


def test_a_guest_goes_on_after_its_snapshot(vm: Any, tmp_path: Path) -> None:
    boot = _boot(vm, tmp_path)
    boot.keep_snapshot(Known())
    assert boot.can_restore()
    assert monitor.is_running(vm)


def test_a_guest_that_stays_stopped_after_its_snapshot_is_lost(
    start: Start, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """At once: a login to it would be waited for until its deadline."""
    boot = _boot(start(*STAYS_STOPPED), tmp_path)
    began = time.monotonic()
    with pytest.raises(GuestLost) as caught, caplog.at_level(logging.WARNING, "avocado.test"):
        boot.keep_snapshot(Known())
    assert time.monotonic() - began < monitor.STATE_TIMEOUT_S
    assert str(caught.value) == STOPPED
    assert "no snapshot of the guest: QMP command 'migrate' failed" in caplog.text
    assert not boot.can_restore()


def test_a_guest_whose_qemu_ends_at_its_snapshot_is_lost(vm: Any, tmp_path: Path) -> None:
    boot = _boot(vm, tmp_path)
    vm.qemu.kill()
    with pytest.raises(GuestLost, match=r"guest, boot: got no answer: .*, expected it to go on"):
        boot.keep_snapshot(Known())
    assert not boot.can_restore()
