"""The experiment: the workload's run in a guest that is ready, and the evidence it leaves.

Each step writes what it found to the artifacts before the next begins.
"""

from avocado_pin import deploy, guest_facts, kernel_text, samples
from avocado_pin.rules import Evidence
from avocado_pin.trial import Trial
from avocado_pin.workload import Run


def gather(trial: Trial) -> Evidence:
    """Run the workload and return the evidence.

    :raises PinError: a part of it could not be had
    """
    with trial.report.phase("run"):
        run = Run(trial.guest, trial.variant, trial.artifacts)
        before = guest_facts.pins_held(trial, "before")
        start = run.launch()
        trial.report.add_start(start)
        mapped = [_mapped_bytes(trial, run.pid, "before")]
        run.begin_writes()
        run.sample_until_settled(start.writer_node)
        held = guest_facts.pins_held(trial, "pinned")
        mapped.append(_mapped_bytes(trial, run.pid, "after"))
        run.end()
    with trial.report.phase("collect"):
        deploy.remove_driver(trial.guest)
        return Evidence(
            start=start,
            reports=run.reports,
            write_start_s=run.write_start_s,
            numastat=samples.numastat_samples(trial.artifacts.read("numastat.log")),
            own_bytes=max(mapped) - 2 * start.pages * start.page_size,
            pins_before=before,
            pins_held=held,
            pins_after=guest_facts.pins_held(trial, "after"),
            trouble=guest_facts.trouble(trial),
        )


def _mapped_bytes(trial: Trial, pid: int, when: str) -> int:
    text = trial.guest.run(f"cat /proc/{pid}/numa_maps")
    trial.artifacts.write(f"numa_maps_{when}.txt", text)
    return kernel_text.mapped_bytes(text)
