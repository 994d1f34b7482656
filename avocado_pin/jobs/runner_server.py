"""The server of a job's runners: imports Avocado-VT once, and forks a runner for each test.

Importing takes longer than much of what a test does in a guest. Run as a program, its standard
input is the socket on which it listens to avocado_pin/jobs/runner_client.py.
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
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from avocado_pin.base import leftover_processes
from avocado_pin.base.errors import PinError
from avocado_pin.jobs.runner_client import ACCEPTED, SOCKET

# How long a client may take to send its request, which it does at once.
REQUEST_S = 10.0
BACKLOG = 64


def start(folder: Path) -> None:
    """Start a job's server, and tell the runners of it.

    It ends with the job (leftover_processes.stop()).
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
            env={**os.environ, leftover_processes.MARK: str(folder), "TMPDIR": str(folder)},
            stdin=listener.fileno(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    os.environ[SOCKET] = path


@dataclass(frozen=True, eq=False)
class Runner:
    """A forked runner.

    :param process: a file descriptor of it, which can be read when it has ended
    :param client: the connection to who asked for it
    """

    pid: int
    process: int
    client: socket.socket


class Server:
    """Runs what clients ask for, each in a process of its own.

    :param listener: the socket they connect to
    :param run: the command, in the forked process, where arguments and environment are the client's
    """

    def __init__(self, listener: socket.socket, run: Callable[[], None]):
        self._listener = listener
        self._run = run
        self._runners: set[Runner] = set()
        self._selector = selectors.DefaultSelector()
        self._selector.register(listener, selectors.EVENT_READ, self._accept)

    def serve(self) -> None:
        """Serve for ever."""
        while True:
            for key, _ in self._selector.select():
                key.data()

    def _accept(self) -> None:
        client, _ = self._listener.accept()
        client.settimeout(REQUEST_S)
        try:
            with client.makefile("rb") as stream:
                request = json.loads(stream.readline())
            runner = self._fork(request, client)
        except (OSError, ValueError):
            # A client that is gone, or there can be no process: it runs the test itself.
            client.close()
            return
        self._runners.add(runner)
        self._selector.register(runner.process, selectors.EVENT_READ, lambda: self._end(runner))
        self._selector.register(client, selectors.EVENT_READ, lambda: self._kill(runner))

    def _fork(self, request: dict[str, Any], client: socket.socket) -> Runner:
        """Fork a runner and give it to its client.

        :raises OSError: one of the two can't be; there is no runner then
        """
        accepted, accept = os.pipe()
        pid = os.fork()
        if not pid:
            os.close(accept)
            self._become(request, client, accepted)
        process = os.pidfd_open(pid)
        try:
            socket.send_fds(client, [ACCEPTED], [process])
            os.write(accept, ACCEPTED)
        except OSError:
            signal.pidfd_send_signal(process, signal.SIGKILL)
            os.waitpid(pid, 0)
            os.close(process)
            raise
        finally:
            os.close(accepted)
            os.close(accept)
        return Runner(pid, process, client)

    def _kill(self, runner: Runner) -> None:
        """Kill the runner of a client that is gone; it says nothing else."""
        if runner in self._runners:
            self._selector.unregister(runner.client)
            runner.client.close()
            signal.pidfd_send_signal(runner.process, signal.SIGKILL)

    def _end(self, runner: Runner) -> None:
        """Forget a runner that has ended, as its client sees by itself."""
        self._runners.remove(runner)
        self._selector.unregister(runner.process)
        os.waitpid(runner.pid, 0)
        os.close(runner.process)
        if runner.client.fileno() != -1:
            self._selector.unregister(runner.client)
            runner.client.close()

    def _become(self, request: dict[str, Any], client: socket.socket, accepted: int) -> None:
        """Run the command in this process, which is new, and end it."""
        status = 1
        try:
            # Or the server would not see that a client is gone.
            for runner in self._runners:
                runner.client.close()
                os.close(runner.process)
            client.close()
            self._listener.close()
            self._selector.close()
            if os.read(accepted, len(ACCEPTED)):
                os.close(accepted)
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


def prepare() -> Callable[[], None]:
    """Import what tests do, ask what each would ask again, and return what runs one.

    :raises BadConfiguration: Avocado-VT is none that the project knows
    """
    from avocado_pin.vt import patched_internals

    patched_internals.check()
    from avocado_vt.plugins import vt_runner  # noqa: F401
    from virttest import env_process, qemu_vm, version  # noqa: F401

    from avocado_pin.base.architecture import ARCHITECTURES
    from avocado_pin.jobs import runner
    from avocado_pin.qemu import binary
    from avocado_pin.trial import driver_test, migration_test  # noqa: F401
    from avocado_pin.vt import qemu_probes, vm_start  # noqa: F401

    version.get_pretty_version_info()
    for architecture in ARCHITECTURES.values():
        try:
            binary.version(binary.find(architecture))
        except PinError:
            pass  # The test that wants it says so.
    return runner.main


def _main() -> None:
    try:
        run = prepare()
    except PinError:
        return  # Each test runs by itself, and says so.
    # Of what is there now nothing is looked at again, by which runners share its memory.
    gc.collect()
    gc.freeze()
    Server(socket.socket(fileno=os.dup(0)), run).serve()


if __name__ == "__main__":
    _main()
