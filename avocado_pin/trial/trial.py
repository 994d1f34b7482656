"""One test from its guest to its status: what every test of this project has in common."""

import logging
import shlex
from pathlib import Path
from types import TracebackType
from typing import Any

from avocado_pin.base.artifacts import PARAMS, PREFLIGHT, Artifacts
from avocado_pin.base.errors import NotApplicable, PinError
from avocado_pin.guest import fit_for_reuse, guest, preflight_command
from avocado_pin.guest.boot import Boot
from avocado_pin.guest.guest import Guest
from avocado_pin.guest.snapshot_on_disk import Snapshot
from avocado_pin.guest.start_plan import handed_on
from avocado_pin.judging import errors_met, params_json, test_folder
from avocado_pin.judging.errors_met import AFTERWARDS, IN_THE_TEST, When
from avocado_pin.judging.params_json import Params
from avocado_pin.judging.test_folder import Judged
from avocado_pin.rules import judge, preflight
from avocado_pin.rules.judge import Verdict
from avocado_pin.trial import deploy, lower_tier
from avocado_pin.trial.kernel_settings import Settings
from avocado_pin.trial.swap_and_disk import SwapAndDisk
from avocado_pin.trial.tell_verdict import Report, environment

LOG = logging.getLogger("avocado.test")


class Trial:
    """The steps of a test in the order of the methods, within `with`.

    Leaving the block keeps what the guest can still tell, judges the files that the test left,
    stops the guest, writes the verdict and gives Avocado the status. An error of this package is
    one of those files: an ERROR (a FAIL if the kernel of a guest that had passed the preflight
    crashed or warned), NotApplicable a CANCEL.

    :param test: Avocado-VT's test
    :param params: the variant's parameters
    :param env: Avocado-VT's environment, which holds the guest
    :raises BadConfiguration: it was not this project's runner that began it
    """

    def __init__(self, test: Any, params: Any, env: Any):
        self._test = test
        plan = handed_on()
        self.data, self.kernel = plan.data, plan.image.kernel
        self.variant = plan.variant.on(self.kernel.release)
        self.expected = self.variant.expected(self.kernel.release)
        self.report = Report(environment(plan.image, plan.choice))
        self._asked = Params(self.kernel.release, dict(plan.asked))
        self.artifacts = Artifacts(Path(test.debugdir))
        self._env = env
        self._vm_name = params["main_vm"]
        self._boot = Boot(
            env.get_vm(self._vm_name),
            plan.folder,
            plan.key,
            self.report.phases,
            self._snapshot(plan.snapshot),
        )
        self.guest = Guest(self._boot, self.artifacts, self.variant.command_deadline_s)
        self._settings = Settings(self.guest, self.variant, self.artifacts)
        self._swap_and_disk = SwapAndDisk(self.guest, self.variant)

    def _snapshot(self, key: str) -> Snapshot | None:
        return Snapshot(self.data.snapshots / key) if self.variant.snapshot else None

    def __enter__(self) -> "Trial":
        self.artifacts.write(PARAMS, params_json.text(self._asked))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        known = error is None or isinstance(error, (PinError, NotApplicable))
        found = None
        with self.report.phase("end"):
            try:
                late = self._put_back()
                if known:
                    found = self._judged(error or late, IN_THE_TEST if error else AFTERWARDS)
            finally:
                self._part(found.verdict if found else None)
        if found:
            self.report.conclude(self._test, self.artifacts, found)

    def applies(self) -> None:
        """Check that the variant can say something on the guest's kernel.

        :raises NotApplicable: it can't
        """
        if self.expected.not_applicable:
            raise NotApplicable(self.variant.expect_why)

    def _put_back(self) -> PinError | None:
        """Put the guest back as it was and keep its logs, whatever fails; return what did first."""
        first: PinError | None = None
        for step in (self._swap_and_disk.stop, self._settings.restore, self.guest.keep_logs):
            try:
                step()
            except PinError as error:
                LOG.error("the guest was not put back as it was: %s", error)
                first = first or error
        return first

    def _judged(self, error: BaseException | None, when: When) -> Judged:
        """Note the error that was met first, if one was, and judge what the test left."""
        try:
            if isinstance(error, (PinError, NotApplicable)):
                errors_met.note(self.artifacts, when, error)
            return test_folder.judged(self.artifacts)
        except PinError as unwritten:
            # The disk is full, say.
            verdict = Verdict(judge.ERROR, str(error or unwritten), [])
            return Judged(self.variant, self.expected, verdict, [], "")

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
            self.guest.preflight(preflight_command.COMMAND)
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
            known = self.guest.preflight(preflight_command.COMMAND)
            # Of what runs now, whatever is known of a guest that was restored or served before.
            release = self.guest.run(preflight_command.RELEASE)
            text = f"{known.rstrip()}\n{release.rstrip()}\n"
            self.artifacts.write(PREFLIGHT, text)
            preflight.check(text, self.variant, self.kernel.release)
            self._settings.apply()
            self._swap_and_disk.start()
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
