"""What was meant for this project's tests and is no reference to one: said, and not passed over."""

import re
from collections.abc import Collection
from pathlib import Path

from avocado_pin.base import nearest
from avocado_pin.base.errors import BadConfiguration
from avocado_pin.base.paths import source
from avocado_pin.variant import refuse_unknown_names, resolve_reference

_PARAMETER = re.compile(r"(\w+)=.*", re.DOTALL)


def check(reference: str, references: Collection[str]) -> None:
    """Check a reference that does not name one of the sets.

    :param references: all of the job
    :raises BadConfiguration: it is a parameter, or nearly a set's name
    """
    parameter = _PARAMETER.fullmatch(reference)
    if parameter and _is_ours(parameter[1], references):
        raise BadConfiguration(
            reference,
            got="it where tests are named",
            expected=f"-p {reference}: each parameter needs a -p of its own",
            look_at="avocado run --help",
        )
    word = resolve_reference.first_word(reference)
    near = nearest.meant(word, resolve_reference.set_names())
    if near and "/" not in reference and not Path(reference).exists():
        sets = source("configs") / resolve_reference.SETS_FILE
        allowed = f"one of the sets{nearest.hint(near)}"
        raise BadConfiguration(reference, got=repr(word), expected=allowed, look_at=sets)


def _is_ours(name: str, references: Collection[str]) -> bool:
    known = refuse_unknown_names.parameters()
    beside = any(map(resolve_reference.is_reference, references))
    return beside or name in known or bool(nearest.meant(name, known))
