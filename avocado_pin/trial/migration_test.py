"""The experiment: the workload's run in a guest that is ready, and the evidence it leaves.

Each step writes what it found to the artifacts before the next begins; they are what is judged.
"""

from avocado_pin.evidence.from_artifacts import NUMA_MAPS
from avocado_pin.evidence.records import Start
from avocado_pin.trial import deploy, keep_counters_and_log, sample_until_settled
from avocado_pin.trial.trial import Trial
from avocado_pin.trial.workload_process import Run


def gather(trial: Trial) -> None:
    """Run the workload and keep the evidence.

    :raises PinError: a part of it could not be had
    :raises NotApplicable: the guest can't do what the variant is about
    """
    with trial.report.phase("run"):
        run = Run(trial.guest, trial.variant, trial.artifacts)
        keep_counters_and_log.keep_counters(trial, "before")
        start = run.launch()
        trial.report.add_start(start)
        if start.pin_errno:
            keep_counters_and_log.keep_counters(trial, "pinned")
        else:
            _press(trial, run, start)
    with trial.report.phase("collect"):
        deploy.remove_driver(trial.guest, trial.artifacts)
        keep_counters_and_log.keep_counters(trial, "after")
        keep_counters_and_log.keep_log(trial)


def _press(trial: Trial, run: Run, start: Start) -> None:
    """Put the regions under pressure until the outcome is settled, and end the workload.

    What is kept meanwhile: the pins held, and the workload's own memory before and after.
    """
    _keep_numa_maps(trial, run.pid, "before")
    run.press()
    sample_until_settled.sample_until_settled(run, trial.expected, start.target_node)
    keep_counters_and_log.keep_counters(trial, "pinned")
    if trial.variant.pinning.unpins:
        run.unpin()
        sample_until_settled.sample_until_settled(run, trial.expected, start.target_node)
    _keep_numa_maps(trial, run.pid, "after")
    run.end()


def _keep_numa_maps(trial: Trial, pid: int, when: str) -> None:
    text = trial.guest.run(f"cat /proc/{pid}/numa_maps")
    trial.artifacts.write(NUMA_MAPS.format(when=when), text)
