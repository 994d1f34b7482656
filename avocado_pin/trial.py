"""One test from its parameters to its status: what every test of this project has in common."""

from pathlib import Path
from types import TracebackType
from typing import Any

from avocado_pin import accelerator, deploy, guest_image, kernel_text, preflight, rules, variant
from avocado_pin.artifacts import Artifacts
from avocado_pin.deadline import Deadline
from avocado_pin.errors import NotApplicable, PinError
from avocado_pin.guest import Guest
from avocado_pin.report import Report, environment
from avocado_pin.rules import Verdict
from avocado_pin.services import Services
from avocado_pin.settings import Settings


class Trial:
    """The steps of a test in the order of the methods, within `with`.

    Leaving the block keeps what the guest can still tell, stops it, writes the verdict and gives
    Avocado the status: an error of this package is an ERROR (a FAIL if the kernel of a guest that
    had passed the preflight crashed or warned), NotApplicable a CANCEL.

    :param test: Avocado-VT's test
    :param params: the variant's parameters
    :param env: Avocado-VT's environment, which holds the guest
    :raises PinError: a parameter is wrong, or a part of the set-up is missing
    """

    def __init__(self, test: Any, params: Any, env: Any):
        self._test = test
        self._verdict: Verdict | None = None
        self._checked = False
        self.variant = variant.from_params(params)
        self.data = Path(params["pin_data_dir"])
        self.image = guest_image.load(self.data, self.variant.kernel_flavour)
        choice = accelerator.chosen(self.variant, self.data, self.image)
        self.expected = self.variant.expected(self.image.kernel.release)
        self.report = Report(self.variant, self.expected, environment(self.image, choice))
        self.artifacts = Artifacts(Path(test.debugdir))
        vm = env.get_vm(params["main_vm"])
        self.guest = Guest(vm, self.artifacts, self.variant.command_deadline_s)
        self._settings = Settings(self.guest, self.variant, self.artifacts)
        self._services = Services(self.guest, self.variant)

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
                self._services.stop()
                self._settings.restore()
                self.guest.keep_logs()
            except PinError as late:
                # A verdict that was reached stands.
                error = error or (None if self._verdict else late)
            finally:
                self.guest.stop()
        verdict = self._verdict_of(error) or self._verdict
        if verdict:
            self.report.conclude(self._test, self.artifacts, verdict)

    def applies(self) -> None:
        """Check that the variant can say something on the guest's kernel.

        :raises NotApplicable: it can't
        """
        if self.expected.not_applicable:
            raise NotApplicable(self.variant.expect_why)

    def boot(self) -> None:
        """Start the guest and log in.

        :raises GuestLost: there was no shell by the deadline
        """
        with self.report.phase("boot"):
            self.guest.start(Deadline(self.variant.boot_deadline_s))

    def check(self) -> None:
        """Check that the guest is what was asked for, and make the changes the variant wants.

        :raises NotApplicable: the test can say nothing about this guest
        :raises BadConfiguration: the guest differs from what was asked for
        """
        with self.report.phase("preflight"):
            text = self.guest.run(preflight.COMMAND)
            self.artifacts.write("preflight.txt", text)
            preflight.check(text, self.variant)
            self._checked = True
            self._settings.apply()
            self._services.start()
            if self.variant.after_preflight:
                self.guest.run(self.variant.after_preflight, thing="after_preflight")

    def deploy(self) -> None:
        """Bring the driver and the workload into the guest.

        :raises DeploymentFailed: one does not compile, or the guest does not take it
        """
        with self.report.phase("deploy"):
            builds = self.data / "builds"
            version = deploy.deploy(self.guest, self.variant, self.image.kernel, builds)
            self.report.add_driver(version)

    def conclude(self, verdict: Verdict) -> None:
        """Take the verdict; Avocado gets it when the block is left."""
        self._verdict = verdict

    def _verdict_of(self, error: BaseException | None) -> Verdict | None:
        if isinstance(error, NotApplicable):
            return Verdict(rules.CANCEL, str(error), [])
        if isinstance(error, PinError):
            return self._verdict_of_crash(error)
        return None

    def _verdict_of_crash(self, error: PinError) -> Verdict:
        """Judge by the kernel's log or, if the guest is gone, by its console."""
        for name in ("dmesg.txt", "console.txt") if self._checked else ():
            trouble = kernel_text.trouble(self.artifacts.read(name))
            if trouble:
                return rules.judge_crash(str(error), trouble, name)
        return Verdict(rules.ERROR, str(error), [])
