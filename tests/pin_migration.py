"""Pinned pages must not move between NUMA nodes; unpinned ones, under the same pressure, must."""

from typing import Any

from avocado_pin.trial import migration_test
from avocado_pin.trial.trial import Trial


def run(test: Any, params: Any, env: Any) -> None:
    """Run one variant.

    1. Cancel if the variant says that the test can say nothing on this kernel.
    2. Start the guest and log in.
    3. Check that it is the guest that was asked for, and make the settings the variant wants.
    4. Build and copy the driver and the workload, and load the driver.
    5. Run the workload: pin the subject or not, put it and the control under pressure to migrate,
       and sample where the pages are until the outcome is settled.
    6. Judge the files that this left by the rules, when the block is left.

    :param test: Avocado-VT's test
    :param params: the variant's parameters
    :param env: Avocado-VT's environment, which holds the guest
    """
    with Trial(test, params, env) as trial:
        trial.applies()
        trial.boot()
        trial.check()
        trial.deploy()
        migration_test.gather(trial)
