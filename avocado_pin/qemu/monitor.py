"""The state of a guest, written to a file and read from one, by QEMU's monitor."""

import shlex
import time
from pathlib import Path
from typing import Any

from avocado_pin.base.deadline import Deadline

# The state of a guest of two nodes, 4 GiB, was written in 1.5 s and read in 0.6 s.
STATE_TIMEOUT_S = 60.0
_STATE_POLL_S = 0.05


def save_state(vm: Any, file: Path) -> None:
    """Write the state of a running guest to a file; the guest goes on then.

    Whether it does is to be looked at (is_running()), also if this has failed.

    :param vm: Avocado-VT's VM
    :raises MonitorError: QEMU refuses or does not answer
    :raises TimeoutError: it takes too long
    :raises OSError: it can't be written
    """
    try:
        # Stopped, so that it is written once and not again where the guest meanwhile wrote to it.
        _tell(vm, "stop")
        _tell(vm, "migrate-set-parameters", {"max-bandwidth": 1 << 40})
        _tell(vm, "migrate", {"uri": f"exec:zstd -q -T0 -1 -c >{shlex.quote(str(file))}"})
        _wait_for_state(vm, Deadline(STATE_TIMEOUT_S))
    except BaseException:
        _tell(vm, "migrate_cancel")
        raise
    finally:
        try:
            _wait_until_finalized(vm, Deadline(STATE_TIMEOUT_S))
        finally:
            _tell(vm, "cont")


def is_running(vm: Any) -> bool:
    """Whether the guest runs, and is not stopped.

    :raises MonitorError: QEMU does not answer
    """
    return bool(_run_state(vm) == "running")


def incoming(file: Path) -> dict[str, str]:
    """Return the arguments of Avocado-VT's create() for a guest whose state is in a file."""
    command = f"zstd -q -dc {shlex.quote(str(file))}"
    return {"migration_mode": "exec", "migration_exec_cmd": command}


def go_on(vm: Any, deadline: Deadline) -> None:
    """Wait until QEMU has read a guest's state, and let the guest go on.

    :param vm: Avocado-VT's VM, created with incoming()
    :raises MonitorError: QEMU refuses, ends, or does not answer
    :raises OSError: it can't read the state
    :raises TimeoutError: it takes too long
    """
    _wait_for_state(vm, deadline)
    _tell(vm, "cont")


def _tell(vm: Any, command: str, arguments: dict[str, Any] | None = None) -> None:
    """Give QEMU a command. Avocado-VT would wait a quarter of an hour for one that hangs."""
    vm.monitor.cmd(command, arguments, timeout=STATE_TIMEOUT_S)


def _run_state(vm: Any) -> Any:
    return vm.monitor.cmd("query-status", timeout=STATE_TIMEOUT_S, debug=False)["status"]


def _wait_until_finalized(vm: Any, deadline: Deadline) -> None:
    """A migration is "completed" a moment before QEMU lets the guest go on.

    A `cont` in between is refused: "Migration is not finalized yet" (qmp_cont() in
    monitor/qmp-cmds.c).
    """
    while (found := _run_state(vm)) == "finish-migrate":
        if deadline.expired:
            raise TimeoutError(f"QEMU's state: still {found} after {deadline.seconds:g} s")
        time.sleep(_STATE_POLL_S)


def _wait_for_state(vm: Any, deadline: Deadline) -> None:
    while True:
        answer = vm.monitor.cmd("query-migrate", timeout=STATE_TIMEOUT_S, debug=False)
        status = answer.get("status")
        if status == "completed":
            return
        if status in ("failed", "cancelled"):
            raise OSError(f"QEMU's migration: got {status}, expected completed")
        if deadline.expired:
            raise TimeoutError(f"QEMU's migration: got {status} after {deadline.seconds:g} s")
        time.sleep(_STATE_POLL_S)
