"""Parameters that were given on the command line: by Avocado's -p, or --vt-extra-params."""

from collections.abc import Iterable, Mapping
from typing import Any

from avocado_pin.base.errors import BadConfiguration


def assignments(config: Mapping[str, Any]) -> list[str]:
    """Return what Avocado's configuration has of them, as "name=value"."""
    of_vt = config.get("vt.extra_params") or []
    of_avocado = config.get("run.test_parameters") or []
    return [
        *([of_vt] if isinstance(of_vt, str) else of_vt),
        *(f"{name}={value}" for name, value in of_avocado),
    ]


def parse(texts: Iterable[str]) -> dict[str, str]:
    """Return the values by name.

    :raises BadConfiguration: one is not "name=value", or has two values
    """
    given: dict[str, str] = {}
    for text in texts:
        name, separator, value = (part.strip() for part in text.partition("="))
        if not separator or not name.replace("_", "a").isalnum():
            raise _bad("--vt-extra-params", repr(text), "NAME=VALUE, and tests after the options")
        if given.setdefault(name, value) != value:
            raise _bad(name, f"{given[name]!r} and {value!r}", "one value")
    return given


def _bad(thing: str, got: str, allowed: str) -> BadConfiguration:
    return BadConfiguration(thing, got=got, expected=allowed, look_at="avocado run --help")
