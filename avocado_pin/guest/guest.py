"""A guest of a test: booted, restored or taken over, and at last left for another or stopped."""

import logging
from collections.abc import Callable
from dataclasses import replace

import aexpect

from avocado_pin.base.artifacts import Artifacts
from avocado_pin.base.deadline import Deadline
from avocado_pin.base.errors import PinError
from avocado_pin.evidence import kernel_log_marks
from avocado_pin.guest import fit_for_reuse
from avocado_pin.guest.boot import Boot
from avocado_pin.guest.session import Session
from avocado_pin.guest.shell import Shell
from avocado_pin.qemu import running
from avocado_pin.qemu.running import Machine

LOG = logging.getLogger("avocado.test")
# How long a guest may take from its snapshot to a shell; it took 0.8 s on an idle machine.
RESTORE_S = 60.0
# How long an idle guest may take to show that it is fit for use; a boot takes 10 s and more.
CHECK_S = 20
# Where a guest came from, in verdict.json's words.
FRESH, RESTORED, REUSED = "fresh", "restored", "reused"


class Guest(Session):
    """A guest of Avocado-VT's, from where it comes to where it goes.

    :param boot: how it is started, if there is no idle one in its folder
    :param artifacts: the test's files
    :param command_deadline_s: seconds any one command may take unless told otherwise
    """

    def __init__(self, boot: Boot, artifacts: Artifacts, command_deadline_s: float):
        super().__init__(boot.folder, artifacts, command_deadline_s, boot.phases)
        self._boot = boot
        # One of the words above, when it has been started.
        self.came = ""

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
        """Note in the kernel's log which test begins.

        At the level that a console shows whatever a user's kernel_args say (quiet, loglevel=3).
        """
        self._end_mark = kernel_log_marks.end_mark(self.tests, name)
        self.ask(f"echo '<0>{kernel_log_marks.begin_mark(self.tests, name)}' >/dev/kmsg")

    def _take_over(self, idle: Machine) -> bool:
        """Try to use an idle guest; one that is not fit is stopped."""
        self._machine = idle
        self._console_start = len(running.console(self._folder))
        try:
            self._shell = Shell(idle.shell)
            with self._phases.phase("state"):
                now = self.run(fit_for_reuse.seen(), CHECK_S, thing="the guest's state")
            found = fit_for_reuse.differences(idle.known.state, now, idle.known.files)
        except aexpect.ExpectError as error:
            found = [str(self._lost("idle", error, "its shell to go on"))]
        except PinError as error:
            found = [str(error)]
        if found:
            LOG.info("the idle guest is not used again: %s", fit_for_reuse.summary(found))
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

    def note_state(self) -> None:
        """Note what the guest is like before its first test, if a later one is to compare.

        A guest whose state can't be seen is good for this test.
        """
        if not self._boot.key and not self._boot.keeps_snapshot():
            return
        with self._phases.phase("state"):
            look = fit_for_reuse.look(clear_log=False)
            self.ask(f"dmesg >{fit_for_reuse.BOOT_LOG}; {look}")
            status, state = self.ask(fit_for_reuse.seen())
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

    def leave(self) -> list[str]:
        """Leave the guest for the tests to come, and return nothing; or why that can't be.

        Whether it is fit for them they see themselves: its state is looked at meanwhile. The
        kernel's log is cleared: it was seen, and the next test has its own.
        """
        if not self._machine or not self._boot.key or not self._shell:
            return ["no other test can use it"]
        try:
            self.run(fit_for_reuse.look(clear_log=True))
        except PinError as error:
            return [str(error)]
        left = replace(self._machine, tests=self.tests, shell=self._shell.name)
        running.leave(left, self._folder)
        self._machine = self._shell = None
        return []

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
