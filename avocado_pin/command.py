"""Running a command of the host to its end, with its failure in one line."""

import re
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from avocado_pin.errors import DeploymentFailed

MOST_QUOTED = 300


def first_error(output: str) -> str:
    """Return what a tool said went wrong: its first line with an error, else its last line."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    for line in lines:
        if re.search(r"\berror\b", line, re.IGNORECASE) or line.startswith("E: "):
            return line
    return lines[-1] if lines else "no output"


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
