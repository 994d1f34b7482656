"""Sets of tests: their parts, what their jobs left, and what two runs of them say differently."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

# Tests of a job. Should a guest be lost, so many are run again.
PART = 8
# Of a test whose guest was reset: QEMU, told not to reboot, ends as if it had been asked to
# (guest/guest_lost_message.py). A guest whose kernel panics hangs or ends so, too: its console then
# says it.
RESET = "QEMU ended with status 0"


@dataclass(frozen=True)
class Part:
    """Some tests of a set on a kernel, which are a job.

    :param name: of its results' folder
    :param kernel: of configs/debian_suites.cfg
    :param tests: by their names
    """

    name: str
    kernel: str
    tests: tuple[str, ...]

    def has_ended(self, folder: Path) -> bool:
        """Return whether its results are in the folder of run.sh."""
        return (folder / self.name).is_dir()


@dataclass(frozen=True)
class Set:
    """A set of tests on a kernel.

    :param name: what avocado is given
    :param tests: what it has
    """

    name: str
    kernel: str
    tests: tuple[str, ...]

    @property
    def parts(self) -> list[Part]:
        """Its jobs."""
        starts = range(0, len(self.tests), PART)
        return [
            Part(f"{self.kernel}.{self.name}.{start + 1}", self.kernel, self.tests[start:][:PART])
            for start in starts
        ]


@dataclass(frozen=True)
class Verdict:
    """What one test said.

    :param reason: in a sentence
    :param accelerator: that its guest ran under; none without a guest
    :param guest: where that came from: fresh, restored or reused
    """

    status: str
    reason: str
    seconds: float
    accelerator: str | None
    guest: str | None


@dataclass(frozen=True)
class Ran:
    """A set that was run, or was to be.

    :param seconds: of its jobs; none if one did not end
    :param verdicts: by the test's name
    """

    seconds: float | None
    verdicts: dict[str, Verdict]


def read(folder: Path, each: Set) -> Ran:
    """Return what a set's jobs left in the folder of run.sh."""
    ended = [folder / part.name for part in each.parts if part.has_ended(folder)]
    seconds = sum(float((job / "seconds").read_text()) for job in ended)
    return Ran(seconds if len(ended) == len(each.parts) else None, _verdicts(ended))


def _verdicts(ended: list[Path]) -> dict[str, Verdict]:
    """Return what the tests of jobs said, by their names."""
    verdicts = {}
    for file in (file for job in ended for file in job.glob("job-*/results.json")):
        for test in json.loads(file.read_text())["tests"]:
            # Before it: where the test is in its job.
            name = re.sub(r"^\d+-", "", test["name"]).partition(";")[0]
            verdicts[name] = _verdict(test)
    return verdicts


def lost(folder: Path, part: Part) -> str:
    """Return how a job was lost to a fault of the emulation; nothing if it was not."""
    if not part.has_ended(folder):
        return "the outer guest was lost"
    verdicts = _verdicts([folder / part.name])
    reset = [n for n, verdict in verdicts.items() if verdict.status == "ERROR" and _reset(verdict)]
    return f"a guest was reset under {', '.join(reset)}" if reset else ""


def _reset(verdict: Verdict) -> bool:
    return RESET in verdict.reason and "panic" not in verdict.reason


def _verdict(test: dict[str, object]) -> Verdict:
    try:
        said = json.loads(str(test["whiteboard"]))
    except ValueError:
        said = {}  # No guest, no verdict.json.
    environment = said.get("environment", {})
    return Verdict(
        status=str(test["status"]),
        reason=str(said.get("text") or test["fail_reason"] or ""),
        seconds=float(str(test["time_elapsed"])),
        accelerator=environment.get("accelerator"),
        guest=environment.get("guest_boot"),
    )


def table(each: Set, tcg: Ran, kvm: Ran) -> str:
    """Return a set's verdicts under both, a line each."""
    lines = [f"{each.name} on {each.kernel}: {_seconds(tcg)} under TCG, {_seconds(kvm)} under KVM"]
    for name in each.tests:
        cells = [_cell(ran.verdicts.get(name)) for ran in (tcg, kvm)]
        mark = "  " if _alike(name, tcg, kvm) else "! "
        lines.append(f"{mark}{cells[0]:26} {cells[1]:26} {name}")
    return "\n".join(lines)


def differences(each: Set, tcg: Ran, kvm: Ran) -> list[str]:
    """Return what two runs of a set say differently, and what did not run as it was to.

    Neither is a FAIL or an ERROR of both as it should be, nor a set in which nothing passed.
    """
    found = []
    if not any(verdict.status == "PASS" for verdict in kvm.verdicts.values()):
        found.append("no test passed under kvm")
    for run, accelerator in ((tcg, "tcg"), (kvm, "kvm")):
        for name, verdict in run.verdicts.items():
            # A test that ended without a guest has none.
            allowed = [accelerator] if verdict.status in ("PASS", "FAIL") else [accelerator, None]
            if verdict.accelerator not in allowed:
                found.append(f"{name}: ran under {verdict.accelerator}, expected {accelerator}")
    for name in each.tests:
        if not _alike(name, tcg, kvm) or _is_bad(kvm.verdicts[name]):
            said = [_said(ran.verdicts.get(name)) for ran in (tcg, kvm)]
            found.append(f"{name}:\n    under tcg: {said[0]}\n    under kvm: {said[1]}")
    return found


def guests(ran: Iterable[Ran]) -> dict[str, int]:
    """Return how many tests had a guest that was fresh, restored or reused."""
    counts: dict[str, int] = {}
    for each in ran:
        for verdict in each.verdicts.values():
            if verdict.guest:
                counts[verdict.guest] = counts.get(verdict.guest, 0) + 1
    return counts


def _is_bad(verdict: Verdict) -> bool:
    return verdict.status not in ("PASS", "CANCEL")


def _alike(name: str, *ran: Ran) -> bool:
    """Whether a test has a verdict in all runs, and the same."""
    found = [each.verdicts.get(name) for each in ran]
    return None not in found and len({each.status for each in found if each}) == 1


def _cell(verdict: Verdict | None) -> str:
    if verdict is None:
        return "-"
    return f"{verdict.status:6} {verdict.seconds:7.1f} s {verdict.guest or ''}"


def _said(verdict: Verdict | None) -> str:
    return f"{verdict.status} {verdict.reason}".strip() if verdict else "it did not end"


def _seconds(ran: Ran) -> str:
    return "unknown" if ran.seconds is None else f"{ran.seconds:.0f} s"
