"""Parameters whose words differ between kernels: "not_moved_but_one, 6.1 not_moved"."""

import errno
import re
from collections.abc import Iterator
from dataclasses import dataclass

from avocado_pin.base.typed_text import Reader
from avocado_pin.variant.expectation_parser import Release, by_version, version

# Answers of the kernel that are no errno.
ANSWER_TARGET, ANSWER_NOT_MOVED, ANSWER_ONE_LESS = "target", "not_moved", "not_moved_but_one"
ANSWER_OTHERS = "others_not_moved"
# The minor faults with which a pin faults in an untouched region.
FAULTS = ("none", "page", "huge_page", "unchecked")
# What a long-term pin does with pages in ZONE_MOVABLE: they are moved out of it, or stay.
ZONE_LEFT, ZONE_KEPT = "left", "kept"
# Parameters that can differ between kernels, and those that say who says so.
_SOURCES = {
    "expect": "expect_why",
    "expect_control": "expect_why",
    "faults": "faults_why",
    "zone_movable": "zone_movable_why",
    "answer_moved": "answer_why",
    "answer_stayed": "answer_why",
}


@dataclass(frozen=True)
class ByKernel:
    """A parameter whose value differs between kernels.

    :param values: its words, each from a kernel version on, in order of the versions
    :param why: who says so: a commit, source or document
    """

    parameter: str
    values: tuple[tuple[Release, tuple[str, ...]], ...]
    why: str

    def at(self, release: str) -> tuple[str, ...]:
        """Return the words on a kernel.

        :param release: as uname -r says it
        """
        return self.values[self._index(release)][1]

    def difference(self, release: str) -> "Difference":
        """Return what is so on a kernel, and on which others."""
        index = self._index(release)
        since, until = (
            ".".join(map(str, self.values[i][0])) if 0 < i < len(self.values) else ""
            for i in (index, index + 1)
        )
        return Difference(self.parameter, " ".join(self.at(release)), since, until, self.why)

    def _index(self, release: str) -> int:
        kernel = version(release)
        return sum(since <= kernel for since, _ in self.values) - 1


@dataclass(frozen=True)
class Difference:
    """What is expected on some kernels only.

    :param expected: the parameter's words there
    :param since: the first version of them; empty: all before
    :param until: the first version after them; empty: all later ones
    :param why: who says so
    """

    parameter: str
    expected: str
    since: str
    until: str
    why: str

    def __str__(self) -> str:
        kernels = (
            f"from {self.since} on" * bool(self.since),
            f"before {self.until}" * bool(self.until),
        )
        return f"of kernels {', '.join(filter(None, kernels))}: {self.parameter} = {self.expected}"


def choice(reader: Reader, name: str, allowed: tuple[str, ...]) -> str:
    """Return the one word of a parameter on the newest kernels.

    :raises BadConfiguration: it is none of those allowed, on some kernel
    """
    found = _values(reader, name)
    for _, words in found:
        if len(words) != 1 or words[0] not in allowed:
            raise reader.bad(name, repr(" ".join(words)), f"one of {', '.join(allowed)}")
    return found[-1][1][0]


def answers(reader: Reader, name: str, everywhere: bool = False) -> tuple[str, ...]:
    """Return the answers the newest kernels may give.

    :param everywhere: whether all kernels must be expected to give the same
    :raises BadConfiguration: one is no answer
    """
    plain = ("0", ANSWER_TARGET, ANSWER_NOT_MOVED, ANSWER_ONE_LESS, ANSWER_OTHERS)
    found = _values(reader, name)
    if everywhere and len(found) > 1:
        raise reader.bad(name, repr(reader.text(name)), "the same answers on all kernels")
    for _, words in found:
        for word in words:
            if word not in plain and not hasattr(errno, word):
                allowed = f"any of {', '.join(plain)} and names of errnos"
                raise reader.bad(name, repr(word), allowed)
    return found[-1][1]


def newest_kernel_seen(reader: Reader) -> str:
    """Return the newest kernel version on which what is expected was seen; empty: any.

    :raises BadConfiguration: it is no version
    """
    found = reader.text("newest_kernel_seen")
    if found and not re.fullmatch(r"\d+\.\d+", found):
        raise reader.bad("newest_kernel_seen", repr(found), "major and minor, as 7.3, or nothing")
    return found


def _values(reader: Reader, name: str) -> tuple[tuple[Release, tuple[str, ...]], ...]:
    """Return the words of a parameter, each from a kernel version on."""
    try:
        found = by_version(reader.text(name))
    except ValueError as error:
        allowed = "words, and after commas others from a kernel version on: EIO, 6.1 0"
        raise reader.bad(name, repr(reader.text(name)), allowed) from error
    return tuple((since, tuple(words)) for since, words in found)


def read(reader: Reader) -> Iterator[ByKernel]:
    """Yield the parameters that differ between kernels.

    :raises BadConfiguration: nobody says so
    """
    for name, source in _SOURCES.items():
        values = _values(reader, name)
        why = reader.text(source)
        if len(values) < 2:
            continue
        if not why:
            raise reader.bad(source, "nothing", f"who says that {name} differs between kernels")
        yield ByKernel(name, values, why)
