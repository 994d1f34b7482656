"""The procedure this project grew from, for one cell, as a script did it.

Boot a guest by QEMU alone, log in by ssh, load the driver, start the workload, wait 10 s, take ten
samples of numastat at intervals of 2 s, kill the guest. With our guest, driver and workload, so
that only the procedure differs. The original's outcome was read off numastat by a person; here it
is the exact place of each page in the workload's last report, as numastat can't show single pages.
"""

import json
from dataclasses import dataclass, replace

from avocado_pin.base.paths import source
from avocado_pin.build import driver_and_workload
from avocado_pin.evidence import events
from avocado_pin.evidence.records import CONTROL
from avocado_pin.guest.fit_for_reuse import FOLDER
from avocado_pin.rules.settled import moved_enough
from avocado_pin.trial import workload_process
from avocado_pin.variant import read_and_check_params, resolve_reference
from avocado_pin.variant.variant import Variant
from benchmarks import bare_guest
from benchmarks.context import Context, timed

DELAY_S = 10
SAMPLES = 10
INTERVAL_S = 2
_RUN = """
cd {folder} && {load}
{balancing}
./pin_workload {options} >events.jsonl 2>errors.txt &
pid=$!
sleep {delay}
{press}
for sample in $(seq {samples}); do
    sleep {interval} & pause=$!
    NUMASTAT_WIDTH=1000 numastat -p $pid >>numastat.txt
    wait $pause
done
kill -TERM $pid
wait $pid
echo --- events
cat events.jsonl
"""


@dataclass(frozen=True)
class Outcome:
    """What the procedure gave for a cell.

    :param status: PASS or FAIL
    """

    cell: str
    status: str
    wall_s: float


def run(context: Context, reference: str) -> Outcome:
    """Go through the procedure for one cell.

    :raises PinError: a part of it failed
    """
    (params,) = resolve_reference.cells(reference)
    cell = read_and_check_params.from_params(params)
    image = context.image(cell.kernel_flavour)
    builds = context.data.builds
    files = [
        driver_and_workload.driver(source("kmod"), image.kernel, builds),
        driver_and_workload.workload(source("workload"), builds),
    ]
    walls: list[float] = []
    boot = bare_guest.booted(image, cell.layout, context.accelerator(), context.data)
    with timed(walls), boot as guest:
        guest.run(f"mkdir -p {FOLDER}")
        guest.copy(files, FOLDER)
        shown = guest.run(_script(cell))
    return Outcome(cell.name, _status(cell, image.kernel.release, shown), walls[0])


def _script(cell: Variant) -> str:
    delayed = cell if cell.forced else replace(cell, writer_delay_s=DELAY_S)
    return _RUN.format(
        folder=FOLDER,
        load="insmod page_pin.ko" if cell.pinning.device else "true",
        balancing="echo 0 >/proc/sys/kernel/numa_balancing" if cell.forced else "true",
        options=" ".join(workload_process.options(delayed)),
        delay=DELAY_S,
        press="kill -USR1 $pid" if cell.forced else "true",
        samples=SAMPLES,
        interval=INTERVAL_S,
    )


def _status(cell: Variant, release: str, shown: str) -> str:
    lines = shown.partition("--- events\n")[2].splitlines()
    said = events.read([line for line in lines if json.loads(line)])
    target = events.start(said).target_node
    last = events.reports(said)[-1]
    if cell.expected(release).stays:
        held = not last.subject.ever_changed
        return "PASS" if held and moved_enough(cell, last.regions[CONTROL], target) else "FAIL"
    return "PASS" if moved_enough(cell, last.subject, target) else "FAIL"
