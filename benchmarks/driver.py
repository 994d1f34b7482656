"""The driver: what pinning a page costs, beside io_uring's registration of the same range.

And beside a call that does nothing, which is its floor. Of the rounds the least counts: whatever
else the machine does only adds.
"""

import json
import shutil
from pathlib import Path

import psutil

from avocado_pin.base.command import run
from avocado_pin.base.kept_folders import fingerprint, make_once
from avocado_pin.base.paths import DataFolder, source
from avocado_pin.build import driver_and_workload
from avocado_pin.variant.numa_nodes import Layout, Node
from benchmarks import bare_guest
from benchmarks.context import Context, say
from benchmarks.figures import Figure, Measured

LIMIT = 1.1
COUNTS = (1, 100, 10_000, 1_000_000)
PAGE_BYTES = 4096
# Of a guest beside the pages: kernel, page table and the pinners' own lists.
SPARE_MIB = 1024
# What the host needs beside the guest.
HOST_MIB = 2048
FOLDER = "/tmp/pin"

Costs = dict[tuple[str, str, int], list[float]]


def measure(context: Context) -> Measured:
    """Pin and unpin ranges of several sizes in one guest, in turns."""
    free_mib = psutil.virtual_memory().available >> 20
    counts = [count for count in COUNTS if _guest_mib(count) + HOST_MIB <= free_mib]
    if context.quick:
        counts = counts[:-1]
    say(f"pinning {', '.join(map(str, counts))} pages ...")
    lines = _run(context, counts).splitlines()
    costs: Costs = {}
    for line in map(json.loads, lines):
        for what in ("pin", "unpin"):
            times = costs.setdefault((line["by"], what, line["pages"]), [])
            times.append(line[f"{what}_ns"] / line["pages"])
    least = {key: min(times) for key, times in costs.items()}
    figures = []
    for what in ("pin", "unpin"):
        for count in counts:
            theirs = least["io_uring", what, count]
            figures.append(
                Figure(
                    7,
                    f"{what} of {count} pages, each",
                    least["driver", what, count],
                    "ns",
                    LIMIT * theirs,
                    f"io_uring {theirs:.4g} ns",
                )
            )
        flat = [least["driver", what, count] for count in counts if count >= COUNTS[1]]
        figures += [
            Figure(
                7, f"{what}, a page of more by one of {COUNTS[1]}", max(flat) / flat[0], "", LIMIT
            ),
            Figure(7, f"{what}, most by least from {COUNTS[1]} on", max(flat) / min(flat), ""),
        ]
    floor = least["nothing", "pin", COUNTS[0]]
    figures.append(Figure(7, "a call of the driver that does nothing", floor, "ns"))
    return Measured(figures, {"rounds": lines, "counts": counts})


def _guest_mib(count: int) -> int:
    return count * PAGE_BYTES // 2**20 + SPARE_MIB


def _run(context: Context, counts: list[int]) -> str:
    image = context.image()
    half = (_guest_mib(max(counts)) + 1) // 2
    layout = Layout((Node(0, half, frozenset({0})), Node(1, half, frozenset({1}))))
    driver = driver_and_workload.driver(source("kmod"), image.kernel, context.data.builds)
    program = _program(context.data)
    with bare_guest.booted(image, layout, context.accelerator(), context.data) as guest:
        guest.run(f"mkdir -p {FOLDER}")
        guest.copy([driver, program], FOLDER)
        numbers = " ".join(map(str, counts))
        return guest.run(
            f"cd {FOLDER} && echo 0 >/proc/sys/kernel/numa_balancing && insmod {driver.name} && "
            f"./{program.name} {context.rounds} {numbers}"
        )


def _program(data: DataFolder) -> Path:
    code = Path(__file__).with_name("pin_cost.c")
    header = source("kmod") / driver_and_workload.ABI_HEADER

    def make(work: Path) -> None:
        words: list[str | Path] = ["-O2", "-Wall", "-Wextra", "-static", "-I", header.parent]
        compiler = shutil.which("gcc") or "gcc"
        run([compiler, *words, "-o", work / code.stem, code], thing="pin_cost", timeout_s=60)

    folder = data.root / "benchmarks" / fingerprint([code, header])
    return make_once(folder, make) / code.stem
