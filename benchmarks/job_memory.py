"""Target 6: is the job process flat, however many results it has?"""

from statistics import median

from benchmarks import jobs
from benchmarks.context import Context, say
from benchmarks.figures import Figure, Measured

# Cancelled before it boots a guest; its verdict is as long as any other.
CELL = "pin_tests..one_node..balancing"
# A result takes tenths of a second: the growth by a result is measured over fewer.
RESULTS = 300
QUICK_RESULTS = 20
TOLD = 1000
# What a job may grow by over a thousand results and still be called flat, in MiB: its own list of
# results is kept by Avocado.
FLAT_MIB = 50


def measure(context: Context) -> Measured:
    """Run a job of many results, and look at its memory after each."""
    count = QUICK_RESULTS if context.quick else RESULTS
    say(f"a job of {count} results ...")
    job = jobs.run(context.folder("jobs"), "--max-parallel-tasks", "2", *[CELL] * count)
    seen = [(results, mib) for results, mib in job.memory.job if results]
    first = median(mib for results, mib in seen if results <= count / 4)
    last = median(mib for results, mib in seen if results > count * 3 / 4)
    growth = (last - first) / (count * 3 / 4)
    figures = [
        Figure(
            6,
            "the job process",
            last,
            "MiB",
            # Avocado-VT keeps 4 MiB for each reference that it parses.
            note=f"at {count} results of as many references, {first:.0f} before",
        ),
        Figure(
            6,
            f"its growth over {TOLD} results",
            max(0.0, growth * TOLD),
            "MiB",
            FLAT_MIB,
            f"from that over {count}",
        ),
    ]
    return Measured(figures, {"results_and_mib": job.memory.job})
