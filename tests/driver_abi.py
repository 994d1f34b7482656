"""The driver keeps every promise of page_pin.h, to new programs and to those of the original."""

from typing import Any

from avocado_pin.trial import driver_test
from avocado_pin.trial.trial import Trial


def run(test: Any, params: Any, env: Any) -> None:
    """Run the programs of kmod/tests/ against the driver.

    1. Start the guest, log in and check it.
    2. Build and copy the driver and the programs, and load the driver.
    3. Run each program and keep its output.
    4. Each must succeed, leave no pin behind and nothing in the kernel's log, by the files that
       this left, when the block is left.

    :param test: Avocado-VT's test
    :param params: the variant's parameters
    :param env: Avocado-VT's environment, which holds the guest
    """
    with Trial(test, params, env) as trial:
        trial.boot()
        trial.check()
        trial.deploy()
        driver_test.gather(trial)
