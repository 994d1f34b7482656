"""Pinned pages must not move between NUMA nodes; unpinned ones, under the same pressure, must."""

from pathlib import Path
from typing import Any

from avocado_pin import accelerator, guest_image, rules, variant
from avocado_pin.artifacts import Artifacts
from avocado_pin.errors import NotApplicable, PinError
from avocado_pin.experiment import Experiment
from avocado_pin.guest import Guest
from avocado_pin.report import Report, environment
from avocado_pin.rules import Verdict


def run(test: Any, params: Any, env: Any) -> None:
    """Run one variant.

    1. Start the guest and log in.
    2. Check that it is the guest that was asked for; cancel if the test does not apply to it.
    3. Build and copy the driver and the workload, and load the driver.
    4. Run the workload: pin the subject or not, write it and the control from another node, and
       sample where the pages are until the outcome is settled.
    5. Judge the evidence by the rules.

    :param test: Avocado-VT's test
    :param params: the variant's parameters
    :param env: Avocado-VT's environment, which holds the guest
    """
    cell = variant.from_params(params)
    data = Path(params["pin_data_dir"])
    image = guest_image.load(data, cell.kernel_flavour)
    report = Report(cell, environment(image, accelerator.chosen(cell, data, image)))
    artifacts = Artifacts(Path(test.debugdir))
    guest = Guest(env.get_vm(params["main_vm"]), artifacts, cell.command_deadline_s)
    experiment = Experiment(guest, cell, artifacts, report)
    try:
        experiment.boot()
        experiment.check()
        experiment.deploy(image.kernel, data / "builds")
        verdict = rules.judge(cell, experiment.gather())
    except NotApplicable as reason:
        verdict = Verdict(rules.CANCEL, str(reason), [])
    except PinError as error:
        verdict = Verdict(rules.ERROR, str(error), [])
    finally:
        experiment.end()
    report.conclude(test, artifacts, verdict)
