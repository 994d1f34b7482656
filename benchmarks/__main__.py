"""`make bench`: measure everything on this machine, print one table and write benchmarks.json."""

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from avocado_pin.base.kept_folders import write_atomically
from avocado_pin.base.paths import data_folder
from benchmarks import (
    all_kernels,
    boots,
    driver,
    job_memory,
    machine,
    overhead,
    resolving,
    verdicts,
    warm_run,
)
from benchmarks.context import Context, say
from benchmarks.figures import Figure, Measured, table

Benchmark = Callable[[Context], list[Measured]]


def _verdicts(context: Context) -> list[Measured]:
    """Measure what rests on jobs of the set."""
    name = verdicts.set_name(context)
    job = verdicts.run_set(context, name)
    one_by_one = verdicts.run_set(context, "--max-parallel-tasks", "1", name)
    return [verdicts.measure(context, job), overhead.measure(job, one_by_one)]


BENCHMARKS: dict[str, Benchmark] = {
    "resolving": lambda context: [resolving.measure(context)],
    "warm_run": lambda context: [warm_run.measure(context)],
    "boots": lambda context: [boots.measure(context)],
    "driver": lambda context: [driver.measure(context)],
    "job_memory": lambda context: [job_memory.measure(context)],
    "verdicts": _verdicts,
    "all_kernels": lambda context: [all_kernels.measure(context)],
}


def main() -> None:
    """Run the benchmarks that were asked for, all by default."""
    arguments = _arguments()
    results = arguments.results / time.strftime("%Y-%m-%dT%H.%M.%S")
    results.mkdir(parents=True)
    rounds = 1 if arguments.quick else arguments.rounds
    context = Context(data_folder(), results.resolve(), rounds, arguments.quick)
    record: dict[str, Any] = {"machine": machine.describe(context.data), "rounds": rounds}
    figures: list[Figure] = []
    for name in arguments.only or BENCHMARKS:
        start = time.monotonic()
        for measured in BENCHMARKS[name](context):
            figures += measured.figures
            say(table(measured.figures))
            record.setdefault("details", {}).setdefault(name, []).append(measured.details)
        record.setdefault("took_s", {})[name] = round(time.monotonic() - start, 1)
        record["figures"] = [figure.record() for figure in _sorted(figures)]
        # After each, so that an interruption leaves what there is.
        write_atomically(results / "benchmarks.json", json.dumps(record, indent=1) + "\n")
    print("\n".join(_described(record["machine"])))
    print(table(_sorted(figures)))
    print(f"written to {results / 'benchmarks.json'}")


def _sorted(figures: list[Figure]) -> list[Figure]:
    return sorted(figures, key=lambda figure: figure.target)


def _described(found: dict[str, Any]) -> list[str]:
    shown = ("cpu", "cores", "memory_mib", "kernel", "distribution", "qemu", "accelerator")
    return [f"{name:14} {found[name]}" for name in (*shown, "guest_kernel", "commit")]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("only", nargs="*", metavar="NAME", help=", ".join(BENCHMARKS))
    parser.add_argument("--results", type=Path, default=Path("build/bench"))
    parser.add_argument("--rounds", type=int, default=3, help="of what is short (default: 3)")
    parser.add_argument("--quick", action="store_true", help="to try the benchmarks themselves")
    arguments = parser.parse_args()
    unknown = set(arguments.only) - set(BENCHMARKS)
    if unknown:
        parser.error(f"got {', '.join(unknown)}, expected {', '.join(BENCHMARKS)}")
    return arguments


if __name__ == "__main__":
    main()
