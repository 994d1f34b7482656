"""Target 2: what a verdict costs beside booting guests and the workload's own time."""

from collections import defaultdict
from itertools import pairwise
from typing import Any

from avocado_pin import cartesian, samples, variant
from avocado_pin.expectation import Expected
from avocado_pin.rules.movement import moved_enough, must_move
from avocado_pin.samples import SUBJECT, Report
from avocado_pin.variant import Variant
from benchmarks.figures import Figure, Measured
from benchmarks.jobs import Job, Test

LIMIT_S = 0.5
BOOT = "boot"
# The parts of a job in the order in which they come; what a test's verdict.json has besides is
# told too.
PARTS = (
    "start and resolve",
    "between tests",
    "prepare",
    "probe",
    BOOT,
    "login",
    "state",
    "preflight",
    "deploy",
    "run: workload's own",
    "run: the rest",
    "collect",
    "end",
    "report",
    "end of the job",
)


def measure(job: Job) -> Measured:
    """Return where the time of a job went."""
    spent, needed = _spent(job)
    tests = len(job.tests)
    overhead = (job.wall_s - spent[BOOT] - needed) / tests
    fresh = sum(test.fresh for test in job.tests)
    figures = [
        Figure(2, "overhead of a verdict", overhead, "s", LIMIT_S, f"{tests} verdicts"),
        Figure(2, "job", job.wall_s, "s", note=f"{fresh} guests booted"),
    ]
    names = [*PARTS, *sorted(set(spent) - set(PARTS))]
    figures += [
        Figure(2, f"  {name}", spent[name], "s", note=f"{spent[name] / tests:.2f} s a verdict")
        for name in names
    ]
    records = [_record(test) for test in job.tests]
    details = {
        "job_s": job.wall_s,
        "parts_s": dict(spent),
        "tests": records,
    }
    return Measured(figures, details)


def _spent(job: Job) -> tuple[dict[str, float], float]:
    """Return the seconds of each part of a job, and what its workloads needed."""
    spent: dict[str, float] = defaultdict(float)
    tests = sorted(job.tests, key=lambda test: test.start_s)
    spent["start and resolve"] = tests[0].start_s
    spent["end of the job"] = job.wall_s - tests[-1].end_s
    spent["between tests"] = sum(after.start_s - before.end_s for before, after in pairwise(tests))
    for test in tests:
        for name, seconds in test.phases_s.items():
            spent[name] += seconds
        report = test.end_s - test.reported_s
        spent["report"] += report
        spent["prepare"] += test.end_s - test.start_s - report - sum(test.phases_s.values())
    needed = sum(min(needed_s(test), test.phases_s.get("run", 0)) for test in tests)
    spent["run: workload's own"] = needed
    spent["run: the rest"] = spent.pop("run") - needed
    return spent, needed


def needed_s(test: Test) -> float:
    """Return the seconds that the workload of a test needed to show the outcome.

    From its start until the regions were in place, and from the pressure's begin until the report
    in which what must move had moved; and for as long as the test then watches what must stay.
    """
    path = test.folder / "samples.jsonl"
    if not path.exists():
        return 0.0
    events = samples.events(path.read_text().splitlines())
    (params,) = cartesian.cells(test.name)
    cell = variant.from_params(params)
    if cell.samples:
        return cell.writer_delay_s + cell.samples * cell.sample_interval_s
    expected = cell.expected(test.verdict["environment"]["kernel_release"])
    return _until_ready(events) + _until_settled(cell, expected, events)


def _until_ready(events: list[dict[str, Any]]) -> float:
    begin = samples.time_of(events, "begin") or 0.0
    ready = samples.time_of(events, "ready")
    last: float = events[-1]["t"]
    return (last if ready is None else ready) - begin


def _until_settled(cell: Variant, expected: Expected, events: list[dict[str, Any]]) -> float:
    pressure = samples.time_of(events, "migrate" if cell.forced else "write_start")
    if pressure is None:
        return 0.0
    target = samples.start(events).target_node
    reports = [report for report in samples.reports(events) if report.time_s >= pressure]
    moved = [_moved_at(cell, reports, name, target, pressure) for name in must_move(cell, expected)]
    seconds = max([pressure, *moved]) - pressure
    if expected.stays:
        seconds += cell.hold_s
    unpinned = samples.unpinned_s(events) if cell.pinning.unpins else None
    if unpinned is not None:
        later = [report for report in reports if report.time_s >= unpinned]
        seconds += _moved_at(cell, later, SUBJECT, target, unpinned) - unpinned
    return seconds


def _moved_at(cell: Variant, reports: list[Report], name: str, node: int, since: float) -> float:
    times = (r.time_s for r in reports if moved_enough(cell, r.regions[name], node))
    return next(times, since)


def _record(test: Test) -> dict[str, Any]:
    return {
        "cell": test.name,
        "status": test.status,
        "elapsed_s": round(test.end_s - test.start_s, 3),
        "needed_s": round(needed_s(test), 3),
        "phases_s": test.phases_s,
    }
