"""Test references: makes Avocado know pin_tests and the other sets."""

import logging
from typing import Any

from avocado.core.nrunner.runnable import Runnable
from avocado.core.plugin_interfaces import Resolver
from avocado.core.resolver import ReferenceResolution, ReferenceResolutionResult
from avocado.core.settings import settings

from avocado_pin.base.errors import PinError
from avocado_pin.base.paths import data_folder
from avocado_pin.variant import cartesian, guest_key

LOG = logging.getLogger("avocado.app")
RUNNER_KIND = "avocado-pin"


class PinResolver(Resolver):  # type: ignore[misc]
    """Resolves the names of sets, and filters of their cells, to tests."""

    name = "pin"
    description = "Test resolver for page pinning tests (avocado-pin)"

    def __init__(self, config: dict[str, Any] | None = None):
        self.config = config or settings.as_dict()

    def resolve(self, reference: str) -> ReferenceResolution:
        """Resolve a reference; Avocado-VT's filters and extra parameters apply as usual.

        Tests that can use the same guest follow each other, so that it is booted once.
        """
        if not cartesian.is_reference(reference):
            return ReferenceResolution(
                reference,
                ReferenceResolutionResult.NOTFOUND,
                info=f"not one of the sets {', '.join(cartesian.set_names())}",
            )
        try:
            cells = cartesian.cells(
                reference,
                only=self._words("vt.only_filter"),
                no=self._words("vt.no_filter"),
                assignments=self._assignments(),
            )
        except PinError as error:
            LOG.error("%s", error)
            return ReferenceResolution(reference, ReferenceResolutionResult.ERROR, info=error)
        if not cells:
            return ReferenceResolution(reference, ReferenceResolutionResult.NOTFOUND)
        runnables = [self._runnable(cell) for cell in guest_key.grouped(cells)]
        return ReferenceResolution(reference, ReferenceResolutionResult.SUCCESS, runnables)

    def _runnable(self, cell: dict[str, str]) -> Runnable:
        # A runner's process does not read Avocado's configuration, which names the data folder.
        return Runnable(
            RUNNER_KIND, cell["shortname"], **{**cell, "pin_data_dir": str(data_folder())}
        )

    def _words(self, option: str) -> list[str]:
        return str(self.config.get(option) or "").split()

    def _assignments(self) -> list[str]:
        given = self.config.get("vt.extra_params") or []
        return [given] if isinstance(given, str) else list(given)
