"""The errors a user can meet. Each says what, what was got, what is allowed, and where to look."""

from pathlib import Path


class PinError(Exception):
    """Base of all errors of this package.

    :param thing: the parameter, file or part that is wrong
    :param got: what was found
    :param expected: what was expected or is allowed
    :param look_at: the file or command to look at
    """

    def __init__(self, thing: str, *, got: object, expected: str, look_at: str | Path):
        super().__init__(thing, got, expected, look_at)
        self.thing = thing
        self.got = got
        self.expected = expected
        self.look_at = look_at

    def __str__(self) -> str:
        return f"{self.thing}: got {self.got}, expected {self.expected} (see {self.look_at})"


class BadConfiguration(PinError):
    """A parameter, or the machine, is not what a test or set-up needs."""


class GuestLost(PinError):
    """The guest did not boot, died, or stopped answering."""


class DeploymentFailed(PinError):
    """Packages, the driver or the workload could not be fetched, built, copied or started."""


class EvidenceUnreadable(PinError):
    """What the guest printed can't be understood, so nothing can be judged from it."""


class NotApplicable(Exception):
    """The test can't say anything about this guest: not an error but a reason to cancel."""
