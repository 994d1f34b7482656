"""params.json: the parameters that a test's variant is read from, and the kernel of its guest."""

import json

import msgspec

from avocado_pin.base.artifacts import PARAMS, Artifacts
from avocado_pin.base.errors import EvidenceUnreadable

# Parameters that configs/ has had since a later time than this file: what tests did without them.
LATER = {
    "kernel_config": "",
    "newest_kernel_seen": "",
    "zone_movable": "left",
    "zone_movable_why": "",
}


class Params(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a test was asked for.

    :param kernel_release: of the kernel that its guest was to boot
    :param params: the cell's, as configs/ and the user gave them
    """

    kernel_release: str
    params: dict[str, str]


def text(asked: Params) -> str:
    """Return the text of params.json."""
    return json.dumps(msgspec.structs.asdict(asked), indent=1) + "\n"


def read(artifacts: Artifacts) -> Params:
    """Return what is in a test's params.json.

    :raises EvidenceUnreadable: it is missing, or is none
    """
    try:
        asked = msgspec.json.decode(artifacts.required(PARAMS), type=Params)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise _unreadable(artifacts, str(error)) from error
    return Params(asked.kernel_release, {**LATER, **asked.params})


def _unreadable(artifacts: Artifacts, got: str) -> EvidenceUnreadable:
    return EvidenceUnreadable(
        f"artifact {PARAMS}",
        got=got,
        expected="an object with kernel_release and params, of strings",
        look_at=artifacts.folder,
    )
