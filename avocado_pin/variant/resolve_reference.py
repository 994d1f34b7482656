"""The sets of tests: from a reference such as pin_tests..thp to the parameters of each cell.

Avocado-VT's own Cartesian parser reads configs/; filters mean what they mean there: "." joins
adjacent parts of a name, ".." parts in any order, "," alternatives.
"""

import re
from collections.abc import Iterable
from functools import cache

from virttest import cartesian_config

from avocado_pin.base.errors import BadConfiguration
from avocado_pin.base.paths import source
from avocado_pin.variant import command_line_params, filter_words, refuse_unknown_names

SETS_FILE = "sets.cfg"
SUITES_FILE = "debian_suites.cfg"
# What Avocado-VT's parser raises; of the first, errors of its lexer are a kind.
_UNREADABLE = (cartesian_config.ParserError, cartesian_config.MissingIncludeError)
# Bookkeeping of the parser that is no parameter of a test.
_INTERNAL = ("_name_map_file", "_short_name_map_file", "dep")


def set_names() -> list[str]:
    """Return the names of the sets, in their order in configs/."""
    text = (source("configs") / SETS_FILE).read_text()
    return re.findall(r"^    - (\w+):", text, re.MULTILINE)


@cache
def debian_suites() -> dict[str, dict[str, str]]:
    """Return the suites whose kernels can be asked for, in their order, each with its parameters.

    :raises BadConfiguration: configs/ can't be parsed, or sets a parameter that nobody reads
    """
    path = source("configs") / SUITES_FILE
    parser = cartesian_config.Parser()
    try:
        parser.parse_file(str(path))
        found = {cell["kernel"]: _parameters(cell) for cell in parser.get_dicts()}
    except _UNREADABLE as error:
        raise BadConfiguration(
            "Debian's suites", got=str(error), expected="Cartesian configuration", look_at=path
        ) from error
    for params in found.values():
        refuse_unknown_names.refuse_in_configs(params)
    return found


def is_reference(reference: str) -> bool:
    """Return whether a test reference names one of the sets, first or alone."""
    return first_word(reference) in set_names()


def first_word(reference: str) -> str:
    """Return the part of a reference that should be a set's name."""
    return re.split(r"[.,\s]", reference, maxsplit=1)[0]


def cells(
    reference: str,
    only: Iterable[str] = (),
    no: Iterable[str] = (),
    assignments: Iterable[str] = (),
) -> list[dict[str, str]]:
    """Return the parameters of each cell that a reference names, in the order of configs/.

    :param only: further filters a cell must pass, as --vt-only-filter
    :param no: filters a cell must not pass, as --vt-no-filter
    :param assignments: "name=value" that override configs/, as -p and --vt-extra-params
    :raises BadConfiguration: configs/ or a filter can't be parsed, or has a filter with a word
        that names nothing; or a parameter is none that a test reads
    """
    given = command_line_params.parse(assignments)
    refuse_unknown_names.refuse_unknown(given)
    path = source("configs") / SETS_FILE
    parser = cartesian_config.Parser()
    only, no = list(only), list(no)
    try:
        parser.parse_file(str(path))
        filter_words.refuse_unknown_in_configs(parser.node)
        for text in [_past_groups(reference), *only]:
            parser.only_filter(text)
        for text in no:
            parser.no_filter(text)
        filter_words.refuse_unknown(reference, [reference], parser.node.labels)
        filter_words.refuse_unknown("--vt-only-filter", only, parser.node.labels)
        filter_words.refuse_unknown("--vt-no-filter", no, parser.node.labels)
        for name, value in given.items():
            parser.assign(name, value)
        found = [_parameters(cell) for cell in parser.get_dicts()]
    except _UNREADABLE as error:
        raise BadConfiguration(
            "the sets of tests", got=str(error), expected="Cartesian configuration", look_at=path
        ) from error
    refuse_unknown_names.refuse_unread(found, given)
    return found


def _past_groups(reference: str) -> str:
    """Return the reference as a filter.

    The set and the first axis are not adjacent in the cells' full names, for between them is the
    group, which is not shown (configs/cells_of_sets/).
    """
    sets = "|".join(set_names())
    return re.sub(rf"(?<![\w.])({sets})\.(?=[^.])", r"\1..", reference)


def _parameters(cell: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in cell.items() if name not in _INTERNAL}
