"""What a newcomer does on a host, and what comes of it."""

import re
import time
from dataclasses import dataclass
from subprocess import CompletedProcess

from selftests.hosts.roots import BUNDLE, Root

# All that `make run` does.
RUN_S = 2400
_FACTS = ".venv/bin/python --version; qemu-system-x86_64 --version | head -n 1; uname -r"


@dataclass(frozen=True)
class Outcome:
    """How a command ended.

    :param status: its exit code
    :param output: all that it printed
    :param seconds: that it took
    """

    status: int
    output: str
    seconds: float

    def verdicts(self) -> dict[str, int]:
        """Return how often a job has given which verdict, those that it never gave left out."""
        line = re.search(r"^RESULTS +: (.*)$", self.output, re.MULTILINE)
        counts = re.findall(r"([A-Z]+) (\d+)", line[1]) if line else []
        return {verdict: int(count) for verdict, count in counts if int(count)}


class Newcomer:
    """Somebody on a host who has cloned the project, or is about to.

    :param root: the host
    :param user: what they are called there
    :param umask: of theirs
    :param folder: where the project is, or will be
    """

    def __init__(self, root: Root, user: str = "root", umask: str = "022", folder: str = "p"):
        self.root = root
        self.folder = folder
        self.user = user
        self.umask = umask

    def clone(self) -> None:
        """Clone the project."""
        self._run(f"git clone --quiet {BUNDLE} {self.folder}").check_returncode()

    def does(self, line: str, env: dict[str, str] | None = None) -> Outcome:
        """Run a line of shell in the project's folder."""
        start = time.monotonic()
        done = self._run(f"cd {self.folder} && {line}", env)
        return Outcome(done.returncode, done.stdout, time.monotonic() - start)

    def facts(self) -> str:
        """Return the versions of Python and of QEMU that were used."""
        shown = self.does(_FACTS).output
        python = re.search(r"Python (\S+)", shown)
        qemu = re.search(r"QEMU emulator version (\S+)", shown)
        return f"Python {python[1] if python else '?'}, QEMU {qemu[1] if qemu else '?'}"

    def _run(self, line: str, env: dict[str, str] | None = None) -> "CompletedProcess[str]":
        return self.root.run(
            ["sh", "-c", line], user=self.user, umask=self.umask, env=env, timeout_s=RUN_S
        )
