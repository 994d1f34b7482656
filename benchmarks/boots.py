"""Targets 3 and 6: boot to ready, beside a bare boot, a snapshot and virtme-ng; and host memory."""

import shutil
import tempfile
from pathlib import Path
from statistics import median

from avocado_pin.base.command import run
from avocado_pin.base.errors import PinError
from avocado_pin.base.kept_folders import fingerprint, make_once
from avocado_pin.base.paths import DataFolder
from avocado_pin.variant import read_and_check_params, resolve_reference
from avocado_pin.variant.numa_nodes import Layout
from benchmarks import bare_guest, jobs, virtme
from benchmarks.context import Context, say, timed
from benchmarks.figures import Figure, Measured

BARE_SHARE = 1.15
UP = "bare: up"
# A cheap cell of the default layout; its workload maps two regions of 1024 base pages.
CELL = "pin_smoke.move_pages.unpinned.anon.pages_1024.two_nodes.normal.off.no_writer"
NEEDS_MIB = 2 * 1024 * 4096 / 2**20
SPARE_MIB = 600


def measure(context: Context) -> Measured:
    """Boot each in turn, as often as there are rounds."""
    ours: dict[str, list[float]] = {"cloud": [], "generic": []}
    bare: dict[str, list[float]] = {"cloud": [], "generic": []}
    restored: dict[str, list[float]] = {"cloud": [], "generic": []}
    memory: list[float] = []
    others: list[virtme.Boot] = []
    why = ""
    try:
        vng = virtme.install(context.data.root / "virtme-ng")
    except PinError as error:
        why = str(error)
    for number in range(context.rounds):
        say(f"boots, round {number + 1} of {context.rounds} ...")
        for flavour, times in ours.items():
            bare[flavour].append(_bare_s(context, flavour))
            seconds, mib = _ours(context, flavour)
            times.append(seconds)
            restored[flavour].append(_restored_s(context, flavour))
            memory += [mib] if flavour == "cloud" else []
        if not why:
            try:
                others.append(virtme.boot(vng, context))
            except (TimeoutError, LookupError) as error:
                why = str(error)
    return Measured(
        [*_figures(ours, bare, others, why), *_restored(restored, ours), _memory(memory)],
        {
            "ready_s": ours,
            "bare_s": bare,
            "restored_s": restored,
            "virtme_qemu_s": [boot.qemu_s for boot in others],
            "virtme_command_s": [boot.command_s for boot in others],
            "memory_mib": memory,
        },
    )


def _figures(
    ours: dict[str, list[float]],
    bare: dict[str, list[float]],
    others: list[virtme.Boot],
    why: str,
) -> list[Figure]:
    figures = []
    for flavour in ours:
        least = median(bare[flavour])
        figures += [
            Figure(3, f"bare boot, {flavour} kernel", least, "s", note="to a line of its init"),
            Figure(
                3,
                f"boot to a shell, {flavour} kernel",
                median(ours[flavour]),
                "s",
                BARE_SHARE * least,
            ),
        ]
    theirs = median(boot.qemu_s for boot in others) if others else None
    whole = median(boot.command_s for boot in others) if others else 0
    note = why or f"since QEMU's start; {whole:.1f} s since the command's"
    figures += [
        Figure(3, "virtme-ng to a shell, generic kernel", theirs, "s", note=note),
        Figure(3, "ours against that", median(ours["generic"]), "s", theirs),
    ]
    return figures


def _ours(context: Context, flavour: str) -> tuple[float, float]:
    """Return the seconds from QEMU's start to a shell in a test's guest, and its memory in MiB."""
    folder = context.folder("jobs")
    job = jobs.run(folder, CELL, kernel_flavour=flavour, reuse_guest="no", snapshot="no")
    (test,) = job.tests
    phases = test.phases_s
    return phases["boot"] + phases["login"], max(job.memory.guests.values())


def _restored_s(context: Context, flavour: str) -> float:
    """Return the seconds from QEMU's start to a shell in a guest that goes on from a snapshot."""
    folder = context.folder("jobs")
    for _ in ("saved, unless it was", "restored"):
        (test,) = jobs.run(folder, CELL, kernel_flavour=flavour, reuse_guest="no").tests
        if test.boot == "restored":
            return sum(test.phases_s[name] for name in ("snapshot", "boot", "login"))
    raise RuntimeError(f"{test.folder}: got a guest that is {test.boot}, expected a restored one")


def _restored(restored: dict[str, list[float]], ours: dict[str, list[float]]) -> list[Figure]:
    return [
        Figure(
            3,
            f"snapshot to a shell, {flavour} kernel",
            median(times),
            "s",
            note=f"{median(times) / median(ours[flavour]):.2f} boots",
        )
        for flavour, times in restored.items()
    ]


def _memory(most: list[float]) -> Figure:
    note = f"the workload needs {NEEDS_MIB:.0f} MiB"
    return Figure(6, "a guest's host memory", median(most), "MiB", NEEDS_MIB + SPARE_MIB, note)


def _bare_s(context: Context, flavour: str) -> float:
    """Return the seconds from QEMU's start to the line of an init that does nothing else."""
    image = context.image(flavour)
    times: list[float] = []
    with tempfile.TemporaryDirectory() as name:
        console = Path(name, "console")
        words = bare_guest.command(
            image, _initramfs(context.data), _layout(), context.accelerator(), console
        )
        with timed(times), bare_guest.started(words):
            bare_guest.wait_for_text(console, UP)
    return times[0]


def _layout() -> Layout:
    (params,) = resolve_reference.cells(CELL)
    return read_and_check_params.from_params(params).layout


def _initramfs(data: DataFolder) -> Path:
    """Return an initramfs with nothing but an init that prints a line."""
    source = Path(__file__).with_name("print_line.c")

    def make(work: Path) -> None:
        root = work / "root"
        (root / "dev").mkdir(parents=True)
        compiler = shutil.which("gcc") or "gcc"
        run([compiler, "-Os", "-static", "-o", root / "init", source], thing="init", timeout_s=60)
        script = f"cd '{root}' && find . | cpio --create --format=newc --quiet >../initramfs.cpio"
        run(["sh", "-c", script], thing="initramfs", timeout_s=60)

    folder = data.root / "benchmarks" / fingerprint([source])
    return make_once(folder, make) / "initramfs.cpio"
