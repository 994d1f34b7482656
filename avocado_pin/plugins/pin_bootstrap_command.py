"""The command `avocado pin-bootstrap`."""

import logging
import sys
from argparse import ArgumentParser
from typing import Any

from avocado.core import exit_codes
from avocado.core.plugin_interfaces import CLICmd

from avocado_pin.base.errors import PinError
from avocado_pin.base.paths import data_folder
from avocado_pin.kernels.debian_kernel import FLAVOURS

LOG = logging.getLogger("avocado.app")


class PinBootstrap(CLICmd):  # type: ignore[misc]
    """Sets up what page pinning tests need."""

    name = "pin-bootstrap"
    description = "Set up the guest, driver and workload of the page pinning tests"

    def configure(self, parser: ArgumentParser) -> None:
        """Add the command and its options."""
        parser = super().configure(parser)
        parser.epilog = (
            "Nothing that is there is made or fetched again; interrupt and repeat it as you like."
        )
        parser.add_argument(
            "--kernel-flavour",
            choices=FLAVOURS,
            default="",
            help="Debian kernel of the guests (default: those that pin_tests needs)",
        )
        parser.add_argument(
            "--refresh",
            action="store_true",
            help="ask Debian's archive for newer packages, even if a guest is there",
        )
        parser.add_argument(
            "--mirror",
            default="",
            metavar="URI[,URI]",
            help="where Debian's archive is, and its security updates if they are not beside it, "
            "from now on (default: what the host's apt sources name)",
        )

    def run(self, config: dict[str, Any]) -> int:
        """Set up, and return Avocado's exit code."""
        # What it imports takes a second that every other avocado command should not pay.
        from avocado_pin.setup.bootstrap import bootstrap

        try:
            flavour = config["kernel_flavour"]
            images = bootstrap(data_folder(), flavour, config["refresh"], config["mirror"])
        except PinError as error:
            LOG.error("%s", error)
            return int(exit_codes.AVOCADO_FAIL)
        except OSError as error:
            LOG.error("set-up: got %s, expected %s to be writable", error, data_folder())
            return int(exit_codes.AVOCADO_FAIL)
        except KeyboardInterrupt:
            LOG.error("Interrupted; run it again to go on.")
            sys.exit(exit_codes.AVOCADO_JOB_INTERRUPTED)
        releases = ", ".join(image.kernel.release for image in images)
        LOG.info("Ready: guests boot %s; try: avocado run pin_tests", releases)
        return int(exit_codes.AVOCADO_ALL_OK)
