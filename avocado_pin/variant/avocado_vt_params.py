"""Parameters of Avocado-VT's own: with vt_ before their names, they reach it as they are.

It has thousands, and no list of them: a name is known if it is written in its source.
"""

import re
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

from virttest import cartesian_config

PREFIX = "vt_"
_QUOTED = re.compile(r"""["']([a-z]\w*)["']""")


def chosen(params: Mapping[str, str]) -> dict[str, str]:
    """Return the parameters of Avocado-VT's own among others, by Avocado-VT's names."""
    return {
        name.removeprefix(PREFIX): value
        for name, value in params.items()
        if name.startswith(PREFIX)
    }


def is_known(name: str, values: Iterable[str]) -> bool:
    """Return whether Avocado-VT reads a parameter, by its own name.

    It reads NAME_OBJECT for NAME where that is of one object only: size_mem_node0.

    :param values: of all parameters, which name the objects: a guest, its nodes
    """
    objects = {word for value in values for word in value.split()}
    plain = {name.removesuffix(f"_{word}") for word in objects} | {name}
    return not plain.isdisjoint(names())


@cache
def names() -> frozenset[str]:
    """Return the words in quotes in Avocado-VT's source, which takes 0.2 s."""
    files = Path(cartesian_config.__file__).parent.rglob("*.py")
    texts = (path.read_text(errors="replace") for path in files)
    return frozenset(word for text in texts for word in _QUOTED.findall(text))
