"""Target 1: the time of a verdict, beside the forerunner's procedure for the same cells."""

from dataclasses import asdict
from statistics import median

from avocado_pin.guest.guest import FRESH
from benchmarks import forerunner, jobs
from benchmarks.context import Context, say
from benchmarks.figures import Figure, Measured
from benchmarks.forerunner import Outcome
from benchmarks.jobs import Job

# The issue's: at most an eighth, then a twentieth.
SHARE = 8
AIM = 20
SET = "pin_tests"
# Its time hardly depends on the cell: a boot and 30 s. These are pinned and not, by one page and
# many, by NUMA balancing and forced, on the default layout and another one.
CELLS = (
    "balancing.driver.anon.pages_1.two_nodes.normal.stock.one_writer",
    "balancing.unpinned.anon.pages_100.two_nodes.normal.stock.one_writer",
    "balancing.driver.anon.pages_100.eight_nodes.normal.fast.one_writer",
    "move_pages.driver.shmem.pages_100.two_nodes.normal.off.no_writer",
)
QUICK_SET = "pin_smoke"
QUICK_CELLS = (
    "balancing.driver.anon.pages_100.two_nodes.normal.fast.one_writer",
    "move_pages.unpinned.anon.pages_1024.two_nodes.normal.off.no_writer",
)


def measure(context: Context, job: Job) -> Measured:
    """Measure the forerunner's procedure, and compare a job with it.

    :param job: of the set, run before
    """
    name, cells = (QUICK_SET, QUICK_CELLS) if context.quick else (SET, CELLS)
    outcomes = [_forerunner(context, f"{name}.{cell}") for cell in cells]
    theirs = median(outcome.wall_s for outcome in outcomes)
    # What a test takes, though another one may run meanwhile; and what the job takes for each.
    ours = [test.end_s - test.start_s for test in job.tests]
    status = {test.name: test.status for test in job.tests}
    same = [outcome for outcome in outcomes if status.get(outcome.cell) == outcome.status]
    count = f"{len(ours)} verdicts of {name}"
    figures = [
        Figure(1, "forerunner's procedure, median", theirs, "s", note=f"{len(outcomes)} cells"),
        Figure(1, "a verdict, median", median(ours), "s", theirs / SHARE, count),
        Figure(1, "the same against the aim", median(ours), "s", theirs / AIM),
        Figure(1, "a verdict's share of the job", job.wall_s / len(ours), "s", theirs / SHARE),
        Figure(1, "cells with another verdict", len(outcomes) - len(same), "", note=_list(cells)),
    ]
    details = {
        "forerunner": [asdict(outcome) for outcome in outcomes],
        "verdicts": [
            {"cell": test.name, "status": test.status, "s": round(seconds, 3)}
            for test, seconds in zip(job.tests, ours, strict=True)
        ],
    }
    return Measured(figures, details)


def set_name(context: Context) -> str:
    """Return the name of the set that is run."""
    return QUICK_SET if context.quick else SET


def run_set(context: Context, *words: str) -> Job:
    """Run the job of a set, once more if it had to boot a guest of which there was no snapshot.

    :param words: references and options of `avocado run`
    """
    for _ in ("boots what has no snapshot", "restores all"):
        say(f"avocado run {' '.join(words)} ...")
        job = jobs.run(context.folder("jobs"), *words)
        if all(test.boot != FRESH for test in job.tests):
            break
    else:
        say("    booted guests again: their snapshots are not kept")
    return job


def _forerunner(context: Context, reference: str) -> Outcome:
    say(f"the forerunner's procedure for {reference} ...")
    outcome = forerunner.run(context, reference)
    say(f"    {outcome.status} after {outcome.wall_s:.1f} s")
    return outcome


def _list(cells: tuple[str, ...]) -> str:
    return f"of {len(cells)} compared"
