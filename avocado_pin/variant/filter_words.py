"""The words of references and filters: one that no test's name has is refused.

Avocado-VT takes a filter that fits nothing for one that picks nothing, so a typo would leave tests
out, or leave them in, in silence.
"""

import re
from collections.abc import Collection, Iterable
from typing import Protocol

from avocado_pin.base import nearest
from avocado_pin.base.errors import BadConfiguration
from avocado_pin.base.paths import source

_WORD = re.compile(r"(?:(\w[\w-]*)\s*=\s*)?(\w[\w-]*)")


class Label(Protocol):
    """A part of tests' names, as Avocado-VT's parser has it: of an axis, or of none."""

    name: str
    var_name: str | None


def refuse_unknown(whose: str, filters: Iterable[str], labels: Collection[Label]) -> None:
    """Check the words of filters.

    :param whose: the reference, or the option
    :raises BadConfiguration: one is in no name, with those that come near
    """
    values = {label.name for label in labels}
    axes = {label.var_name for label in labels if label.var_name}
    for axis, word in _WORD.findall(",".join(filters)):
        if axis and axis not in axes:
            raise _unknown(whose, axis, "an axis", axes)
        if word not in values:
            kind = f"a value of {axis}" if axis else "a set, a group of one, or a value of an axis"
            raise _unknown(whose, word, kind, values)


def _unknown(whose: str, word: str, kind: str, known: Collection[str]) -> BadConfiguration:
    allowed = f"{kind}{nearest.hint(nearest.meant(word, known))}"
    return BadConfiguration(whose, got=repr(word), expected=allowed, look_at=source("configs"))
