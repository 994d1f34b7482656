"""Waiting for the greeting of an ssh server in a guest, by short connections.

QEMU's user network takes every connection at once and then calls the guest. While that does not
listen the call is refused, or not heard and repeated after growing pauses: a login that began then
was held up for 12 s after the guest was ready. So a new connection is tried often, and each has
time to be answered by a slow guest.
"""

import select
import socket
from collections.abc import Callable
from contextlib import ExitStack

from avocado_pin.deadline import Deadline

GREETING = b"SSH-"
# How long a connection waits for its greeting, and how soon the next one is tried: not more of them
# at once than the 5 that dropbear takes before a login (MAX_UNAUTH_PER_IP).
ANSWER_S = 1.0
NEXT_S = 0.2


def wait_for(port: int, deadline: Deadline, lost: Callable[[], bool]) -> bool:
    """Wait for the greeting at a port of 127.0.0.1, and return whether it came.

    :param lost: whether it can't come any more
    """
    with ExitStack() as opened:
        waiting: dict[socket.socket, Deadline] = {}
        while not deadline.expired and not lost():
            connection = opened.enter_context(socket.socket())
            connection.setblocking(False)
            connection.connect_ex(("127.0.0.1", port))
            waiting[connection] = Deadline(ANSWER_S)
            if _greeted(waiting, Deadline(NEXT_S)):
                return True
    return False


def _greeted(waiting: dict[socket.socket, Deadline], deadline: Deadline) -> bool:
    """Listen to connections; those that are refused or wait for too long are closed."""
    while not deadline.expired:
        for connection in [one for one, until in waiting.items() if until.expired]:
            del waiting[connection]
            connection.close()
        readable, _, _ = select.select(list(waiting), [], [], deadline.remaining)
        for connection in readable:
            if _read(connection) == GREETING:
                return True
            del waiting[connection]
            connection.close()
    return False


def _read(connection: socket.socket) -> bytes:
    try:
        return connection.recv(len(GREETING))
    except OSError:
        return b""
