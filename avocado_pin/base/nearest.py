"""A word that nobody knows: which ones come near."""

import difflib
from collections.abc import Iterable, Sequence


def meant(word: str, known: Iterable[str]) -> list[str]:
    """Return up to three of the known words, the nearest first; none if none is near."""
    return difflib.get_close_matches(word, sorted(known))


def hint(near: Sequence[str]) -> str:
    """Return the end of a sentence that names the words that come near; empty if there are none."""
    return f"; near: {', '.join(near)}" if near else ""
