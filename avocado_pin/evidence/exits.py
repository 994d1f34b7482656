"""How programs of the guest ended, a line each: the exit status, and a word on it."""

import re

from avocado_pin.base.errors import EvidenceUnreadable

_LINE = re.compile(r"exit (\d+): (.*)")


def line(status: int, text: str) -> str:
    """Return the line of a program.

    :param text: its name, or what it said, in one line
    """
    return f"exit {status}: {text}\n"


def read(text: str, look_at: str) -> list[tuple[int, str]]:
    """Return status and text of each line, one at least.

    :param look_at: the artifact that has them
    :raises EvidenceUnreadable: one is none, or there is none
    """
    found = [_LINE.fullmatch(one) for one in text.splitlines()]
    if not found or not all(found):
        raise EvidenceUnreadable(
            "how programs ended",
            got=repr(text[:200]),
            expected="lines 'exit N: TEXT', one at least",
            look_at=look_at,
        )
    return [(int(match[1]), match[2]) for match in found if match]
