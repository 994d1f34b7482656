"""What must happen in a variant, by kernel version (configs/expectations_by_kernel.cfg)."""

import errno
import re
from dataclasses import dataclass

MOVE, STAY = "move", "stay"
PIN_REFUSED, MOVE_REFUSED = "pin_refused", "move_refused"
NOT_APPLICABLE = "not_applicable"
_PLAIN = (MOVE, STAY, NOT_APPLICABLE)
_REFUSED = (PIN_REFUSED, MOVE_REFUSED)
ALLOWED = (
    f"{', '.join(_PLAIN)}, or {' or '.join(_REFUSED)} with an errno's name; "
    "after commas, others from a kernel version on: stay, 6.5 pin_refused EFAULT"
)
Release = tuple[int, int]


@dataclass(frozen=True)
class Outcome:
    """What pages do: one of the words above.

    :param errno: the errno's name of a refusal, else nothing
    """

    what: str
    errno: str = ""


@dataclass(frozen=True)
class Expectation:
    """Outcomes, each from a kernel version on, in order of the versions."""

    outcomes: tuple[tuple[Release, Outcome], ...]

    def at(self, release: str) -> Outcome:
        """Return the outcome on a kernel.

        :param release: as uname -r says it, 6.1.0-56-cloud-amd64
        """
        kernel = version(release)
        return next(outcome for since, outcome in reversed(self.outcomes) if since <= kernel)

    def mentions(self, what: str) -> bool:
        """Return whether some kernel has such an outcome."""
        return any(outcome.what == what for _, outcome in self.outcomes)


def version(release: str) -> Release:
    """Return major and minor version of a kernel release; 0.0 of a text that is none."""
    match = re.match(r"(\d+)\.(\d+)", release)
    return (int(match[1]), int(match[2])) if match else (0, 0)


def parse(text: str) -> Expectation:
    """Return the expectation that a text such as "stay, 6.5 pin_refused EFAULT" says.

    :raises ValueError: it is not like ALLOWED
    """
    return Expectation(tuple((since, _outcome(words)) for since, words in by_version(text)))


def by_version(text: str) -> list[tuple[Release, list[str]]]:
    """Return the words for all kernels and, after commas, those from a version on.

    :raises ValueError: no version is where one must be, or it is not a later one
    """
    first, *later = (part.split() for part in text.split(","))
    found = [((0, 0), first)]
    for since, *words in later:
        if not re.fullmatch(r"\d+\.\d+", since) or version(since) <= found[-1][0]:
            raise ValueError(text)
        found.append((version(since), words))
    return found


def _outcome(words: list[str]) -> Outcome:
    if len(words) == 1 and words[0] in _PLAIN:
        return Outcome(words[0])
    if len(words) == 2 and words[0] in _REFUSED and hasattr(errno, words[1]):
        return Outcome(words[0], words[1])
    raise ValueError(" ".join(words))


@dataclass(frozen=True)
class Expected:
    """What must happen on one kernel: what the subject does, and what the control."""

    subject: Outcome
    control: Outcome

    @property
    def stays(self) -> bool:
        """Whether the subject must stay where it is."""
        return self.subject.what in (STAY, MOVE_REFUSED)

    @property
    def control_stays(self) -> bool:
        """Whether even equal pages that are not pinned must stay."""
        return self.control.what in (STAY, MOVE_REFUSED)

    @property
    def not_applicable(self) -> bool:
        """Whether the test can say nothing."""
        return NOT_APPLICABLE in (self.subject.what, self.control.what)
