"""A running guest: started or taken over, logged in to, asked, and lost.

Uses nothing of a guest but QEMU's process, its console's file and its ssh server, so that a guest
that boots from a disk image can take this one's place.
"""

import hashlib
import logging
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import aexpect
from aexpect.exceptions import ShellError
from virttest import remote

from avocado_pin.base import leftover_processes
from avocado_pin.base.artifacts import Artifacts
from avocado_pin.base.command import one_line
from avocado_pin.base.deadline import Deadline
from avocado_pin.base.errors import DeploymentFailed, GuestLost, PinError
from avocado_pin.evidence import kernel_log
from avocado_pin.guest import as_booted
from avocado_pin.guest.boot import Boot
from avocado_pin.guest.lost import first_line, lost
from avocado_pin.guest.shell import LoginFailed, Shell
from avocado_pin.qemu import running
from avocado_pin.qemu.running import Known, Machine

LOG = logging.getLogger("avocado.test")
# How long one attempt to log in may take: a guest under emulation, with others beside it.
LOGIN_ATTEMPT_S = 60
LOGIN_PAUSE_S = 0.5
# A guest that does not answer at the end of a failed test is not waited for any longer.
LAST_WORDS_S = 20
# How long a guest may take from its snapshot to a shell; it took 0.8 s on an idle machine.
RESTORE_S = 60.0
# How long an idle guest may take to show that it is fit for use; a boot takes 10 s and more.
CHECK_S = 20
# Where a guest came from, in verdict.json's words.
FRESH, RESTORED, REUSED = "fresh", "restored", "reused"


class Guest:
    """A guest of Avocado-VT's.

    :param boot: how it is started, if there is no idle one in its folder
    :param artifacts: the test's files
    :param command_deadline_s: seconds any one command may take unless told otherwise
    """

    def __init__(self, boot: Boot, artifacts: Artifacts, command_deadline_s: float):
        self._boot = boot
        self._folder = boot.folder
        self._machine: Machine | None = None
        self._shell: Shell | None = None
        # Started, but not logged in yet.
        self._coming_shell: Shell | None = None
        self._console_start = 0
        # One of the words above, when it has been started.
        self.came = ""
        self._artifacts = artifacts
        self._command_deadline_s = command_deadline_s

    @property
    def tests(self) -> int:
        """How many tests the guest has served, this one included."""
        return self._machine.tests + 1 if self._machine else 0

    def start(self, boot_deadline_s: float) -> None:
        """Take over the idle guest if it is fit, else restore or boot one; log in.

        :param boot_deadline_s: seconds from QEMU's start to the first shell
        :raises GuestLost: QEMU did not start, or no shell answered by the deadline
        """
        idle = running.take(self._folder)
        if idle and self._take_over(idle):
            self.came = REUSED
        elif self._restore(boot_deadline_s):
            self.came = RESTORED
        else:
            self._enter(self._boot.boot, Deadline(boot_deadline_s))
            self.came = FRESH

    def begin_test(self, name: str) -> None:
        """Note in the kernel's log which test begins; as a warning, for the console to show it."""
        self.ask(f"echo '<4>{kernel_log.test_mark(self.tests, name)}' >/dev/kmsg")

    def _take_over(self, idle: Machine) -> bool:
        """Try to use an idle guest; one that is not fit is stopped."""
        self._machine = idle
        self._console_start = len(running.console(self._folder))
        try:
            self._shell = Shell(idle.shell)
            with self._boot.phases.phase("state"):
                now = self.run(as_booted.seen(), CHECK_S, thing="the guest's state")
            found = as_booted.differences(idle.known.state, now, idle.known.files)
        except aexpect.ExpectError as error:
            found = [str(self._lost("idle", error, "its shell to go on"))]
        except PinError as error:
            found = [str(error)]
        if found:
            LOG.info("the idle guest is not used again: %s", as_booted.summary(found))
            self._discard()
        return not found

    def _restore(self, boot_deadline_s: float) -> bool:
        """Restore the guest from its snapshot; if that can't be, nothing is left of the attempt."""
        if not self._boot.can_restore():
            return False
        try:
            self._enter(self._boot.restore, Deadline(min(RESTORE_S, boot_deadline_s)))
        except (PinError, OSError) as error:
            LOG.warning("the guest is booted, its snapshot removed: %s", error)
            self._boot.distrust()
            self._discard()
            return False
        return True

    def _enter(self, start: Callable[[Deadline], None], deadline: Deadline) -> None:
        self._coming_shell = self._new_shell()
        try:
            start(deadline)
        finally:
            # Of one that is lost meanwhile, too: there may be its last words.
            self._machine = self._boot.machine
        self._log_in(deadline)

    def _log_in(self, deadline: Deadline) -> None:
        """Log in; attempts that fail are repeated until the deadline, if that can help."""
        with self._boot.phases.phase("login"):
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

    def note_state(self) -> None:
        """Note what the guest is like before its first test, if a later one is to compare.

        A guest whose state can't be seen is good for this test.
        """
        if not self._boot.key and not self._boot.keeps_snapshot():
            return
        with self._boot.phases.phase("state"):
            look = as_booted.look(clear_log=False)
            self.ask(f"dmesg >{as_booted.BOOT_LOG}; {look}")
            status, state = self.ask(as_booted.seen())
        self._know(state="" if status else state)

    def keep_snapshot(self, login_deadline_s: float) -> None:
        """Keep a snapshot of the guest as it is, if that is wanted, without this login.

        :param login_deadline_s: seconds until the next shell
        :raises GuestLost: there was none by then
        """
        if self._machine and self._boot.keeps_snapshot():
            self._close()
            self._boot.keep_snapshot(self._machine.known)
            self._log_in(Deadline(login_deadline_s))

    def preflight(self, command: str) -> str:
        """Return what a command prints that shows what guest it is.

        Asked once of each guest: that nothing of it has changed since is what its state says.
        """
        if not self._known.preflight:
            self._know(preflight=self.run(command, thing="preflight of the guest"))
        return self._known.preflight

    @property
    def _known(self) -> Known:
        return self._machine.known if self._machine else Known()

    def _know(self, **more: Any) -> None:
        if self._machine:
            self._machine = replace(self._machine, known=replace(self._known, **more))

    def leave(self) -> list[str]:
        """Leave the guest for the tests to come, and return nothing; or why that can't be.

        Whether it is fit for them they see themselves: its state is looked at meanwhile. The
        kernel's log is cleared: it was seen, and the next test has its own.
        """
        if not self._machine or not self._boot.key or not self._shell:
            return ["no other test can use it"]
        try:
            self.run(as_booted.look(clear_log=True))
        except PinError as error:
            return [str(error)]
        left = replace(self._machine, tests=self.tests, shell=self._shell.name)
        running.leave(left, self._folder)
        self._machine = self._shell = None
        return []

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
        """Keep the console, the kernel's log and QEMU's command line, as far as they can be had."""
        if not self._machine:
            return
        command = self._machine.command.replace(" -", " \\\n    -")
        self._artifacts.write("qemu_command.txt", command + "\n")
        self._artifacts.write("console.txt", self.console())
        try:
            # A shell in which a command timed out was closed.
            self._log_in(Deadline(LAST_WORDS_S))
            self._artifacts.write("dmesg.txt", self.run("dmesg", LAST_WORDS_S))
        except (GuestLost, DeploymentFailed):
            pass  # The guest is gone: its console is what there is.

    def console(self) -> str:
        """What the guest printed on its serial console since the test began or, if later, QEMU."""
        return running.console(self._folder)[self._console_start :].replace("\r", "")

    def _discard(self) -> None:
        """Stop the guest; what it printed must not count for the one to come."""
        self.stop()
        (self._folder / running.CONSOLE).unlink(missing_ok=True)

    def stop(self) -> None:
        """End the session and QEMU."""
        self._close()
        self._boot.destroy(self._machine)
        if self._machine:
            self._machine = None
            self._console_start = 0

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
