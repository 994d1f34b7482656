"""The words of references and filters: one that no test's name has is refused.

Avocado-VT takes a filter that fits nothing for one that picks nothing, so a typo would leave tests
out, or leave them in, in silence.
"""

import re
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import Any, Protocol

from virttest import cartesian_config

from avocado_pin.base import nearest
from avocado_pin.base.errors import BadConfiguration
from avocado_pin.base.paths import source

_WORD = re.compile(r"(?:(\w[\w-]*)\s*=\s*)?(\w[\w-]*)")
_ANY = "a set, a group of one, or a value of an axis"
# The axis, or nothing, and the value.
Word = tuple[str, str]


class Label(Protocol):
    """A part of tests' names, as Avocado-VT's parser has it: of an axis, or of none."""

    name: str
    var_name: str | None


def refuse_unknown(whose: str, filters: Iterable[str], labels: Collection[Label]) -> None:
    """Check the words of filters.

    :param whose: the reference, or the option
    :raises BadConfiguration: one is in no name, with those that come near
    """
    words = _WORD.findall(",".join(filters))
    for word, allowed in _Names(labels).others(words):
        raise BadConfiguration(whose, got=repr(word), expected=allowed, look_at=source("configs"))


def refuse_unknown_in_configs(tree: Any) -> None:
    """Check the words of all filters and conditions that were read from files.

    :param tree: what Avocado-VT's parser has made of configs/, and of what that includes
    :raises BadConfiguration: one is in no name, with those that come near, its file and line
    """
    names = _Names(tree.labels)
    for file, line, statement in _statements(tree, set()):
        labels = [label for choice in statement.filter for part in choice for label in part]
        words = [(label.var_name or "", label.name) for label in labels]
        for word, allowed in names.others(words):
            place = _place(Path(file), line, statement.line)
            raise BadConfiguration("a filter", got=repr(word), expected=allowed, look_at=place)


def _statements(node: Any, seen: set[int]) -> Iterator[tuple[str, int, Any]]:
    """Return each filter and condition below a node, with its file and, about, its line."""
    if id(node) in seen:
        return
    seen.add(id(node))
    for file, line, statement in getattr(node, "content", ()):
        if isinstance(statement, cartesian_config.NoOnlyFilter):
            yield file, line, statement
            yield from _statements(statement, seen)
    for child in getattr(node, "children", ()):
        yield from _statements(child, seen)


def _place(file: Path, line: int, text: str) -> str:
    """Return a statement's file and line: the parser has a condition where its block ends."""
    lines = [found.strip() for found in file.read_text().splitlines()]
    return f"{file}:{lines.index(text) + 1 if text in lines else line}"


class _Names:
    """The values and axes that are in tests' names."""

    def __init__(self, labels: Collection[Label]):
        self._values = {label.name for label in labels}
        self._axes = {label.var_name for label in labels if label.var_name}

    def others(self, words: Iterable[Word]) -> Iterator[tuple[str, str]]:
        """Return what is in no name, and what is expected there."""
        for axis, value in words:
            if axis and axis not in self._axes:
                yield axis, f"an axis{_hint(axis, self._axes)}"
            if value not in self._values:
                kind = f"a value of {axis}" if axis else _ANY
                yield value, f"{kind}{_hint(value, self._values)}"


def _hint(word: str, known: Collection[str]) -> str:
    return nearest.hint(nearest.meant(word, known))
