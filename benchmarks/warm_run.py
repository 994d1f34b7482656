"""Target 5: how soon the first test of a warm `make run` starts."""

import os
import re
import signal
import subprocess
import sys
import time
from statistics import median

from benchmarks.context import ROOT, Context, say
from benchmarks.figures import Figure, Measured

LIMIT_S = 5.0
END_TIMEOUT_S = 120


def measure(context: Context) -> Measured:
    """Run it until the first test starts, as often as there are rounds, and interrupt it."""
    times = []
    for _ in range(context.rounds):
        say("make run, until the first test starts ...")
        times.append(_first_start())
    figure = Figure(5, "warm make run to the first test", median(times), "s", LIMIT_S)
    return Measured([figure], {"seconds": times})


def _first_start() -> float:
    start = time.monotonic()
    process = subprocess.Popen(
        ["make", "run", f"VENV={sys.prefix}"],
        cwd=ROOT,
        env={name: value for name, value in os.environ.items() if not name.startswith("MAKE")},
        text=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        # It may be ignored here, as it is in the background of a shell.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    said = []
    try:
        for line in process.stdout or ():
            said.append(line)
            if re.match(r" *\(0*1/\d+\) .*: STARTED", line):
                return time.monotonic() - start
    finally:
        # As Ctrl-C in a terminal does.
        os.killpg(process.pid, signal.SIGINT)
        process.communicate(timeout=END_TIMEOUT_S)
    raise RuntimeError(f"make run: got no start of a test: {''.join(said)[-400:]!r}")
