"""An ssh server that greets is found, and nothing else is taken for one."""

import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from avocado_pin import greeting
from avocado_pin.deadline import Deadline

Answer = Callable[[socket.socket], None]
Serve = Callable[[Answer], int]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Return a function that answers connections to the port that it returns."""
    opened = []
    threads = []

    def start(answer: Answer) -> int:
        listener = socket.create_server(("127.0.0.1", 0))
        opened.append(listener)

        def run() -> None:
            try:
                while True:
                    connection = listener.accept()[0]
                    opened.append(connection)
                    answer(connection)
            except OSError:
                pass  # Shut down at the test's end.

        threads.append(threading.Thread(target=run, daemon=True))
        threads[-1].start()
        return int(listener.getsockname()[1])

    yield start
    for one in opened:
        try:
            one.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # The other end has gone.
    for thread in threads:
        thread.join(30)
    for one in opened:
        one.close()


def _waited(port: int, seconds: float, lost: bool = False) -> tuple[bool, float]:
    begin = time.monotonic()
    found = greeting.wait_for(port, Deadline(seconds), lambda: lost)
    return found, time.monotonic() - begin


def test_a_greeting_is_found_at_once(serve: Serve) -> None:
    found, seconds = _waited(serve(lambda c: c.sendall(b"SSH-2.0-dropbear\r\n")), 30)
    assert found
    assert seconds < 5


def test_the_server_has_no_connection_left(serve: Serve) -> None:
    """Nor does it wait for one that has been given up."""
    ended: list[bytes] = []

    def answer(connection: socket.socket) -> None:
        connection.sendall(b"SSH-2.0-dropbear_2022.83\r\n")
        ended.append(connection.recv(100))
        time.sleep(greeting.PART_S / 5)
        connection.close()
        ended.append(b"closed")

    assert _waited(serve(answer), 30)[0]
    assert ended == [greeting.OTHER_VERSION, b"closed"]


def test_one_that_comes_late_is_waited_for(serve: Serve) -> None:
    """Later than the next connection is tried, as of a slow guest."""

    def answer(connection: socket.socket) -> None:
        time.sleep(2 * greeting.ANSWER_S / greeting.AT_ONCE)
        connection.sendall(b"SSH-2.0\r\n")

    assert _waited(serve(answer), 30)[0]


@pytest.mark.parametrize(
    "answer",
    [lambda c: None, lambda c: c.close(), lambda c: c.sendall(b"HTTP/1.1 400\r\n")],
    ids=["silent", "closes", "another server"],
)
def test_what_is_no_ssh_server_does_not_count(serve: Serve, answer: Answer) -> None:
    found, seconds = _waited(serve(answer), 1.5)
    assert not found
    assert seconds >= 1.5


def test_a_server_with_little_time_for_each_connection_is_found(serve: Serve) -> None:
    """It answers one after the other, each after most of what a connection waits at first."""

    def answer(connection: socket.socket) -> None:
        time.sleep(0.8 * greeting.ANSWER_S)
        try:
            connection.sendall(b"SSH-2.0\r\n")
        except OSError:
            pass  # Given up meanwhile.

    assert _waited(serve(answer), 60)[0]


def test_a_connection_that_is_not_heard_does_not_hold_up_the_next(serve: Serve) -> None:
    """QEMU calls a guest that has no network yet, and calls again only after a second."""
    calls: list[float] = []

    def answer(connection: socket.socket) -> None:
        calls.append(time.monotonic())
        if len(calls) > 2:
            connection.sendall(b"SSH-2.0\r\n")

    found, seconds = _waited(serve(answer), 30)
    assert found
    assert len(calls) >= 3
    assert seconds >= 2 * greeting.ANSWER_S / greeting.AT_ONCE


def test_nobody_waits_for_a_guest_that_is_lost(serve: Serve) -> None:
    found, seconds = _waited(serve(lambda c: None), 30, lost=True)
    assert not found
    assert seconds < 5


def test_a_port_where_nothing_listens_is_tried_until_the_deadline() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = int(server.getsockname()[1])
    found, seconds = _waited(port, 1.0)
    assert not found
    assert seconds >= 1.0


def test_a_server_that_refuses_at_first_is_asked_again_at_once(serve: Serve) -> None:
    calls: list[float] = []

    def answer(connection: socket.socket) -> None:
        calls.append(time.monotonic())
        if len(calls) > 10:
            connection.sendall(b"SSH-2.0\r\n")
        else:
            connection.close()

    found, seconds = _waited(serve(answer), 30)
    assert found
    assert seconds < 9 * greeting.ANSWER_S / greeting.AT_ONCE
