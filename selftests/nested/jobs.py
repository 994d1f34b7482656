"""Sets of tests: what their jobs left, and what two runs of them say differently."""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Set:
    """A set of tests on a kernel.

    :param name: what avocado is given
    :param kernel: of configs/axes/kernel.cfg
    """

    name: str
    kernel: str


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

    :param seconds: of the job; none if it did not end
    :param verdicts: by the test's name
    """

    seconds: float | None
    verdicts: dict[str, Verdict]


def read(folder: Path, each: Set) -> Ran:
    """Return what a set's job left in the folder of run.sh."""
    job = folder / f"{each.kernel}.{each.name}"
    if not (job / "seconds").exists():
        return Ran(None, {})
    verdicts = {}
    for file in job.glob("job-*/results.json"):
        for test in json.loads(file.read_text())["tests"]:
            # Before it: where the test is in its job.
            name = re.sub(r"^\d+-", "", test["name"]).partition(";")[0]
            verdicts[name] = _verdict(test)
    return Ran(float((job / "seconds").read_text()), verdicts)


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
    for name in _names(tcg, kvm):
        cells = [_cell(ran.verdicts.get(name)) for ran in (tcg, kvm)]
        mark = "  " if _alike(name, tcg, kvm) else "! "
        lines.append(f"{mark}{cells[0]:26} {cells[1]:26} {name}")
    return "\n".join(lines)


def differences(tcg: Ran, kvm: Ran) -> list[str]:
    """Return what two runs of a set say differently, and what did not run as it was to."""
    found = []
    for run, accelerator in ((tcg, "tcg"), (kvm, "kvm")):
        if not run.verdicts:
            found.append(f"under {accelerator}: got no results, expected those of the whole set")
        for name, verdict in run.verdicts.items():
            # A test that ended without a guest has none.
            allowed = [accelerator] if verdict.status in ("PASS", "FAIL") else [accelerator, None]
            if verdict.accelerator not in allowed:
                found.append(f"{name}: ran under {verdict.accelerator}, expected {accelerator}")
    for name in _names(tcg, kvm):
        if not _alike(name, tcg, kvm):
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


def _names(*ran: Ran) -> Sequence[str]:
    return list(dict.fromkeys(name for each in ran for name in each.verdicts))


def _alike(name: str, *ran: Ran) -> bool:
    return len({each.verdicts[name].status if name in each.verdicts else "" for each in ran}) == 1


def _cell(verdict: Verdict | None) -> str:
    if verdict is None:
        return "-"
    return f"{verdict.status:6} {verdict.seconds:7.1f} s {verdict.guest or ''}"


def _said(verdict: Verdict | None) -> str:
    return f"{verdict.status} {verdict.reason}".strip() if verdict else "it did not end"


def _seconds(ran: Ran) -> str:
    return "unknown" if ran.seconds is None else f"{ran.seconds:.0f} s"
