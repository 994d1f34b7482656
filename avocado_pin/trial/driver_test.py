"""Running the programs of kmod/tests/ in a guest that is ready."""

from pathlib import Path

from avocado_pin.build import driver_and_workload
from avocado_pin.evidence import exits
from avocado_pin.evidence.from_artifacts import OUTPUT, PROGRAMS, programs_plan
from avocado_pin.guest.fit_for_reuse import FOLDER
from avocado_pin.trial import deploy, keep_counters_and_log
from avocado_pin.trial.trial import Trial


def gather(trial: Trial) -> None:
    """Build, copy and run the programs and keep how they ended.

    :raises PinError: one can't be built or run
    """
    folder = deploy.driver_source(trial.variant)
    with trial.report.phase("run"):
        programs = driver_and_workload.driver_tests(folder, trial.data.builds)
        trial.guest.copy_to(programs, FOLDER)
        keep_counters_and_log.keep_counters(trial, "before")
        ended = [_run(trial, program) for program in programs]
        trial.artifacts.write(PROGRAMS, "\n".join([programs_plan(len(ended)), *ended, ""]))
    with trial.report.phase("collect"):
        deploy.remove_driver(trial.guest, trial.artifacts)
        keep_counters_and_log.keep_counters(trial, "after")
        keep_counters_and_log.keep_log(trial)


def _run(trial: Trial, program: Path) -> str:
    status, output = trial.guest.ask(f"{FOLDER}/{program.name}")
    trial.artifacts.write(OUTPUT.format(program=program.name), output)
    return exits.line(status, program.name)
