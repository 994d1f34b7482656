"""params.json: the parameters that a test's variant is read from, and the kernel of its guest."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from avocado_pin.base.artifacts import PARAMS, Artifacts
from avocado_pin.base.errors import EvidenceUnreadable

# Parameters that configs/ has had since a later time than this file: what tests did without them.
LATER = {"kernel_config": "", "zone_movable": "left", "zone_movable_why": ""}


@dataclass(frozen=True)
class Params:
    """What a test was asked for.

    :param kernel_release: of the kernel that its guest was to boot
    :param params: the cell's, as configs/ and the user gave them
    """

    kernel_release: str
    params: Mapping[str, str]


def text(asked: Params) -> str:
    """Return the text of params.json."""
    value = {"kernel_release": asked.kernel_release, "params": dict(asked.params)}
    return json.dumps(value, indent=1) + "\n"


def read(artifacts: Artifacts) -> Params:
    """Return what is in a test's params.json.

    :raises EvidenceUnreadable: it is missing, or is none
    """
    try:
        value = json.loads(artifacts.required(PARAMS))
        release, params = value["kernel_release"], value["params"]
        strings = [release, *params.keys(), *params.values()]
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise _unreadable(artifacts, f"{type(error).__name__}: {error}") from error
    if not all(isinstance(string, str) for string in strings):
        raise _unreadable(artifacts, "parameters that are no strings")
    return Params(release, {**LATER, **params})


def _unreadable(artifacts: Artifacts, got: str) -> EvidenceUnreadable:
    return EvidenceUnreadable(
        f"artifact {PARAMS}",
        got=got,
        expected="an object with kernel_release and params, of strings",
        look_at=artifacts.folder,
    )
