"""Which parameters there are: a name that nobody reads is refused.

A typo would change in silence what was tested. configs/variant_defaults.cfg lists the parameters.
read_and_check_params.py tells which it reads of them; avocado_vt_params.py knows Avocado-VT's own.
"""

import re
from collections.abc import Mapping, Sequence, Set
from functools import cache
from pathlib import Path

from avocado_pin.base import nearest
from avocado_pin.base.errors import BadConfiguration
from avocado_pin.base.paths import source
from avocado_pin.variant import avocado_vt_params, read_and_check_params
from avocado_pin.variant.numa_nodes import PER_NODE

DEFAULTS_FILE = "variant_defaults.cfg"
# Read of debian_suites.cfg by the kernel's name: on the command line they would say nothing.
_OF_A_SUITE = "debian_"
# What configs/variant_defaults.cfg says to Avocado-VT itself.
_READ_BY_AVOCADO_VT = frozenset({"vm_type", "vms", "main_vm"})
# The data folder, which the resolver adds to a cell.
DATA_DIR = "pin_data_dir"
_ADDED = frozenset({"name", "shortname", DATA_DIR})


@cache
def base_names() -> frozenset[str]:
    """Return the names of the parameters that every test has, and of the axes."""
    texts = [path.read_text() for path in source("configs").rglob("*.cfg")]
    axes = [re.findall(r"^ *variants (\w+):", text, re.MULTILINE) for text in texts]
    return _in_base().union(*axes)


@cache
def parameters() -> frozenset[str]:
    """Return the names of the parameters that a test reads, but those of each node."""
    return frozenset(n for n in _in_base() if not n.startswith((_OF_A_SUITE, *PER_NODE)))


def _in_base() -> frozenset[str]:
    text = (source("configs") / DEFAULTS_FILE).read_text()
    return frozenset(re.findall(r"^(\w+) =", text, re.MULTILINE))


def refuse_unknown(given: Mapping[str, str]) -> None:
    """Check the names of parameters that were given on the command line.

    :raises BadConfiguration: one is no parameter
    """
    for name, value in given.items():
        if name in base_names() - _in_base():
            by_name = f"a part of the tests' names, such as pin_nightly..({name}={value})"
            raise BadConfiguration(
                name, got=repr(value), expected=by_name, look_at=_where(f"variants {name}:")
            )
        if name not in parameters() and not name.startswith((*PER_NODE, avocado_vt_params.PREFIX)):
            known = {n for n in _in_base() if not n.startswith(_OF_A_SUITE)}
            raise _unknown(name, value, known, source("configs") / DEFAULTS_FILE)


def refuse_unread(cells: Sequence[Mapping[str, str]], given: Mapping[str, str]) -> None:
    """Check cells for parameters that nobody reads in them.

    :param cells: with what was given on the command line
    :raises BadConfiguration: naming the parameter, and the file to look at
    """
    read = _of_nodes(" ".join(cell["numa_nodes"] for cell in cells))
    for name, value in given.items():
        if cells and name.startswith(PER_NODE) and name not in read:
            look_at = source("configs") / "axes" / "layout.cfg"
            allowed = f"one of {', '.join(sorted(read))}"
            raise BadConfiguration(name, got=repr(value), expected=allowed, look_at=look_at)
    for cell in cells[:1]:
        _refuse_in_base(cell)
    for cell in cells:
        refuse_in_cell(cell)


def _refuse_in_base(cell: Mapping[str, str]) -> None:
    """The list itself has nothing that no test reads."""
    try:
        read = read_and_check_params.names_read(cell)
    except BadConfiguration:
        return  # The test ends with it.
    for name in sorted(parameters() - read - _READ_BY_AVOCADO_VT):
        raise _unknown(name, cell[name], read - _ADDED, _where(f"{name} *="))


def refuse_in_cell(cell: Mapping[str, str]) -> None:
    """Check a cell for parameters that nobody reads, and for those that its name contradicts.

    :raises BadConfiguration: naming the parameter, and the file to look at
    """
    refuse_in_configs(cell)
    # A value of an axis is more than one parameter: it has a block, and what must happen.
    for axis, value in re.findall(r"\((\w+)=([^)]*)\)", cell.get("name", "")):
        shown = cell.get("shortname", "")
        if cell.get(axis) != value and value in shown.split("."):
            raise BadConfiguration(
                axis,
                got=repr(cell.get(axis)),
                expected=f"{value}, as in {shown}, or a test of another name",
                look_at=_where(f"variants {axis}:"),
            )


def refuse_in_configs(params: Mapping[str, str]) -> None:
    """Check what configs/ sets.

    :param params: of a cell, or of a value of an axis
    :raises BadConfiguration: naming the parameter, and the line that sets it
    """
    known = base_names() | _ADDED | _of_nodes(params.get("numa_nodes", ""))
    for name in sorted(params.keys() - known):
        plain = name.removeprefix(avocado_vt_params.PREFIX)
        prefixed = plain != name and plain not in known
        if not (prefixed and avocado_vt_params.is_known(plain, params.values())):
            raise _unknown(
                name, params[name], known - _ADDED, _where(rf"{re.escape(name)} *[^\w\s]?=")
            )


def _of_nodes(nodes: str) -> set[str]:
    return {f"{start}{node}" for node in nodes.split() for start in PER_NODE}


def _unknown(name: str, got: str, known: Set[str], look_at: str | Path) -> BadConfiguration:
    prefix = avocado_vt_params.PREFIX
    of_vt = {f"{prefix}{word}" for word in avocado_vt_params.names() - known - _ADDED}
    near = nearest.meant(name.removeprefix(prefix), known)
    if name.startswith(prefix):
        near += nearest.meant(name, of_vt)
    elif f"{prefix}{name}" in of_vt:
        near.append(f"{prefix}{name} for Avocado-VT's own")
    allowed = f"a known parameter{nearest.hint(near)}"
    return BadConfiguration(name, got=repr(got), expected=allowed, look_at=look_at)


def _where(line: str) -> str | Path:
    """Return the file and line in configs/ that begins so, or the list of the parameters."""
    wanted = re.compile(rf" *{line}")
    for path in sorted(source("configs").rglob("*.cfg")):
        for number, text in enumerate(path.read_text().splitlines(), start=1):
            if wanted.match(text):
                return f"{path}:{number}"
    return source("configs") / DEFAULTS_FILE
