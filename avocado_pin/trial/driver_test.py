"""Running the programs of kmod/tests/ in a guest that is ready."""

from pathlib import Path

from avocado_pin.build import driver_and_workload
from avocado_pin.evidence.records import Program, Programs
from avocado_pin.trial import deploy, kernel_facts
from avocado_pin.trial.trial import Trial
from avocado_pin.trial.workload_run import FOLDER


def gather(trial: Trial) -> Programs:
    """Build, copy and run the programs and return how they ended.

    :raises PinError: one can't be built or run
    """
    folder = deploy.driver_source(trial.variant)
    with trial.report.phase("run"):
        programs = driver_and_workload.driver_tests(folder, trial.data.builds)
        trial.guest.copy_to(programs, FOLDER)
        before = kernel_facts.pins_held(trial, "before")
        ended = [_run(trial, program) for program in programs]
    with trial.report.phase("collect"):
        rmmod_error = deploy.remove_driver(trial.guest)
        after = kernel_facts.pins_held(trial, "after")
        return Programs(ended, before, after, kernel_facts.trouble(trial), rmmod_error)


def _run(trial: Trial, program: Path) -> Program:
    status, output = trial.guest.ask(f"{FOLDER}/{program.name}")
    trial.artifacts.write(f"{program.name}.tap", output)
    return Program(program.name, status, output)
