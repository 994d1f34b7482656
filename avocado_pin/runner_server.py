"""The server of a job's runners: imports Avocado-VT once, and forks a runner for each test.

Importing takes longer than much of what a test does in a guest. Run as a program, its standard
input is the socket on which it listens to avocado_pin/runner_client.py.
"""

import gc
import json
import os
import selectors
import signal
import socket
import subprocess
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from avocado_pin import leftovers
from avocado_pin.errors import PinError
from avocado_pin.runner_client import ACCEPTED, END, SOCKET

# How long a client may take to send its request, which it does at once.
REQUEST_S = 10.0
BACKLOG = 64


def start(folder: Path) -> None:
    """Start a job's server, which ends with the job (leftovers.stop()), and tell the runners of it.

    Clients that come before it is ready wait. Where it can't be had they run their tests
    themselves.

    :param folder: of the job
    """
    path = str(folder / "runners")
    with socket.socket(socket.AF_UNIX) as listener:
        try:
            listener.bind(path)
        except OSError:
            return  # A path that is too long for a socket.
        listener.listen(BACKLOG)
        subprocess.Popen(
            [sys.executable, "-m", __name__],
            cwd="/",
            env={**os.environ, leftovers.MARK: str(folder), "TMPDIR": str(folder)},
            stdin=listener.fileno(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    os.environ[SOCKET] = path


class Server:
    """Runs what clients ask for, each in a process of its own.

    :param listener: the socket they connect to
    :param run: the command, in the forked process, where arguments and environment are the client's
    """

    def __init__(self, listener: socket.socket, run: Callable[[], None]):
        self._listener = listener
        self._run = run
        self._selector = selectors.DefaultSelector()
        self._selector.register(listener, selectors.EVENT_READ, self._accept)

    def serve(self) -> None:
        """Serve for ever."""
        while True:
            self.serve_once()

    def serve_once(self) -> None:
        """Wait for what comes next: a client, its word, or a runner's end."""
        for key, _ in self._selector.select():
            # What another one of the same time has ended is no longer registered.
            if key.fileobj in self._selector.get_map():
                key.data()

    def _accept(self) -> None:
        connection, _ = self._listener.accept()
        connection.settimeout(REQUEST_S)
        try:
            with connection.makefile("rb") as stream:
                request = json.loads(stream.readline())
            connection.sendall(ACCEPTED)
        except (OSError, ValueError):
            connection.close()  # A client that is gone.
            return
        pid = os.fork()
        if not pid:
            self._become(request, connection)
        end = os.pidfd_open(pid)
        self._selector.register(end, selectors.EVENT_READ, lambda: self._end(pid, end, connection))
        self._selector.register(
            connection, selectors.EVENT_READ, lambda: self._hear(pid, connection)
        )

    def _hear(self, pid: int, connection: socket.socket) -> None:
        """Take the word of a client, or that it is gone."""
        try:
            word = connection.recv(1)
        except OSError:
            word = b""
        if not word:
            self._selector.unregister(connection)
        # Its runner is not reaped before its client is forgotten, so the process is the same.
        os.kill(pid, signal.SIGTERM if word == END else signal.SIGKILL)

    def _end(self, pid: int, end: int, connection: socket.socket) -> None:
        """Let a client know that its runner has ended."""
        self._selector.unregister(end)
        os.close(end)
        os.waitpid(pid, 0)
        if connection in self._selector.get_map():
            self._selector.unregister(connection)
        connection.close()

    def _become(self, request: dict[str, Any], connection: socket.socket) -> None:
        """Run the command in this process, which is new, and end it."""
        status = 1
        try:
            # Or a client would not see that another's runner has ended.
            for key in list(self._selector.get_map().values()):
                _close(key.fileobj)
            self._selector.close()
            connection.close()
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            os.chdir(request["cwd"])
            sys.argv = request["argv"]
            os.environ.clear()
            os.environ.update(request["env"])
            self._run()
            status = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(status)


def _close(file: Any) -> None:
    if isinstance(file, int):
        os.close(file)
    else:
        file.close()


def _main() -> None:
    """Import what tests do, and ask what each would ask again."""
    from avocado_vt.plugins import vt_runner  # noqa: F401
    from virttest import env_process, qemu_vm, version  # noqa: F401

    from avocado_pin import driver_tests, experiment, qemu, qemu_probes  # noqa: F401
    from avocado_pin.plugins import runner

    version.get_pretty_version_info()
    for architecture in qemu.BINARIES:
        try:
            qemu.version(qemu.binary(architecture))
        except PinError:
            pass  # The test that wants it says so.
    # Of what is there now nothing is looked at again, by which runners share its memory.
    gc.collect()
    gc.freeze()
    Server(socket.socket(fileno=os.dup(0)), runner.main).serve()


if __name__ == "__main__":
    _main()
