"""A QEMU that runs: all that a test needs to know of it, also if another test started it."""

import json
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import psutil

from avocado_pin.base.deadline import Deadline
from avocado_pin.base.kept_folders import write_atomically

# In a guest's folder while no test uses the guest.
RECORD = "idle.json"
CONSOLE = "console.log"
KILL_TIMEOUT_S = 30
# How long a killed QEMU's starter takes to note its status.
STATUS_TIMEOUT_S = 2.0


@dataclass(frozen=True)
class Known:
    """What is known of a guest since it was booted, and holds for all of its tests.

    :param state: what it was like (guest/fit_for_reuse.py)
    :param preflight: what the preflight printed
    :param files: what was copied into it, with its SHA-256
    """

    state: str = ""
    preflight: str = ""
    files: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Machine:
    """A QEMU process.

    :param key: what the guest is made from (variant/guest_key.py)
    :param pid: its process
    :param started: when that was started, by the host's clock, which tells it from another process
    :param port: the port of 127.0.0.1 that leads to the guest's ssh server
    :param command: how it was started
    :param output: the file of what it printed
    :param status: the file that gets its exit status
    :param tests: how many tests it has served
    :param shell: the name of a shell in it
    """

    key: str
    pid: int
    started: float
    port: int
    command: str
    output: str
    status: str
    tests: int = 0
    shell: str = ""
    known: Known = field(default_factory=Known)

    def is_alive(self) -> bool:
        """Whether it runs."""
        try:
            process = psutil.Process(self.pid)
            same = process.create_time() == self.started
            return same and process.status() != psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return False

    def age_s(self) -> float:
        """Return the seconds since it was started."""
        # Both by the host's clock of seconds since its boot, which no one sets.
        return time.clock_gettime(time.CLOCK_BOOTTIME) - (self.started - psutil.boot_time())

    def kill(self) -> None:
        """Kill it and wait for its end.

        :raises psutil.TimeoutExpired: the host's kernel does not let go of it
        """
        if self.is_alive():
            try:
                process = psutil.Process(self.pid)
                process.kill()
                process.wait(KILL_TIMEOUT_S)
            except psutil.NoSuchProcess:
                pass  # Gone by now.

    def exit_status(self) -> str:
        """Its exit status as a shell gives it: 128 and the signal's number, if one killed it."""
        deadline = Deadline(STATUS_TIMEOUT_S)
        while not (text := _text(Path(self.status))) and not deadline.expired:
            time.sleep(STATUS_TIMEOUT_S / 40)
        return text or "unknown"

    def last_words(self) -> str:
        """What it printed."""
        return _text(Path(self.output))


def of(vm: Any, key: str, port: int, known: Known) -> Machine:
    """Return the machine of Avocado-VT's VM object, which runs.

    :raises psutil.NoSuchProcess: it does not
    """
    pid = int(vm.get_pid() or 0)
    if not pid:
        raise psutil.NoSuchProcess(pid, "qemu")
    return Machine(
        key=key,
        pid=pid,
        started=psutil.Process(pid).create_time(),
        port=port,
        command=str(vm.qemu_command),
        output=str(vm.process.output_filename),
        status=str(vm.process.status_filename),
        known=known,
    )


def leave(machine: Machine, folder: Path) -> None:
    """Leave a machine for the tests to come: it is idle from now on."""
    write_atomically(folder / RECORD, json.dumps(asdict(machine)) + "\n")


def idle(folder: Path) -> Machine | None:
    """Return the idle machine of a folder, if there is one."""
    try:
        record = json.loads((folder / RECORD).read_text())
        return Machine(**{**record, "known": Known(**record["known"])})
    except (OSError, ValueError, TypeError, KeyError):
        return None


def idle_s(folder: Path) -> float:
    """Return for how many seconds the machine of a folder has been idle, 0 if it is not."""
    try:
        return max(0.0, time.time() - (folder / RECORD).stat().st_mtime)
    except OSError:
        return 0.0


def take(folder: Path) -> Machine | None:
    """Return the idle machine of a folder, if there is one; it is not idle from now on."""
    machine = idle(folder)
    (folder / RECORD).unlink(missing_ok=True)
    return machine


def console(folder: Path) -> str:
    """Return what the guest printed on its console since its boot."""
    path = folder / CONSOLE
    return path.read_text(errors="replace") if path.exists() else ""


def _text(path: Path) -> str:
    try:
        return path.read_text(errors="replace").strip()
    except OSError:
        return ""
