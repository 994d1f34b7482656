"""Getting a guest to run: booted, or restored from its snapshot, until its ssh server listens.

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

from avocado_pin.base import leftover_processes
from avocado_pin.base.deadline import Deadline
from avocado_pin.base.errors import GuestLost
from avocado_pin.base.phases import Phases
from avocado_pin.guest.guest_lost_message import first_line, lost
from avocado_pin.guest.snapshot_on_disk import Snapshot
from avocado_pin.qemu import command_line_of_all_guests, monitor, running, ssh_port
from avocado_pin.qemu.running import Known, Machine
from avocado_pin.vt import vm_start

LOG = logging.getLogger("avocado.test")
INIT_SILENT = TimeoutError(f"no line {command_line_of_all_guests.UP_MARK!r} on the console")
STOPPED = RuntimeError("QEMU keeps the guest stopped after its snapshot")
# How long a guest may take to end a connection that the host's end has closed.
PART_S = 10.0
POLL_S = 0.01


class Boot:
    """The ways of one guest from nothing to an ssh server that listens.

    :param vm: Avocado-VT's VM, not yet started
    :param folder: the guest's (jobs/guest_pool.py)
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

    def boot(self, deadline: Deadline) -> None:
        """Boot the guest, and wait until its init says that it is up.

        :raises GuestLost: QEMU did not start, or the line did not come by the deadline
        """
        self._start(deadline)

    def can_restore(self) -> bool:
        """Whether the guest has a snapshot that is whole."""
        with self.phases.phase("snapshot"):
            return self._snapshot is not None and self._snapshot.is_there()

    def restore(self, deadline: Deadline) -> None:
        """Let the guest go on from its snapshot.

        :raises GuestLost: QEMU did not take it
        :raises OSError: it can't be read, or not by the deadline
        """
        assert self._snapshot
        console = self._snapshot.console()
        (self.folder / running.CONSOLE).write_text(console)
        self._start(deadline, self._snapshot)

    def keeps_snapshot(self) -> bool:
        """Whether a snapshot of the guest that was booted is wanted."""
        return self._snapshot is not None

    def keep_snapshot(self, known: Known) -> None:
        """Keep a snapshot of the guest, in which nobody is logged in any more, if it can be had.

        :raises GuestLost: it does not go on afterwards
        """
        assert self._snapshot
        console = running.console(self.folder)
        with self.phases.phase("snapshot"):
            try:
                ssh_port.wait_until_parted(self._vm, Deadline(PART_S))
                self._snapshot.keep(lambda file: monitor.save_state(self._vm, file), console, known)
            except (qemu_monitor.MonitorError, OSError) as error:
                LOG.warning("no snapshot of the guest: %s", first_line(error))
            self._expect_it_to_go_on()

    def _expect_it_to_go_on(self) -> None:
        try:
            if not monitor.is_running(self._vm):
                raise self._lost(STOPPED, "it to go on")
        except qemu_monitor.MonitorError as error:
            raise self._lost(error, "it to go on") from error

    def destroy(self, machine: Machine | None) -> None:
        """End QEMU, which another test may have started.

        By a signal, and not by the monitor as the VM object does first: a QEMU that hangs would be
        waited for through all of the monitor's timeouts.
        """
        self.machine = None
        if machine:
            try:
                machine.kill()
            except psutil.TimeoutExpired:
                LOG.error("QEMU, process %d, can't be killed", machine.pid)
        if self._vm.process:
            self._vm.destroy(gracefully=False)

    def distrust(self) -> None:
        """Let the next guest of this kind boot: the snapshot may have a part in what failed."""
        if self._snapshot:
            self._snapshot.remove()

    def _start(self, deadline: Deadline, snapshot: Snapshot | None = None) -> None:
        begin = time.monotonic()
        try:
            with leftover_processes.marking(self.folder):
                vm_start.create(self._vm, **(monitor.incoming(snapshot.memory) if snapshot else {}))
            if snapshot:
                monitor.go_on(self._vm, deadline)
            port = ssh_port.forward_ssh(self._vm)
            known = snapshot.known() if snapshot else Known()
            self.machine = running.of(self._vm, self.key, port, known)
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
            self._wait_for_init(self.machine, deadline)
        finally:
            self.phases.add("boot", self.machine.age_s())

    def _wait_for_init(self, of: Machine, deadline: Deadline) -> None:
        """Wait until the guest's init says that its ssh server listens.

        A login that began before would be refused, or not heard and tried again after growing
        pauses: QEMU's user network takes every connection at once and then calls the guest.
        """
        while command_line_of_all_guests.UP_MARK not in running.console(self.folder):
            if deadline.expired or not of.is_alive():
                raise self._lost(INIT_SILENT, f"it within {deadline.seconds:g} s")
            time.sleep(POLL_S)

    def _lost(self, error: Exception, expected: str) -> GuestLost:
        return lost("boot", error, expected, self.machine, running.console(self.folder))
