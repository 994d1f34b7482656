"""How many tests of a job run at once, each with a guest of its own."""

import configparser
import logging
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from avocado.core.settings import settings

from avocado_pin.base.errors import PinError
from avocado_pin.jobs import guests_at_once
from avocado_pin.variant import read_and_check_params

LOG = logging.getLogger("avocado.app")
OPTION = "run.max_parallel_tasks"
# docs/performance.md has what one, two and three took on two cores; more guests are for whoever
# asks for them.
DEFAULT = 2
# Avocado-VT, whose own tests can't, sets the option to 1 in its configuration.
_OF_VT = "avocado_vt"


def apply(config: dict[str, Any], tests: Iterable[Mapping[str, str]]) -> None:
    """Set how many tests of a suite run at once, unless the user has, and say if fewer can.

    :param config: of the suite
    :param tests: the parameters of each
    """
    fit = max((guests_at_once.count(mib) for mib in _sizes(tests)), default=1)
    # A job that is not started by `avocado run` has a configuration of its own.
    own = config[OPTION] != settings.as_dict().get(OPTION)
    if not own and not chosen(sys.argv, map(Path, settings.config_paths)):
        config[OPTION] = min(DEFAULT, fit)
    elif config[OPTION] > fit:
        LOG.info(
            "%d tests at once were asked for; this host's cores and half of its memory hold %d",
            *(config[OPTION], fit),
        )


def chosen(words: Iterable[str], configurations: Iterable[Path]) -> bool:
    """Return whether the user has said how many, on the command line or in a configuration."""
    # As argparse takes it, which is happy with a part of the name.
    if any(word.startswith("--max-p") for word in words):
        return True
    section, _, key = OPTION.partition(".")
    for path in configurations:
        parser = configparser.ConfigParser(interpolation=None, strict=False)
        if _OF_VT not in path.parts and parser.read(path) and parser.has_option(section, key):
            return True
    return False


def _sizes(tests: Iterable[Mapping[str, str]]) -> set[int]:
    """Return the memory of the tests' guests, MiB."""
    # The tests of the driver have the layout of variant_defaults.cfg, without a name.
    of_layouts = {params.get("layout", ""): params for params in tests}
    sizes = set()
    for params in of_layouts.values():
        try:
            sizes.add(read_and_check_params.from_params(params).layout.mem_mib)
        except PinError:
            pass  # The test says what is wrong.
    return sizes
