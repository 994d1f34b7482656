"""Whether a job has judged anything: one of which every test was cancelled must not look green."""

from collections.abc import Iterable

# Statuses of a test that says nothing of what it is about.
_SAYS_NOTHING = ("CANCEL", "SKIP")


class Unjudged:
    """The sets of a job of which no test was judged yet.

    :param names: of all tests; up to the first dot is the set's
    """

    def __init__(self, names: Iterable[str]):
        self.sets = list(dict.fromkeys(_set_of(name) for name in names))

    def end(self, name: str, status: str) -> None:
        """Take a test that has ended.

        :param status: Avocado's
        """
        if status not in _SAYS_NOTHING and _set_of(name) in self.sets:
            self.sets.remove(_set_of(name))


def _set_of(name: str) -> str:
    return name.partition(".")[0]
