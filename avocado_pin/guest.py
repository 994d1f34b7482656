"""A running guest: started, logged in to, asked, and lost.

Uses nothing of a guest but Avocado-VT's VM object (create, wait_for_login, copy_files_to and
sessions), so that a guest that boots from a disk image can take this one's place.
"""

import logging
import socket
import time
from pathlib import Path
from typing import Any

import aexpect
import psutil
from aexpect.exceptions import ShellCmdError, ShellError
from virttest import qemu_monitor, remote, virt_vm

from avocado_pin import kernel_text, qemu
from avocado_pin.artifacts import Artifacts
from avocado_pin.command import one_line
from avocado_pin.deadline import Deadline
from avocado_pin.errors import DeploymentFailed, GuestLost

LOG = logging.getLogger("avocado.test")
PROMPT_TEXT = "[avocado-pin]# "
PROMPT = r"\[avocado-pin\]# $"
# How long one attempt to log in may take: a guest under emulation, with others beside it.
LOGIN_ATTEMPT_S = 60
# How long a connection waits for the greeting of an ssh server before another one is tried.
GREETING_S = 1.0
GREETING_MISSING = TimeoutError("no greeting of an ssh server")
KILL_TIMEOUT_S = 30
DYING_S = 2.0
# How much of an error of others is quoted: aexpect's hold all output of the session.
MOST_QUOTED = 160
# A guest that does not answer at the end of a failed test is not waited for any longer.
LAST_WORDS_S = 20


class Guest:
    """A guest of Avocado-VT's.

    :param vm: the VM, not yet started
    :param artifacts: the test's files
    :param command_deadline_s: seconds any one command may take unless told otherwise
    """

    def __init__(self, vm: Any, artifacts: Artifacts, command_deadline_s: float):
        self._vm = vm
        self._session: Any = None
        self._artifacts = artifacts
        self._command_deadline_s = command_deadline_s

    def start(self, deadline: Deadline) -> None:
        """Start QEMU, wait for the guest and log in.

        :raises GuestLost: QEMU did not start, or no shell answered by the deadline
        """
        try:
            self._vm.create()
            qemu.forward_ssh(self._vm)
            self._wait_for_ssh(deadline)
            self._session = self._vm.wait_for_login(
                timeout=deadline.remaining, internal_timeout=LOGIN_ATTEMPT_S, status_check=False
            )
            # The prompt that no output can be taken for.
            self._session.set_prompt(PROMPT)
            self._session.cmd(f"PS1='{PROMPT_TEXT}'", timeout=self._command_deadline_s)
        except (
            virt_vm.VMError,
            remote.LoginError,
            qemu_monitor.MonitorError,
            aexpect.ExpectError,
            ShellError,
        ) as error:
            raise self.lost("boot", error, f"a shell within {deadline.seconds:g} s") from error

    def _wait_for_ssh(self, deadline: Deadline) -> None:
        """Wait for the greeting of the guest's ssh server, by short connections.

        A login that begins before the guest listens is held up by the growing pauses with which
        QEMU's network repeats its connection: 12 s were lost after the guest was ready.
        """
        address = (self._vm.get_address(), self._vm.get_port(22))
        while not deadline.expired:
            if self._dead():
                raise self.lost("boot", GREETING_MISSING, "an ssh server")
            try:
                with socket.create_connection(address, timeout=GREETING_S) as connection:
                    if connection.recv(4) == b"SSH-":
                        return
            except OSError:
                time.sleep(GREETING_S / 10)  # Refused, reset or silent: not yet.
        raise self.lost("boot", GREETING_MISSING, f"an ssh server within {deadline.seconds:g} s")

    def ask(self, command: str, deadline_s: float | None = None) -> tuple[int, str]:
        """Run a command and return its exit status and what it printed.

        :param deadline_s: seconds it may take
        :raises GuestLost: the session ended or the command did not
        """
        seconds = deadline_s or self._command_deadline_s
        try:
            status, output = self._session.cmd_status_output(command, timeout=seconds)
        except (ShellError, aexpect.ExpectError, ValueError) as error:
            raise self.lost(
                f"command {command!r}", error, f"an end within {seconds:g} s"
            ) from error
        return int(status), str(output)

    def run(self, command: str, deadline_s: float | None = None, thing: str = "") -> str:
        """Run a command that must succeed and return what it printed.

        :param thing: what to call it if it fails, if not by itself
        :raises DeploymentFailed: it failed in the guest
        :raises GuestLost: the session ended or the command did not
        """
        status, output = self.ask(command, deadline_s)
        if status:
            raise DeploymentFailed(
                thing or f"command {command!r} in the guest",
                got=f"exit {status}: {one_line(output)}",
                expected="exit 0",
                look_at="debug.log",
            )
        return output

    def copy_to(self, paths: list[Path], folder: str) -> None:
        """Copy files into a folder of the guest.

        :raises DeploymentFailed: a copy failed
        """
        for path in paths:
            try:
                self._vm.copy_files_to(str(path), folder, timeout=self._command_deadline_s)
            except (remote.SCPError, ShellCmdError, ShellError) as error:
                if self._dead():
                    raise self.lost(f"copy of {path.name}", error, "the guest to run on") from error
                raise DeploymentFailed(
                    f"copy of {path.name} to the guest",
                    got=_first_line(error),
                    expected=f"it in {folder}",
                    look_at="debug.log",
                ) from error

    def keep_logs(self) -> None:
        """Keep the console, the kernel's log and QEMU's command line, as far as they can be had."""
        if not self._vm.process:
            return
        self._artifacts.write(
            "qemu_command.txt", self._vm.qemu_command.replace(" -", " \\\n    -") + "\n"
        )
        self._artifacts.write("console.txt", self.console())
        if self._session and not self._artifacts.read("dmesg.txt"):
            try:
                self._artifacts.write("dmesg.txt", self.run("dmesg", LAST_WORDS_S))
            except (GuestLost, DeploymentFailed):
                pass  # The guest is gone: its console is what there is.

    def console(self) -> str:
        """What the guest printed on its serial console so far."""
        output = self._vm.serial_console.get_output() if self._vm.serial_console else ""
        return str(output).replace("\r", "")

    def stop(self) -> None:
        """End the session and QEMU.

        By a signal, and not by the monitor as the VM object does first: a QEMU that hangs would be
        waited for through all of the monitor's timeouts.
        """
        if self._session:
            self._session.close()
        if self._vm.process:
            self._kill()
            self._vm.destroy(gracefully=False)

    def _kill(self) -> None:
        pid = self._vm.get_pid()
        if pid is None:
            return  # QEMU ended by itself.
        try:
            process = psutil.Process(pid)
            process.kill()
            process.wait(KILL_TIMEOUT_S)
        except psutil.Error:
            pass  # Gone by now, or in the kernel's hands: destroy() says so.

    def lost(self, where: str, error: Exception, expected: str) -> GuestLost:
        """Return the error for a guest that is gone, with the best account of why."""
        words = kernel_text.trouble(self.console())
        if words:
            got = f"in the guest: {words[0]}"
        elif self._dies():
            got = "QEMU ended"
            if self._vm.process:
                # As a shell gives it: 128 and the signal's number, if one killed it.
                got += f" with status {self._vm.process.get_status()}"
                LOG.error("%s: %s", got, self._vm.process.get_output())
        else:
            got = f"no answer: {_first_line(error)}"
        return GuestLost(f"guest, {where}", got=got, expected=expected, look_at="console.txt")

    def _dead(self) -> bool:
        return not self._vm.process or not self._vm.process.is_alive()

    def _dies(self) -> bool:
        """Whether QEMU is dead or about to be: its sessions end before it is seen to."""
        deadline = Deadline(DYING_S)
        while not self._dead() and not deadline.expired:
            time.sleep(DYING_S / 20)
        return self._dead()


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0][:MOST_QUOTED] if lines else type(error).__name__
