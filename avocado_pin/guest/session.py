"""A session in a running guest: logged in to, asked, given files, and lost.

Uses nothing of a guest but QEMU's process, its console's file and its ssh server, so that a guest
that boots from a disk image can take this one's place.
"""

import hashlib
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import aexpect
from aexpect.exceptions import ShellError
from virttest import remote

from avocado_pin.base import leftover_processes
from avocado_pin.base.artifacts import CONSOLE, DMESG, QEMU_COMMAND, Artifacts
from avocado_pin.base.command import one_line
from avocado_pin.base.deadline import Deadline
from avocado_pin.base.errors import DeploymentFailed, GuestLost
from avocado_pin.base.phases import Phases
from avocado_pin.evidence import kernel_log_marks
from avocado_pin.guest.guest_lost_message import first_line, lost
from avocado_pin.guest.shell import LoginFailed, Shell
from avocado_pin.qemu import running
from avocado_pin.qemu.running import Known, Machine

# How long one attempt to log in may take: a guest under emulation, with others beside it.
LOGIN_ATTEMPT_S = 60
LOGIN_PAUSE_S = 0.5
# A guest that does not answer at the end of a failed test is not waited for any longer.
LAST_WORDS_S = 20
CONSOLE_PAUSE_S = 0.05


class Session:
    """A guest's QEMU, if it runs, and a shell in the guest.

    :param folder: the guest's
    :param artifacts: the test's files
    :param command_deadline_s: seconds any one command may take unless told otherwise
    :param phases: of the test
    """

    def __init__(
        self, folder: Path, artifacts: Artifacts, command_deadline_s: float, phases: Phases
    ):
        self._folder = folder
        self._artifacts = artifacts
        self._command_deadline_s = command_deadline_s
        self._phases = phases
        self._machine: Machine | None = None
        self._shell: Shell | None = None
        # Started, but not logged in yet.
        self._coming_shell: Shell | None = None
        self._console_start = 0
        # What the kernel's log has at the end of a test, once one has begun.
        self._end_mark = ""

    def _log_in(self, deadline: Deadline) -> None:
        """Log in; attempts that fail are repeated until the deadline, if that can help."""
        with self._phases.phase("login"):
            while self._machine and self._shell is None:
                shell = self._coming_shell or self._new_shell()
                self._coming_shell = None
                try:
                    shell.log_in(self._machine.port, min(LOGIN_ATTEMPT_S, deadline.remaining))
                    self._shell = shell
                except LoginFailed as error:
                    shell.close()
                    if error.final or self._dead() or deadline.expired:
                        expected = f"a shell within {deadline.seconds:g} s"
                        raise self._lost("boot", error, expected) from error
                    time.sleep(LOGIN_PAUSE_S)

    def _new_shell(self) -> Shell:
        # It lasts as long as the guest, and ends with it.
        with leftover_processes.marking(self._folder):
            return Shell()

    @property
    def _known(self) -> Known:
        return self._machine.known if self._machine else Known()

    def _know(self, **more: Any) -> None:
        if self._machine:
            self._machine = replace(self._machine, known=replace(self._known, **more))

    def ask(self, command: str, deadline_s: float | None = None) -> tuple[int, str]:
        """Run a command and return its exit status and what it printed.

        :param deadline_s: seconds it may take
        :raises GuestLost: the session ended or the command did not
        """
        seconds = deadline_s or self._command_deadline_s
        if not self._shell:
            raise self._lost(f"command {command!r}", ConnectionError("no shell"), "a shell")
        try:
            return self._shell.ask(command, seconds)
        except (ShellError, aexpect.ExpectError, ValueError) as error:
            # What comes next in this shell would wait for the same command.
            self._close()
            what = f"command {first_line(command)!r}"
            raise self._lost(what, error, f"an end within {seconds:g} s") from error

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
        """Copy files into a folder of the guest, which is made, but those that tests have copied.

        :raises DeploymentFailed: a copy failed
        :raises GuestLost: the guest is gone
        """
        there = self._known.files
        digests = {path: _digest(path) for path in paths}
        missing = [path for path in paths if there.get(f"{folder}/{path.name}") != digests[path]]
        if not missing or not self._machine:
            return
        self.run(f"mkdir -p {folder}")
        copied = {f"{folder}/{path.name}": digests[path] for path in missing}
        self._know(files={**there, **copied})
        what = f"copy of {', '.join(path.name for path in missing)}"
        files = [str(path) for path in missing]
        try:
            remote.scp_to_remote(
                "127.0.0.1",
                self._machine.port,
                *("root", "", files, folder),
                timeout=self._command_deadline_s,
            )
        except (remote.SCPError, ShellError, aexpect.ExpectError) as error:
            if self._dead():
                raise self._lost(what, error, "the guest to run on") from error
            raise DeploymentFailed(
                f"{what} to the guest",
                got=first_line(error),
                expected=f"it in {folder}",
                look_at="debug.log",
            ) from error

    def keep_logs(self) -> None:
        """Keep QEMU's command line, the kernel's log and the console, as far as they can be had."""
        if not self._machine:
            return
        command = self._machine.command.replace(" -", " \\\n    -")
        self._artifacts.write(QEMU_COMMAND, command + "\n")
        try:
            # A shell in which a command timed out was closed.
            self._log_in(Deadline(LAST_WORDS_S))
            self._artifacts.write(DMESG, self.run(self._last_look(), LAST_WORDS_S))
            self._await_end_on_console(Deadline(LAST_WORDS_S))
        except (GuestLost, DeploymentFailed):
            pass  # The guest is gone: its console is what there is.
        finally:
            # Last, as it is to have the mark of the end too.
            self._artifacts.write(CONSOLE, self.console())

    def _last_look(self) -> str:
        return f"echo '<0>{self._end_mark}' >/dev/kmsg; dmesg" if self._end_mark else "dmesg"

    def _await_end_on_console(self, deadline: Deadline) -> None:
        """Wait for the mark of the end: the kernel may print by a thread, later than it logs."""
        while not kernel_log_marks.has_end(self.console()) and not deadline.expired:
            if self._dead():
                return
            time.sleep(CONSOLE_PAUSE_S)

    def console(self) -> str:
        """What the guest printed on its serial console since the test began or, if later, QEMU."""
        return running.console(self._folder)[self._console_start :].replace("\r", "")

    def _close(self) -> None:
        for shell in (self._shell, self._coming_shell):
            if shell:
                shell.close()
        self._shell = self._coming_shell = None

    def _lost(self, where: str, error: Exception, expected: str) -> GuestLost:
        return lost(where, error, expected, self._machine, self.console())

    def _dead(self) -> bool:
        return not self._machine or not self._machine.is_alive()


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
