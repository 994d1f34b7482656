"""The marks of a test's time in the guest's kernel log, and what is between them."""

import re

# By which a test says in the kernel's log, and so on the console, that its time begins or ends.
TEST_MARK = "pin-guest: test"
_BEGINS, _ENDS = "begins", "ends"
# Before there was a mark of the end, that of the beginning did not say what it is.
_MARK = re.compile(rf"^.*{TEST_MARK} \d+(?: {_BEGINS})?, .*\n?", re.MULTILINE)


def begin_mark(number: int, name: str) -> str:
    """Return the line that says in the kernel's log that a test begins.

    :param number: of the guest's tests
    """
    return f"{TEST_MARK} {number} {_BEGINS}, {name}"


def end_mark(number: int, name: str) -> str:
    """Return the line that says in the kernel's log that all of a test is before it."""
    return f"{TEST_MARK} {number} {_ENDS}, {name}"


def of_test(log: str) -> str:
    """Return what a log has from the last test's beginning on; without any, all of it.

    :param log: the kernel's, or a console's
    """
    return _at_mark(log)[1]


def before_test(log: str) -> str:
    """Return what a log has before the last test's beginning; without any, nothing."""
    return _at_mark(log)[0]


def marked(log: str) -> str:
    """Return the mark of the last test's beginning in a log; nothing if there is none."""
    marks = _MARK.findall(log)
    return marks[-1][marks[-1].index(TEST_MARK) :].strip() if marks else ""


def has_end(log: str) -> bool:
    """Return whether a log has the end of its last test too, if it can be told."""
    begins = marked(log)
    ends = begins.replace(f" {_BEGINS}, ", f" {_ENDS}, ", 1)
    return ends == begins or any(line.endswith(ends) for line in of_test(log).splitlines())


def _at_mark(log: str) -> tuple[str, str]:
    """Return what is before the last test's mark and what is after it."""
    marks = list(_MARK.finditer(log))
    return (log[: marks[-1].start()], log[marks[-1].end() :]) if marks else ("", log)
