"""Target 2: what a verdict costs beside booting guests and the workload's own time."""

from collections import defaultdict
from typing import Any

from avocado_pin.evidence import events
from avocado_pin.evidence.event_schema import Event
from avocado_pin.evidence.records import SUBJECT, Report
from avocado_pin.rules.settled import moved_enough, must_move
from avocado_pin.variant import read_and_check_params, resolve_reference
from avocado_pin.variant.expectation_parser import Expected
from avocado_pin.variant.variant import Variant
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


def measure(job: Job, one_by_one: Job) -> Measured:
    """Return where the time of a job went.

    Where two tests run at once, the overhead is the time in which no guest boots and no workload
    needs its own; the parts are those of the job that ran one test at a time.

    :param job: with as many tests at once as there are by default
    :param one_by_one: the same set, one at a time
    """
    figures = [
        _overhead(job, "overhead of a verdict"),
        Figure(2, "job", job.wall_s, "s", note=boots(job)),
        _overhead(one_by_one, "overhead of a verdict, one test at a time"),
        Figure(2, "job, one test at a time", one_by_one.wall_s, "s", note=boots(one_by_one)),
        *_parts(one_by_one),
    ]
    details = {
        name: {"job_s": of.wall_s, "parts_s": _spent(of), "tests": list(map(_record, of.tests))}
        for name, of in (("default", job), ("one_by_one", one_by_one))
    }
    return Measured(figures, details)


def _overhead(job: Job, name: str) -> Figure:
    tests = len(job.tests)
    needed = [span for test in job.tests for span in _needed_spans(test)]
    overhead = (job.wall_s - covered(needed)) / tests
    return Figure(2, name, overhead, "s", LIMIT_S, f"{tests} verdicts")


def boots(job: Job) -> str:
    """Return where the guests of a job came from, and how many of each."""
    how = [test.boot for test in job.tests]
    return ", ".join(f"{how.count(name)} {name}" for name in sorted(set(how)))


def _needed_spans(test: Test) -> list[tuple[float, float]]:
    """Return from when to when its guest booted, and its workload needed its own time."""
    lasts = {BOOT: test.phases_s.get(BOOT, 0.0), "run": _own_s(test)}
    return [
        (test.began_s[name], test.began_s[name] + seconds)
        for name, seconds in lasts.items()
        if name in test.began_s
    ]


def _own_s(test: Test) -> float:
    return min(needed_s(test), test.phases_s.get("run", 0.0))


def covered(spans: list[tuple[float, float]]) -> float:
    """Return the seconds within any of the spans, each from when to when."""
    seconds, end = 0.0, float("-inf")
    for first, last in sorted(spans):
        seconds += max(0.0, last - max(first, end))
        end = max(end, last)
    return seconds


def _parts(job: Job) -> list[Figure]:
    spent, tests = _spent(job), len(job.tests)
    names = [*PARTS, *sorted(set(spent) - set(PARTS))]
    return [
        Figure(2, f"  {name}", spent[name], "s", note=f"{spent[name] / tests:.2f} s a verdict")
        for name in names
    ]


def _spent(job: Job) -> dict[str, float]:
    """Return the seconds of each part of a job, those of all of its tests added."""
    spent: dict[str, float] = defaultdict(float)
    tests = sorted(job.tests, key=lambda test: test.start_s)
    spent["start and resolve"] = tests[0].start_s
    spent["end of the job"] = job.wall_s - max(test.end_s for test in tests)
    running = covered([(test.start_s, test.end_s) for test in tests])
    spent["between tests"] = max(test.end_s for test in tests) - tests[0].start_s - running
    for test in tests:
        for name, seconds in test.phases_s.items():
            spent[name] += seconds
        report = test.end_s - test.reported_s
        spent["report"] += report
        spent["prepare"] += test.end_s - test.start_s - report - sum(test.phases_s.values())
    needed = sum(map(_own_s, tests))
    spent["run: workload's own"] = needed
    spent["run: the rest"] = spent.pop("run") - needed
    return spent


def needed_s(test: Test) -> float:
    """Return the seconds that the workload of a test needed to show the outcome.

    From its start until the regions were in place, and from the pressure's begin until the report
    in which what must move had moved; and for as long as the test then watches what must stay.
    A test with a fixed number of samples needs the time from the first to the last.
    """
    path = test.folder / "samples.jsonl"
    if not path.exists():
        return 0.0
    said = events.read(path.read_text().splitlines())
    (params,) = resolve_reference.cells(test.name)
    cell = read_and_check_params.from_params(params)
    if cell.samples:
        # The writer's delay is within them.
        return (cell.samples - 1) * cell.sample_interval_s
    expected = cell.expected(test.verdict["environment"]["kernel_release"])
    return _until_ready(said) + _until_settled(cell, expected, said)


def _until_ready(said: list[Event]) -> float:
    begin = events.time_of(said, "begin") or 0.0
    ready = events.time_of(said, "ready")
    last = said[-1].t
    return (last if ready is None else ready) - begin


def _until_settled(cell: Variant, expected: Expected, said: list[Event]) -> float:
    pressure = events.time_of(said, "migrate" if cell.forced else "write_start")
    if pressure is None:
        return 0.0
    target = events.start(said).target_node
    reports = [report for report in events.reports(said) if report.time_s >= pressure]
    moved = [_moved_at(cell, reports, name, target, pressure) for name in must_move(cell, expected)]
    seconds = max([pressure, *moved]) - pressure
    if expected.stays:
        seconds += cell.hold_s
    unpinned = events.unpinned_s(said) if cell.pinning.unpins else None
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
