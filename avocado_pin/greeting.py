"""Waiting for the greeting of an ssh server in a guest, by short connections.

QEMU's user network takes every connection at once and then calls the guest. While that does not
listen the call is refused, or not heard and repeated after growing pauses: a login that began then
was held up for 12 s after the guest was ready. So a new connection is tried often, and each has
time to be answered by a slow guest.
"""

import select
import socket
import time
from collections.abc import Callable
from contextlib import ExitStack

from avocado_pin.deadline import Deadline

GREETING = b"SSH-"
# How long a connection waits for its greeting, and how soon another one is tried: four at once at
# most, as dropbear takes 5 before a login (MAX_UNAUTH_PER_IP), and one of these is the login's.
ANSWER_S = 1.0
AT_ONCE = 4
# After that, one that was refused is tried again: the server may start just now.
REFUSED_PAUSE_S = 0.02
# A guest that has taken long so far is slow to answer, four at once above all: this share of it.
PATIENCE = 0.25
# A server that hears it ends the connection (RFC 4253, 4.2, protocol version exchange).
OTHER_VERSION = b"SSH-1.0-none\r\n"
PART_S = 0.5


def wait_for(port: int, deadline: Deadline, lost: Callable[[], bool]) -> bool:
    """Wait for the greeting at a port of 127.0.0.1, and return whether it came.

    The server is left without a connection: in a snapshot it would wait for the other end's word.

    :param lost: whether it can't come any more
    """
    with ExitStack() as opened:
        waiting: dict[socket.socket, Deadline] = {}
        while not deadline.expired and not lost():
            answer_s = max(ANSWER_S, PATIENCE * (deadline.seconds - deadline.remaining))
            connection = opened.enter_context(socket.socket())
            connection.setblocking(False)
            connection.connect_ex(("127.0.0.1", port))
            waiting[connection] = Deadline(answer_s)
            if _greeted(waiting, Deadline(answer_s / AT_ONCE)):
                _part(waiting, Deadline(PART_S))
                return True
            if not waiting:
                time.sleep(min(REFUSED_PAUSE_S, deadline.remaining))
    return False


def _greeted(waiting: dict[socket.socket, Deadline], deadline: Deadline) -> bool:
    """Listen to connections; those that are refused or wait for too long are closed.

    Ends before the deadline if none is left.
    """
    while waiting and not deadline.expired:
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


def _part(waiting: dict[socket.socket, Deadline], deadline: Deadline) -> None:
    """Have the server end the connections that it has taken, and wait until it has."""
    left = list(waiting)
    for connection in left:
        try:
            connection.send(OTHER_VERSION)
        except OSError:
            pass  # It has ended.
    while left and not deadline.expired:
        readable, _, _ = select.select(left, [], [], deadline.remaining)
        left = [one for one in left if one not in readable or _read(one)]


def _read(connection: socket.socket) -> bytes:
    try:
        return connection.recv(len(GREETING))
    except OSError:
        return b""
