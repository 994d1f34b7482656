"""errors.jsonl: the errors that a test met, by which it may have ended before its time."""

import json
from typing import Final, Literal

import msgspec

from avocado_pin.base.artifacts import ERRORS, Artifacts
from avocado_pin.base.errors import EvidenceUnreadable, NotApplicable, PinError

# In the test itself, or while its guest was put back as it was.
When = Literal["in the test", "afterwards"]
IN_THE_TEST: Final = "in the test"
AFTERWARDS: Final = "afterwards"


class Met(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An error that was met.

    :param when: IN_THE_TEST or AFTERWARDS
    :param error: its class
    :param text: what it said
    """

    when: When
    error: str
    text: str

    @property
    def cancels(self) -> bool:
        """Whether it says that the test can say nothing."""
        return self.error == NotApplicable.__name__


def note(artifacts: Artifacts, when: When, error: PinError | NotApplicable) -> None:
    """Keep an error.

    :raises BadConfiguration: the disk is full
    """
    met = Met(when, type(error).__name__, str(error))
    artifacts.append(ERRORS, json.dumps(msgspec.structs.asdict(met)) + "\n")


def first(artifacts: Artifacts, when: When) -> Met | None:
    """Return the first error that was met then, if there was one.

    :raises EvidenceUnreadable: errors.jsonl is not what a test writes
    """
    try:
        lines = artifacts.read(ERRORS).splitlines()
        found = [msgspec.json.decode(line, type=Met) for line in lines]
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise EvidenceUnreadable(
            f"artifact {ERRORS}",
            got=str(error),
            expected="an object a line: when, error and text",
            look_at=artifacts.folder,
        ) from error
    return next((met for met in found if met.when == when), None)
