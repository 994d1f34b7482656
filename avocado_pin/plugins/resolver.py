"""Test references: makes Avocado know pin_tests and the other sets."""

import logging
import sys
from collections.abc import Mapping
from typing import Any

from avocado.core import exit_codes
from avocado.core.nrunner.runnable import Runnable
from avocado.core.plugin_interfaces import Discoverer, Resolver
from avocado.core.resolver import ReferenceResolution, ReferenceResolutionResult
from avocado.core.settings import settings

from avocado_pin.base.errors import BadConfiguration, PinError
from avocado_pin.base.paths import data_folder
from avocado_pin.plugins import misspelt
from avocado_pin.variant import (
    command_line_params,
    guest_key,
    refuse_unknown_names,
    resolve_reference,
)

LOG = logging.getLogger("avocado.app")
RUNNER_KIND = "avocado-pin"


class PinResolver(Resolver):  # type: ignore[misc]
    """Resolves the names of sets, and filters of their cells, to tests."""

    name = "pin"
    description = "Test resolver for page pinning tests (avocado-pin)"

    def __init__(self, config: dict[str, Any] | None = None):
        self.config = config or settings.as_dict()

    def resolve(self, reference: str) -> ReferenceResolution:
        """Resolve a reference; Avocado's parameters apply, and Avocado-VT's filters and parameters.

        Tests that can use the same guest follow each other, so that it is booted once.
        """
        try:
            cells = self._cells(reference)
        except PinError as error:
            LOG.error("%s", error)
            if self.config.get("subcommand") == "list":
                # It would end with 0: it passes over what is not resolved.
                sys.exit(exit_codes.AVOCADO_JOB_FAIL)
            return ReferenceResolution(reference, ReferenceResolutionResult.ERROR, info=error)
        if not cells:
            info = f"not one of the sets {', '.join(resolve_reference.set_names())}"
            return ReferenceResolution(reference, ReferenceResolutionResult.NOTFOUND, info=info)
        runnables = [self._runnable(cell) for cell in guest_key.grouped(cells)]
        return ReferenceResolution(reference, ReferenceResolutionResult.SUCCESS, runnables)

    def _cells(self, reference: str) -> list[dict[str, str]]:
        """Return the parameters of each cell; none if the reference is not meant for this."""
        if not resolve_reference.is_reference(reference):
            misspelt.check(reference, self.config.get("resolver.references") or [])
            return []
        cells = resolve_reference.cells(
            reference,
            only=self._words("vt.only_filter"),
            no=self._words("vt.no_filter"),
            assignments=command_line_params.assignments(self.config),
        )
        if not cells:
            raise BadConfiguration(
                reference,
                got="no test",
                expected="parts of a name, in its order or with .. between them",
                look_at=f"avocado list {resolve_reference.first_word(reference)}",
            )
        return cells

    def _runnable(self, cell: dict[str, str]) -> Runnable:
        # A runner's process does not read Avocado's configuration, which names the data folder.
        params = {**cell, refuse_unknown_names.DATA_DIR: str(data_folder())}
        return Runnable(RUNNER_KIND, cell["shortname"], tags=tags(params), **params)

    def _words(self, option: str) -> list[str]:
        return str(self.config.get(option) or "").split()


def tags(params: Mapping[str, str]) -> dict[str, set[str]]:
    """Return the tags of a test: the kernel, which results.json has even of a test without a guest.

    :param params: the test's
    """
    return {"kernel": {params["kernel"]}} if "kernel" in params else {}


class PinDiscoverer(Discoverer):  # type: ignore[misc]
    """Finds no tests: says why there are none if an option has taken their name for its value."""

    name = "pin"
    description = "Tells of page pinning tests (avocado-pin) that were given as parameters"

    def __init__(self, config: dict[str, Any] | None = None):
        self.config = config or settings.as_dict()

    def discover(self) -> list[ReferenceResolution]:
        """Avocado asks for it when no references are given."""
        given = command_line_params.assignments(self.config)
        try:
            if any(map(resolve_reference.is_reference, given)):
                command_line_params.parse(given)
        except PinError as error:
            LOG.error("%s", error)
        return []
