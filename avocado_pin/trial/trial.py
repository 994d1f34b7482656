"""One test from its guest to its status: what every test of this project has in common."""

import logging
import shlex
from pathlib import Path
from types import TracebackType
from typing import Any

from avocado_pin.base.artifacts import Artifacts
from avocado_pin.base.errors import EvidenceUnreadable, NotApplicable, PinError
from avocado_pin.evidence import kernel_log
from avocado_pin.guest import fit_for_reuse, guest, preflight
from avocado_pin.guest.boot import Boot
from avocado_pin.guest.guest import Guest
from avocado_pin.guest.snapshot import Snapshot
from avocado_pin.guest.vt_params import handed_on
from avocado_pin.rules import judge
from avocado_pin.rules.judge import Verdict
from avocado_pin.trial import deploy, lower_tier
from avocado_pin.trial.kernel_settings import Settings
from avocado_pin.trial.swap_and_disk import Services
from avocado_pin.trial.verdict_json import Report, environment

LOG = logging.getLogger("avocado.test")
AFTERWARDS = EvidenceUnreadable(
    "guest, after the test",
    got="trouble in the kernel's log",
    expected="none while the guest is put back as it was",
    look_at="dmesg.txt",
)


class Trial:
    """The steps of a test in the order of the methods, within `with`.

    Leaving the block keeps what the guest can still tell, stops it, writes the verdict and gives
    Avocado the status: an error of this package is an ERROR (a FAIL if the kernel of a guest that
    had passed the preflight crashed or warned), NotApplicable a CANCEL.

    :param test: Avocado-VT's test
    :param params: the variant's parameters
    :param env: Avocado-VT's environment, which holds the guest
    :raises BadConfiguration: it was not this project's runner that began it
    """

    def __init__(self, test: Any, params: Any, env: Any):
        self._test = test
        self._verdict: Verdict | None = None
        self._checked = False
        prepared = handed_on()
        self.data, self.kernel = prepared.data, prepared.image.kernel
        self.variant = prepared.variant.on(self.kernel.release)
        self.expected = self.variant.expected(self.kernel.release)
        self.report = Report(
            self.variant, self.expected, environment(prepared.image, prepared.choice)
        )
        self.artifacts = Artifacts(Path(test.debugdir))
        self._env = env
        self._vm_name = params["main_vm"]
        self._boot = Boot(
            env.get_vm(self._vm_name),
            prepared.folder,
            prepared.key,
            self.report.phases,
            self._snapshot(prepared.snapshot),
        )
        self.guest = Guest(self._boot, self.artifacts, self.variant.command_deadline_s)
        self._settings = Settings(self.guest, self.variant, self.artifacts)
        self._services = Services(self.guest, self.variant)

    def _snapshot(self, key: str) -> Snapshot | None:
        return Snapshot(self.data.snapshots / key) if self.variant.snapshot else None

    def __enter__(self) -> "Trial":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self.report.phase("end"):
            try:
                late = self._put_back()
                self.report.add_earlier_trouble(self._earlier_trouble())
                if late and self._passes():
                    # What was judged can't be trusted; any other verdict stands.
                    self._verdict = self._verdict_of(late)
                error = error or (None if self._verdict else late)
            finally:
                verdict = self._verdict_of(error) or self._verdict
                known = error is None or isinstance(error, (PinError, NotApplicable))
                self._part(verdict if known else None)
        if verdict:
            self.report.conclude(self._test, self.artifacts, verdict)

    def applies(self) -> None:
        """Check that the variant can say something on the guest's kernel.

        :raises NotApplicable: it can't
        """
        if self.expected.not_applicable:
            raise NotApplicable(self.variant.expect_why)

    def _put_back(self) -> PinError | None:
        """Put the guest back as it was and keep its logs, whatever fails; return what did first."""
        first: PinError | None = None
        for step in (self._services.stop, self._settings.restore, self.guest.keep_logs):
            try:
                step()
            except PinError as error:
                first = first or error
        if self._passes() and self._trouble():
            self._verdict = self._verdict_of(first or AFTERWARDS)
        return first

    def _passes(self) -> bool:
        return bool(self._verdict and self._verdict.status == judge.PASS)

    def _part(self, verdict: Verdict | None) -> None:
        """Leave the guest for the next test, or stop it, which every doubt is a reason for."""
        unfit = ["the test did not end well"]
        try:
            if verdict and verdict.status in (judge.PASS, judge.CANCEL):
                unfit = self.guest.leave()
            else:
                self._boot.distrust()
        finally:
            if unfit:
                LOG.info("the guest is not used again: %s", fit_for_reuse.summary(unfit))
                self.guest.stop()
            else:
                # Or Avocado-VT would stop it.
                self._env.unregister_vm(self._vm_name)

    def boot(self) -> None:
        """Start the guest, or take over one that is booted, and log in.

        :raises GuestLost: there was no shell by the deadline
        :raises DeploymentFailed: a guest that was booted does not get what all of its tests need
        """
        self.guest.start(self.variant.boot_deadline_s)
        self.report.add_guest(self.guest.came, self.guest.tests)
        if self.guest.came == guest.FRESH:
            self._equip()
        self.guest.begin_test(self.variant.name)

    def _equip(self) -> None:
        """Do to a guest that was booted what is the same for all of its tests, and keep it so."""
        with self.report.phase("preflight"):
            if self.variant.layout.lower_tier:
                lower_tier.bring_lower_tier_online(self.guest, self.variant)
            self.guest.preflight(preflight.COMMAND)
        with self.report.phase("deploy"):
            self._copy()
        self.guest.note_state()
        self.guest.keep_snapshot(self.variant.boot_deadline_s)

    def _copy(self) -> Path:
        """Build what has changed, copy it to the guest, and return the driver."""
        builds = self.data.builds
        return deploy.copy(self.guest, self.variant, self.kernel, builds)

    def check(self) -> None:
        """Check that the guest is what was asked for, and make the changes the variant wants.

        :raises NotApplicable: the test can say nothing about this guest
        :raises BadConfiguration: the guest differs from what was asked for
        """
        with self.report.phase("preflight"):
            text = self.guest.preflight(preflight.COMMAND)
            self.artifacts.write("preflight.txt", text)
            self.report.add_earlier_trouble(kernel_log.trouble(text))
            preflight.check(text, self.variant)
            self._checked = True
            self._settings.apply()
            self._services.start()
            if self.variant.after_preflight:
                # In a shell of its own: the guest's goes on into other tests.
                command = f"sh -c {shlex.quote(self.variant.after_preflight)}"
                self.guest.run(command, thing="after_preflight")

    def deploy(self) -> None:
        """Bring the driver and the workload into the guest.

        :raises DeploymentFailed: one does not compile, or the guest does not take it
        """
        with self.report.phase("deploy"):
            driver = self._copy()
            self.report.add_driver(deploy.version(driver))
            if self.variant.pinning.device:
                deploy.load_driver(self.guest, self.variant.pinning.device)

    def conclude(self, verdict: Verdict) -> None:
        """Take the verdict; Avocado gets it when the block is left."""
        self._verdict = verdict

    def _verdict_of(self, error: BaseException | None) -> Verdict | None:
        if isinstance(error, NotApplicable):
            return Verdict(judge.CANCEL, str(error), [])
        if isinstance(error, PinError):
            return self._verdict_of_crash(error)
        return None

    def _verdict_of_crash(self, error: PinError) -> Verdict:
        """Judge by the kernel's log or, if the guest is gone, by its console."""
        found = self._trouble()
        if found:
            return judge.judge_crash(str(error), *found)
        return Verdict(judge.ERROR, str(error), [])

    def _earlier_trouble(self) -> list[str]:
        """Return the kernel's trouble between the guest's boot and the test."""
        return kernel_log.trouble(kernel_log.before_test(self.artifacts.read("dmesg.txt")))

    def _trouble(self) -> tuple[list[str], str] | None:
        """Return the kernel's trouble in the test's time, and the artifact that has it."""
        for name in ("dmesg.txt", "console.txt") if self._checked else ():
            trouble = kernel_log.trouble(kernel_log.of_test(self.artifacts.read(name)))
            if trouble:
                return trouble, name
        return None
