"""Running a command of the host to its end, with its failure in one line."""

import re
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from avocado_pin.base.errors import DeploymentFailed

MOST_QUOTED = 300
_WRONG = re.compile(r"\berror\b|^E: |No such file or directory", re.IGNORECASE)
_MAKE = re.compile(r"make(\[\d+\])?: \*\*\* ")


def first_error(output: str) -> str:
    """Return what a tool said went wrong: its first line with an error, else its last line.

    What make itself says comes after what was wrong, and counts only if nothing else does.
    """
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    wrong = [line for line in lines if _WRONG.search(line)]
    said = [line for line in wrong if not _MAKE.match(line)] or wrong or lines[-1:]
    return said[0] if said else "no output"


def one_line(output: str) -> str:
    """Return the last line of an output, cut to what a status line bears."""
    lines = output.strip().splitlines()
    return lines[-1].strip()[:MOST_QUOTED] if lines else "no output"


def run(
    argv: Sequence[str | Path],
    *,
    thing: str,
    timeout_s: float,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
) -> str:
    """Run a command and return what it printed.

    :param thing: what the command is for, named if it fails
    :param timeout_s: seconds until it is killed
    :raises DeploymentFailed: it is missing, failed or took longer
    """
    line = " ".join(map(str, argv))
    try:
        done = subprocess.run(
            argv,
            cwd=cwd,
            env=env,
            timeout=timeout_s,
            check=False,
            text=True,
            errors="replace",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
    except FileNotFoundError as error:
        raise DeploymentFailed(
            thing, got=f"no command {argv[0]}", expected="it to be installed", look_at=line
        ) from error
    except subprocess.TimeoutExpired as error:
        raise DeploymentFailed(
            thing, got=f"no end after {timeout_s:g} s", expected="an end before that", look_at=line
        ) from error
    if done.returncode:
        raise DeploymentFailed(
            thing,
            got=f"exit {done.returncode}: {first_error(done.stdout)}",
            expected="exit 0",
            look_at=line,
        )
    return done.stdout
