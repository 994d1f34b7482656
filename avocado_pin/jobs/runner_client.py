"""The command avocado-runner-avocado-pin, which Avocado starts for each test.

It lets the job's server (jobs/runner_server.py), which has Avocado-VT imported, run the test, and
lasts as long as that. Without a server it runs the test itself.
"""

import json
import os
import select
import signal
import socket
import sys

# In the environment of a job's runners: the socket of its server.
SOCKET = "AVOCADO_PIN_RUNNERS"
SERVED = "task-run"
ACCEPTED = b"+"
# A server takes a client once it has imported what it imports, a second on an idle machine.
ACCEPT_S = 60.0
SIGNALS = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}


def main() -> None:
    """Run the command."""
    if sys.argv[1:2] == [SERVED] and os.environ.get(SOCKET):
        # One that comes before there is a runner to tell of it waits until there is.
        signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
        with socket.socket(socket.AF_UNIX) as connection:
            runner = _ask(connection, os.environ[SOCKET])
            if runner is not None:
                # The connection is open meanwhile: should this process be killed, so is the runner.
                _last_as_long_as(runner)
                return
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
    # Here and not above: this is what takes long.
    from avocado_pin.jobs import runner as own

    own.main()


def _ask(connection: socket.socket, server: str) -> int | None:
    """Have the test run by a server; return the runner as a file descriptor of its process."""
    # Without pathlib, whose import takes as long as all else here.
    folder = os.getcwd()  # noqa: PTH109
    request = {"argv": sys.argv, "env": dict(os.environ), "cwd": folder}
    connection.settimeout(ACCEPT_S)
    try:
        connection.connect(server)
        connection.sendall(json.dumps(request).encode() + b"\n")
        word, runners, _, _ = socket.recv_fds(connection, len(ACCEPTED), 1)
    except OSError:
        return None
    return runners[0] if word == ACCEPTED and runners else None


def _last_as_long_as(runner: int) -> None:
    # Avocado decides what becomes of Ctrl-C, which reaches all of the terminal's group.
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    def pass_on(number: int, _: object) -> None:
        try:
            signal.pidfd_send_signal(runner, number)
        except ProcessLookupError:
            pass  # It has just ended.

    signal.signal(signal.SIGTERM, pass_on)
    signal.signal(signal.SIGHUP, pass_on)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
    select.select([runner], [], [])


if __name__ == "__main__":
    main()
