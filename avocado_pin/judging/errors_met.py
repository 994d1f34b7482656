"""errors.jsonl: the errors that a test met, by which it may have ended before its time."""

import json
from dataclasses import asdict, dataclass

from avocado_pin.base.artifacts import ERRORS, Artifacts
from avocado_pin.base.errors import EvidenceUnreadable, NotApplicable, PinError

# In the test itself, or while its guest was put back as it was.
IN_THE_TEST, AFTERWARDS = "in the test", "afterwards"


@dataclass(frozen=True)
class Met:
    """An error that was met.

    :param when: IN_THE_TEST or AFTERWARDS
    :param error: its class
    :param text: what it said
    """

    when: str
    error: str
    text: str

    @property
    def cancels(self) -> bool:
        """Whether it says that the test can say nothing."""
        return self.error == NotApplicable.__name__


def note(artifacts: Artifacts, when: str, error: PinError | NotApplicable) -> None:
    """Keep an error.

    :raises BadConfiguration: the disk is full
    """
    met = Met(when, type(error).__name__, str(error))
    artifacts.append(ERRORS, json.dumps(asdict(met)) + "\n")


def first(artifacts: Artifacts, when: str) -> Met | None:
    """Return the first error that was met then, if there was one.

    :raises EvidenceUnreadable: errors.jsonl is not what a test writes
    """
    try:
        found = [Met(**json.loads(line)) for line in artifacts.read(ERRORS).splitlines()]
    except (ValueError, TypeError) as error:
        raise EvidenceUnreadable(
            f"artifact {ERRORS}",
            got=f"{type(error).__name__}: {error}",
            expected="an object a line: when, error and text",
            look_at=artifacts.folder,
        ) from error
    return next((met for met in found if met.when == when), None)
