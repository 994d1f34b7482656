"""Target 4: `avocado list` of many cells: linear in their number, and how long for each."""

import os
import re
import shutil
import subprocess
import tempfile
from itertools import pairwise
from pathlib import Path
from statistics import median

from avocado_pin.base.paths import PACKAGE
from benchmarks.context import Context, say, timed
from benchmarks.figures import Figure, Measured
from benchmarks.jobs import AVOCADO

LIMIT_MS = 5
# How often the cells of pin_nightly are there in the sets that are made.
COPIES = (0, 2, 4, 8)
MODEL = "pin_nightly"
NAME = "pin_many"
ONE = "pin_tests..one_node..balancing"


def measure(context: Context) -> Measured:
    """List sets of several sizes, each as often as there are rounds."""
    points = []
    with tempfile.TemporaryDirectory() as name:
        for copies in COPIES:
            say(f"avocado list, {copies} times the cells of {MODEL} ...")
            points.append(_listed(Path(name), copies, context.rounds))
    base = points[0][1]
    figures = [
        Figure(4, "avocado list of 1 cell", base, "s", note="Avocado's own start-up, mostly"),
    ]
    for cells, seconds in points[1:]:
        last = cells == points[-1][0]
        each = seconds * 1000 / cells
        figures.append(
            Figure(
                4,
                f"avocado list of {cells} cells, each",
                each,
                "ms",
                LIMIT_MS if last else None,
                f"{seconds:.2f} s; without start-up {(seconds - base) * 1000 / cells:.2f} ms",
            )
        )
    slopes = [
        (later[1] - before[1]) / (later[0] - before[0]) for before, later in pairwise(points[1:])
    ]
    figures.append(
        Figure(
            4,
            "the last further cell by the first",
            slopes[-1] / slopes[0],
            "",
            note="1: linear; of " + ", ".join(f"{slope * 1000:.2f} ms" for slope in slopes),
        )
    )
    return Measured(figures, {"cells_and_seconds": points})


def _listed(folder: Path, copies: int, rounds: int) -> tuple[int, float]:
    """Return how many cells a made set has, and the median time to list it."""
    root = folder / f"copies-{copies}"
    shutil.copytree(PACKAGE, root / PACKAGE.name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(PACKAGE.parent / "configs", root / "configs")
    path = root / "configs" / "sets.cfg"
    path.write_text(path.read_text() + _many(path.read_text(), max(1, copies)))
    reference = NAME if copies else ONE
    times: list[float] = []
    cells = 0
    for _ in range(rounds):
        with timed(times):
            done = subprocess.run(
                [str(AVOCADO), "list", reference],
                env={**os.environ, "PYTHONPATH": str(root)},
                cwd="/",
                check=True,
                text=True,
                capture_output=True,
            )
        cells = len(re.findall(r"^avocado-pin ", done.stdout, re.M))
    return cells, median(times)


def _many(text: str, copies: int) -> str:
    """Return a set with the cells of the model so many times."""
    match = re.search(rf"^    - {MODEL}:\n((?:^        .*\n)+)", text, re.M)
    if not match:
        raise LookupError(f"configs/sets.cfg: got no set {MODEL}")
    names = "".join(f"            - copy_{number}:\n" for number in range(copies))
    return f"\n    - {NAME}:\n        variants copy:\n{names}{match[1]}"
