"""The experiment: the workload's run in a guest that is ready, and the evidence it leaves.

Each step writes what it found to the artifacts before the next begins.
"""

from avocado_pin import deploy, guest_facts, kernel_text, samples
from avocado_pin.evidence import Evidence
from avocado_pin.samples import Start
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
        own = [_own_bytes(trial, run.pid, start, "before")]
        run.begin_writes()
        run.sample_until_settled(start.writer_node)
        held = guest_facts.pins_held(trial, "pinned")
        own.append(_own_bytes(trial, run.pid, start, "after"))
        run.end()
    with trial.report.phase("collect"):
        rmmod_error = deploy.remove_driver(trial.guest)
        return Evidence(
            start=start,
            end=samples.end(run.events),
            rmmod_error=rmmod_error,
            reports=run.reports,
            write_start_s=run.write_start_s,
            numastat=samples.numastat_samples(trial.artifacts.read("numastat.log")),
            own_bytes=(own[0], own[1]),
            pins_before=before,
            pins_held=held,
            pins_after=guest_facts.pins_held(trial, "after"),
            trouble=guest_facts.trouble(trial),
        )


def _own_bytes(trial: Trial, pid: int, start: Start, when: str) -> dict[int, int]:
    """Return the memory of the workload outside its regions on each node, and keep numa_maps."""
    text = trial.guest.run(f"cat /proc/{pid}/numa_maps")
    trial.artifacts.write(f"numa_maps_{when}.txt", text)
    return kernel_text.mapped_bytes(text, without=start.addresses)
