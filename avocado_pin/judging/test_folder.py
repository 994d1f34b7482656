"""The verdict on a test from the files in its folder: the live test's, and pin-judge's."""

from dataclasses import dataclass
from functools import partial

from avocado_pin.base.artifacts import CONSOLE, DMESG, PREFLIGHT, Artifacts
from avocado_pin.base.errors import EvidenceUnreadable, NotApplicable, PinError
from avocado_pin.evidence import from_artifacts, kernel_log_faults, kernel_log_marks, settings
from avocado_pin.judging import errors_met, params_json
from avocado_pin.judging.errors_met import AFTERWARDS, IN_THE_TEST
from avocado_pin.rules import judge, preflight, settings_stay
from avocado_pin.rules.judge import Verdict
from avocado_pin.variant.axes import DRIVER_TEST
from avocado_pin.variant.expectation_parser import Expected
from avocado_pin.variant.read_and_check_params import from_params
from avocado_pin.variant.variant import Variant

PUTTING_BACK = EvidenceUnreadable(
    "guest, after the test",
    got="trouble in the kernel's log",
    expected="none while the guest is put back as it was",
    look_at=CONSOLE,
)


@dataclass(frozen=True)
class Judged:
    """A test that was judged.

    :param variant: as it is on the guest's kernel
    :param expected: what must happen there
    :param warned_before: what the guest's kernel reported of itself before the test's time
    :param release: of the guest's kernel, as it says itself; nothing if it did not come to that
    """

    variant: Variant
    expected: Expected
    verdict: Verdict
    warned_before: list[str]
    release: str


@dataclass(frozen=True)
class _Test:
    """What a test left, and what it was asked for.

    :param variant: as it is on the guest's kernel
    :param release: of the kernel that was to boot
    """

    artifacts: Artifacts
    variant: Variant
    expected: Expected
    release: str

    def check_guest(self) -> None:
        """Check that its guest was what was asked for; raises as preflight.check() does."""
        preflight.check(self.artifacts.required(PREFLIGHT), self.variant, self.release)


def judged(artifacts: Artifacts) -> Judged:
    """Judge a test by its files. An error that it met is judged as well.

    :raises PinError: what the test was asked for can't be read
    """
    asked = params_json.read(artifacts)
    own = _own_release(artifacts)
    release = own or asked.kernel_release
    variant = from_params(asked.params).on(release)
    expected = variant.expected(release)
    verdict = _verdict(_Test(artifacts, variant, expected, asked.kernel_release))
    return Judged(variant, expected, verdict, _warned_before(artifacts), own)


def _own_release(artifacts: Artifacts) -> str:
    """Return the release that the guest itself says; nothing if it did not come to that."""
    try:
        return preflight.parse(artifacts.read(PREFLIGHT)).release
    except EvidenceUnreadable:
        return ""


def _verdict(test: _Test) -> Verdict:
    try:
        met = errors_met.first(test.artifacts, IN_THE_TEST)
        if met and met.cancels:
            return Verdict(judge.CANCEL, met.text, [])
        if met:
            return _of_error(test, met.text)
        return _of_evidence(test)
    except NotApplicable as error:
        return Verdict(judge.CANCEL, str(error), [])
    except PinError as error:
        return _of_error(test, str(error))


def _of_error(test: _Test, text: str) -> Verdict:
    """Judge a test that met an error by the kernel's log or, if the guest is gone, its console."""
    for name in (DMESG, CONSOLE) if _was_checked(test) else ():
        trouble = _trouble(_read_if_text(test.artifacts, name))
        if trouble:
            return judge.judge_crash(text, trouble, name)
    return Verdict(judge.ERROR, text, [])


def _was_checked(test: _Test) -> bool:
    """Return whether the guest had passed its preflight: before, what it says is not the test's."""
    try:
        test.check_guest()
    except (PinError, NotApplicable):
        return False
    return True


def _of_evidence(test: _Test) -> Verdict:
    """Judge a test that came to its end.

    :raises PinError: a file is missing or can't be read, or the guest is not what was asked for
    :raises NotApplicable: the test can say nothing
    """
    test.check_guest()
    # What is expected is of pages, and not of the driver's interface.
    if test.expected.not_applicable and test.variant.type != DRIVER_TEST:
        raise NotApplicable(test.variant.expect_why)
    artifacts, made = test.artifacts, []
    if test.variant.settings:
        made = settings_stay.made(test.variant, artifacts.required(settings.MADE))
    verdict = _by_rules(test)
    late = errors_met.first(artifacts, AFTERWARDS)
    if late:
        # What was judged can't be trusted; any other verdict stands.
        return _of_error(test, late.text) if _passes(verdict) else verdict
    if made:
        shown = artifacts.required(settings.PUT_BACK)
        verdict = judge.also(verdict, settings_stay.settings_stay(made, shown))
    if _passes(verdict):
        _check_logs(artifacts)
        if _trouble(artifacts.required(CONSOLE)):
            return _of_error(test, str(PUTTING_BACK))
    return verdict


def _check_logs(artifacts: Artifacts) -> None:
    """Check that both logs have all of the test's time: what is between the same marks.

    :raises EvidenceUnreadable: they have not
    """
    logs = {name: artifacts.required(name) for name in (DMESG, CONSOLE)}
    marks = {name: kernel_log_marks.marked(log) for name, log in logs.items()}
    if len(set(marks.values())) > 1 or not all(marks.values()):
        got = ", ".join(f"{mark or 'no test'!r} in {name}" for name, mark in marks.items())
        raise _unreadable_log(artifacts, got, "the mark of the test in both")
    for name, log in logs.items():
        if not kernel_log_marks.has_end(log):
            raise _unreadable_log(artifacts, f"no end of the test in {name}", "its mark in both")


def _unreadable_log(artifacts: Artifacts, got: str, expected: str) -> EvidenceUnreadable:
    return EvidenceUnreadable(
        "the kernel's log",
        got=got,
        expected=f"{expected}, {kernel_log_marks.TEST_MARK!r}",
        look_at=artifacts.folder,
    )


def _by_rules(test: _Test) -> Verdict:
    read, variant = test.artifacts.required, test.variant
    if variant.type == DRIVER_TEST:
        found = from_artifacts.of_programs(read, partial(read, may_be_empty=True))
        return judge.judge_programs(found)
    evidence = from_artifacts.of_run(read, variant.forced, variant.pinning.unpins)
    return judge.judge(variant, test.expected, evidence)


def _passes(verdict: Verdict) -> bool:
    return verdict.status == judge.PASS


def _trouble(log: str) -> list[str]:
    return kernel_log_faults.trouble(kernel_log_marks.of_test(log))


def _warned_before(artifacts: Artifacts) -> list[str]:
    """Return the kernel's trouble in its boot, and since then until the test began."""
    logs = (
        _read_if_text(artifacts, PREFLIGHT),
        kernel_log_marks.before_test(_read_if_text(artifacts, DMESG)),
    )
    return list(dict.fromkeys(line for log in logs for line in kernel_log_faults.trouble(log)))


def _read_if_text(artifacts: Artifacts, name: str) -> str:
    try:
        return artifacts.read(name)
    except EvidenceUnreadable:
        return ""
