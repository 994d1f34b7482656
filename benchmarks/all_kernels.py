"""Target 8: a set over all kernels in one job, against the same set on one kernel alone."""

from avocado_pin.debian import releases
from benchmarks import jobs, overhead, verdicts
from benchmarks.context import KERNEL, Context
from benchmarks.figures import Figure, Measured
from benchmarks.jobs import Job

# At most so many times as long on six kernels as on one.
TIMES = 6.5
KERNELS = 6
QUICK_SET = "pin_kernels"


def measure(context: Context) -> Measured:
    """Run both jobs, one after the other."""
    name = verdicts.set_name(context)
    alone = verdicts.run_set(context, name)
    every = verdicts.run_set(context, QUICK_SET if context.quick else f"{name}_kernels")
    return Measured(_figures(name, alone, every), {KERNEL: _record(alone), "all": _record(every)})


def _figures(name: str, alone: Job, every: Job) -> list[Figure]:
    # A test of a kernel that was not fetched has no verdict, and takes no time.
    kernels = jobs.kernels(every)
    missing = [kernel for kernel in releases.names() if kernel not in kernels]
    lacks = f"no verdict on {', '.join(missing)}: avocado pin-kernel fetch all"
    limit = alone.wall_s * TIMES / KERNELS * len(releases.names())
    return [
        Figure(8, f"{name} on {KERNEL}", alone.wall_s, "s", note=overhead.boots(alone)),
        Figure(
            8,
            f"{name} on all kernels",
            None if missing else every.wall_s,
            "s",
            limit,
            lacks if missing else f"{len(kernels)} kernels; {overhead.boots(every)}",
        ),
        *(
            Figure(8, f"of that, {kernel}", jobs.span_s(every, kernel), "s", note=note)
            for kernel, note in kernels.items()
        ),
    ]


def _record(job: Job) -> dict[str, object]:
    tests = {test.name: [test.status, round(test.end_s - test.start_s, 3)] for test in job.tests}
    return {"job_s": job.wall_s, "tests": tests}
