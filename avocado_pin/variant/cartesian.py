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

SETS_FILE = "pin_tests.cfg"
BASE_FILE = "base.cfg"
# Bookkeeping of the parser that is no parameter of a test.
_INTERNAL = ("_name_map_file", "_short_name_map_file", "dep")


def set_names() -> list[str]:
    """Return the names of the sets, in their order in configs/."""
    text = (source("configs") / SETS_FILE).read_text()
    return re.findall(r"^    - (\w+):", text, re.MULTILINE)


@cache
def base_names() -> frozenset[str]:
    """Return the names of the parameters that every test has, and of the axes."""
    configs = source("configs")
    names = set(re.findall(r"^(\w+) =", (configs / BASE_FILE).read_text(), re.MULTILINE))
    for path in [configs / SETS_FILE, *configs.glob("axes/*.cfg")]:
        names.update(re.findall(r"^variants (\w+):", path.read_text(), re.MULTILINE))
    return frozenset(names)


@cache
def axis(name: str) -> dict[str, dict[str, str]]:
    """Return the values of an axis, in their order, each with its parameters.

    :raises BadConfiguration: configs/ can't be parsed
    """
    path = source("configs") / "axes" / f"{name}.cfg"
    parser = cartesian_config.Parser()
    try:
        parser.parse_file(str(path))
        return {cell[name]: _parameters(cell) for cell in parser.get_dicts()}
    except (cartesian_config.ParserError, cartesian_config.LexerError) as error:
        raise BadConfiguration(
            f"axis {name}", got=str(error), expected="Cartesian configuration", look_at=path
        ) from error


def is_reference(reference: str) -> bool:
    """Return whether a test reference names one of the sets, first or alone."""
    return re.split(r"[.,\s]", reference, maxsplit=1)[0] in set_names()


def cells(
    reference: str,
    only: Iterable[str] = (),
    no: Iterable[str] = (),
    assignments: Iterable[str] = (),
) -> list[dict[str, str]]:
    """Return the parameters of each cell that a reference names, in the order of configs/.

    :param only: further filters a cell must pass, as --vt-only-filter
    :param no: filters a cell must not pass, as --vt-no-filter
    :param assignments: "name=value" that override configs/, as --vt-extra-params
    :raises BadConfiguration: configs/ or a filter can't be parsed
    """
    path = source("configs") / SETS_FILE
    parser = cartesian_config.Parser()
    try:
        parser.parse_file(str(path))
        for text in [_past_groups(reference), *only]:
            parser.only_filter(text)
        for text in no:
            parser.no_filter(text)
        for text in assignments:
            parser.assign(*_assignment(text))
        return [_parameters(cell) for cell in parser.get_dicts()]
    except (cartesian_config.ParserError, cartesian_config.LexerError) as error:
        raise BadConfiguration(
            "the sets of tests", got=str(error), expected="Cartesian configuration", look_at=path
        ) from error


def _past_groups(reference: str) -> str:
    """Return the reference as a filter.

    The set and the first axis are not adjacent in the cells' full names, for between them is the
    group, which is not shown (configs/groups/).
    """
    sets = "|".join(set_names())
    return re.sub(rf"(?<![\w.])({sets})\.(?=[^.])", r"\1..", reference)


def _assignment(text: str) -> tuple[str, str]:
    name, separator, value = text.partition("=")
    if not separator or not name.strip():
        raise BadConfiguration(
            "--vt-extra-params", got=repr(text), expected="NAME=VALUE", look_at="avocado run --help"
        )
    return name.strip(), value.strip()


def _parameters(cell: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in cell.items() if name not in _INTERNAL}
