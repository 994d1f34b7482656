"""Getting a guest to run: booted, or restored from its snapshot, until its ssh server greets.

Avocado-VT's VM object only starts QEMU: a test that is given a booted guest has none that it
started.
"""

import logging
import time
from pathlib import Path
from typing import Any

import aexpect
import psutil
from virttest import qemu_monitor, virt_vm

from avocado_pin import greeting, kernel_text, leftovers, machine, qemu, vm_start
from avocado_pin.deadline import Deadline
from avocado_pin.errors import GuestLost, PinError
from avocado_pin.guest_lost import first_line, lost
from avocado_pin.machine import Machine
from avocado_pin.phases import Phases
from avocado_pin.snapshot import Snapshot

LOG = logging.getLogger("avocado.test")
INIT_SILENT = TimeoutError(f"no line {qemu.UP_MARK!r} on the console")
GREETING_MISSING = TimeoutError("no greeting of an ssh server")
# How long a guest may take to go on from its snapshot; it took 0.6 s on an idle machine.
RESTORE_S = 60.0
POLL_S = 0.02
# Where a guest came from, in verdict.json's words.
FRESH, RESTORED = "fresh", "restored"


class Boot:
    """The way of one guest from nothing to its ssh server.

    :param vm: Avocado-VT's VM, not yet started
    :param folder: the guest's (guest_pool.py)
    :param key: what the guest is made from
    :param phases: get the times of probe, boot and snapshot
    :param snapshot: its snapshot, be it there or not; None: it is booted
    """

    def __init__(
        self, vm: Any, folder: Path, key: str, phases: Phases, snapshot: Snapshot | None = None
    ):
        self._vm = vm
        self.folder = folder
        self.key = key
        self.phases = phases
        self._snapshot = snapshot
        # As soon as it runs.
        self.machine: Machine | None = None

    def start(self, deadline: Deadline) -> tuple[str, Deadline]:
        """Start the guest; return where it came from, and what is left of its time.

        :raises GuestLost: QEMU did not start, or no ssh server greeted by the deadline
        """
        if self._restore(deadline):
            return RESTORED, deadline
        # What a snapshot takes that does not go on, or that is taken, is not the guest's time.
        booting = Deadline(deadline.seconds)
        self._start(booting)
        left_s = booting.remaining
        self._save()
        return FRESH, Deadline(left_s)

    def destroy(self, running: Machine | None) -> None:
        """End QEMU, which another test may have started.

        By a signal, and not by the monitor as the VM object does first: a QEMU that hangs would be
        waited for through all of the monitor's timeouts.
        """
        self.machine = None
        if running:
            try:
                running.kill()
            except psutil.TimeoutExpired:
                LOG.error("QEMU, process %d, can't be killed", running.pid)
        if self._vm.process:
            self._vm.destroy(gracefully=False)

    def distrust(self) -> None:
        """Let the next guest of this kind boot: the snapshot may have a part in what failed."""
        if self._snapshot:
            self._snapshot.remove()

    def _restore(self, deadline: Deadline) -> bool:
        """Start the guest from its snapshot; if that can't be, nothing is left of the attempt."""
        with self.phases.phase("snapshot"):
            if not self._snapshot or not self._snapshot.is_there():
                return False
        console = self.folder / machine.CONSOLE
        try:
            console.write_text(self._snapshot.console())
            seconds = min(RESTORE_S, deadline.remaining)
            self._start(Deadline(seconds), self._snapshot.memory)
        except (PinError, OSError) as error:
            LOG.warning("the guest is booted, its snapshot removed: %s", error)
            self._snapshot.remove()
            self.destroy(self.machine)
            console.unlink(missing_ok=True)
            return False
        return True

    def _save(self) -> None:
        """Keep a snapshot of the guest that has just booted, if that is possible."""
        console = machine.console(self.folder)
        # What went wrong in this boot is not to be found in the next ones.
        if not self._snapshot or kernel_text.trouble(console):
            return
        with self.phases.phase("snapshot"):
            try:
                self._snapshot.keep(lambda file: qemu.save_state(self._vm, file), console)
            except (qemu_monitor.MonitorError, OSError) as error:
                LOG.warning("no snapshot of the guest: %s", first_line(error))

    def _start(self, deadline: Deadline, memory: Path | None = None) -> None:
        """Start QEMU, and wait for the guest.

        :param memory: of a snapshot; None: the guest boots
        """
        begin = time.monotonic()
        try:
            with leftovers.marking(self.folder):
                vm_start.create(self._vm, **(qemu.incoming(memory) if memory else {}))
            if memory:
                qemu.go_on(self._vm, deadline)
            port = qemu.forward_ssh(self._vm)
            self.machine = machine.of(self._vm, self.key, port)
        except virt_vm.VMCreateError as error:
            LOG.error("%s", error.output)
            raise self._lost(error, "QEMU to start") from error
        except (
            virt_vm.VMError,
            qemu_monitor.MonitorError,
            aexpect.ExpectError,
            psutil.NoSuchProcess,
        ) as error:
            raise self._lost(error, "QEMU to start") from error
        # QEMU is asked about itself before it starts, and has run for a while when that is known.
        age_s = self.machine.age_s()
        self.phases.add("probe", time.monotonic() - begin - age_s, ended_s=age_s)
        try:
            self._wait_for_ssh(self.machine, deadline)
        finally:
            self.phases.add("boot", self.machine.age_s())

    def _wait_for_ssh(self, of: Machine, deadline: Deadline) -> None:
        self._wait_for_init(of, deadline)
        if not greeting.wait_for(of.port, deadline, lambda: not of.is_alive()):
            raise self._lost(GREETING_MISSING, f"an ssh server within {deadline.seconds:g} s")

    def _wait_for_init(self, of: Machine, deadline: Deadline) -> None:
        """Wait until the guest's init says that it is up, as it does before it starts its server.

        Connections that were made before would wait in QEMU, and all come at once.
        """
        while qemu.UP_MARK not in machine.console(self.folder):
            if deadline.expired or not of.is_alive():
                raise self._lost(INIT_SILENT, f"it within {deadline.seconds:g} s")
            time.sleep(POLL_S)

    def _lost(self, error: Exception, expected: str) -> GuestLost:
        return lost("boot", error, expected, self.machine, machine.console(self.folder))
