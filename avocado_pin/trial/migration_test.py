"""The experiment: the workload's run in a guest that is ready, and the evidence it leaves.

Each step writes what it found to the artifacts before the next begins.
"""

from avocado_pin.evidence import events, numa_maps
from avocado_pin.evidence.records import Evidence, Start
from avocado_pin.trial import deploy, kernel_facts
from avocado_pin.trial.trial import Trial
from avocado_pin.trial.workload_run import Run

OwnBytes = dict[int, int]


def gather(trial: Trial) -> Evidence:
    """Run the workload and return the evidence.

    :raises PinError: a part of it could not be had
    :raises NotApplicable: the guest can't do what the variant is about
    """
    with trial.report.phase("run"):
        run = Run(trial.guest, trial.variant, trial.artifacts)
        before = kernel_facts.pins_held(trial, "before")
        start = run.launch()
        trial.report.add_start(start)
        own: tuple[OwnBytes, OwnBytes] = ({}, {})
        if start.pin_errno:
            held = kernel_facts.pins_held(trial, "pinned")
        else:
            held, own = _press(trial, run, start)
    with trial.report.phase("collect"):
        rmmod_error = deploy.remove_driver(trial.guest)
        return Evidence(
            start=start,
            end=events.end(run.events),
            rmmod_error=rmmod_error,
            reports=run.reports,
            pressure_s=0.0 if start.pin_errno else run.pressure_s,
            unpinned_s=events.unpinned_s(run.events) if trial.variant.pinning.unpins else None,
            answers=events.answers(run.events),
            numastat=events.numastat_samples(trial.artifacts.read("numastat.log")),
            own_bytes=own,
            pins_before=before,
            pins_held=held,
            pins_after=kernel_facts.pins_held(trial, "after"),
            trouble=kernel_facts.trouble(trial),
        )


def _press(trial: Trial, run: Run, start: Start) -> tuple[int, tuple[OwnBytes, OwnBytes]]:
    """Put the regions under pressure until the outcome is settled, and end the workload.

    Returns the pins held meanwhile, and the workload's own memory before and after.
    """
    before = _own_bytes(trial, run.pid, start, "before")
    run.press()
    run.sample_until_settled(trial.expected, start.target_node)
    held = kernel_facts.pins_held(trial, "pinned")
    if trial.variant.pinning.unpins:
        run.unpin()
        run.sample_until_settled(trial.expected, start.target_node)
    after = _own_bytes(trial, run.pid, start, "after")
    run.end()
    return held, (before, after)


def _own_bytes(trial: Trial, pid: int, start: Start, when: str) -> OwnBytes:
    """Return the memory of the workload outside its regions on each node, and keep numa_maps."""
    text = trial.guest.run(f"cat /proc/{pid}/numa_maps")
    trial.artifacts.write(f"numa_maps_{when}.txt", text)
    return numa_maps.mapped_bytes(text, without=start.addresses)
