"""What Avocado says where Avocado-VT, or this user, has no set-up yet."""

import logging
import sys
from argparse import ArgumentParser
from typing import Any

from avocado.core import exit_codes
from avocado.core.plugin_interfaces import CLI
from avocado.core.settings import settings

from avocado_pin.base.errors import BadConfiguration
from avocado_pin.base.paths import data_folder
from avocado_pin.variant import resolve_reference
from avocado_pin.vt import own_setup

LOG = logging.getLogger("avocado.app")
_SILENCED = "plugins.skip_broken_plugin_notification"
# Those of Avocado-VT's that do not load before its set-up.
_OF_VT = ["avocado_vt.plugins.vt", "avocado_vt.plugins.vt_list"]
_MISSING = "Avocado-VT is not set up and its options are missing: avocado pin-bootstrap"
_SET_UP = {"pin-bootstrap", "vt-bootstrap"}
_OWN = {"pin-bootstrap", "pin-kernel"}


class PinBeforeSetUp(CLI):  # type: ignore[misc]
    """Says in a line what Avocado-VT and Avocado say in tracebacks.

    Avocado makes all plug-ins of this kind before it tells which of them did not load.
    """

    name = "pin-before-set-up"
    description = "Names the missing set-up of page pinning tests"

    def __init__(self) -> None:
        self._vt_is_set_up = own_setup.is_done()
        if not self._vt_is_set_up:
            silenced = settings.as_dict().get(_SILENCED) or []
            settings.update_option(_SILENCED, [*silenced, *_OF_VT])

    def configure(self, parser: ArgumentParser) -> None:
        """Say that Avocado-VT's options are not there, except to the commands that set it up."""
        if self._vt_is_set_up or _SET_UP & set(sys.argv) or data_folder().unwritable():
            return
        # A job shows what is logged as early as this twice.
        sys.stderr.write(f"{_MISSING}\n")

    def run(self, config: dict[str, Any]) -> None:
        """End a command of ours, or a job of our tests, that has no folder to write to."""
        asked = config.get("resolver.references") or []
        if config.get("subcommand") in _OWN or any(map(resolve_reference.is_reference, asked)):
            try:
                data_folder().check_writable()
            except BadConfiguration as error:
                LOG.error("%s", error)
                sys.exit(exit_codes.AVOCADO_FAIL)
