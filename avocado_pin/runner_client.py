"""The command avocado-runner-avocado-pin, which Avocado starts for each test.

It lets the job's server (runner_server.py), which has Avocado-VT imported, run the test, and lasts
as long as that. Without a server it runs the test itself.
"""

import json
import os
import signal
import socket
import sys

# In the environment of a job's runners: the socket of its server.
SOCKET = "AVOCADO_PIN_RUNNERS"
SERVED = "task-run"
ACCEPTED = b"+"
# To the server: end the test. That this process is gone means: kill it.
END = b"-"
_ENDING = (signal.SIGTERM, signal.SIGHUP)


def main() -> None:
    """Run the command."""
    if sys.argv[1:2] == [SERVED] and os.environ.get(SOCKET) and _served(os.environ[SOCKET]):
        return
    # Here and not above: this is what takes long.
    from avocado_pin.plugins import runner

    runner.main()


def _served(path: str) -> bool:
    """Have the test run by a server, and return whether one did."""
    # Without pathlib, whose import takes as long as all else here.
    folder = os.getcwd()  # noqa: PTH109
    request = {"argv": sys.argv, "env": dict(os.environ), "cwd": folder}
    with socket.socket(socket.AF_UNIX) as connection:
        # Not within the request.
        signal.pthread_sigmask(signal.SIG_BLOCK, _ENDING)
        try:
            connection.connect(path)
            connection.sendall(json.dumps(request).encode() + b"\n")
            accepted = connection.recv(1) == ACCEPTED
            if accepted:
                # Avocado decides what becomes of Ctrl-C, which reaches all of the terminal's group.
                signal.signal(signal.SIGINT, signal.SIG_IGN)
                for number in _ENDING:
                    signal.signal(number, lambda *_: connection.send(END))
        except OSError:
            return False
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _ENDING)
        if accepted:
            connection.recv(1)  # Its end.
        return accepted


if __name__ == "__main__":
    main()
