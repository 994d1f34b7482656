"""A proxy between apt and Debian's mirror, on which what happens to downloads can happen."""

import re
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

# Any will do: it must be the same each time, or apt does not go on with a part of a file.
LAST_MODIFIED = "Thu, 01 Jan 2026 00:00:00 GMT"
# What is sent of a file before the mirror falls silent.
BEGUN = 1 << 20


class SlowMirror:
    """What it does, and what it was asked for.

    :param silent: a pattern of names of files that end after their beginning, until resume()
    :param spoilt: a pattern of names of files of which a byte is changed
    """

    def __init__(self, silent: str = "$^", spoilt: str = "$^"):
        self._silent = silent
        self._spoilt = spoilt
        self._resumed = threading.Event()
        self._upstream = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        self.begun = threading.Event()
        self.asked: list[tuple[str, int]] = []

    def resume(self) -> None:
        """Let files through again."""
        self._silent = "$^"
        self._resumed.set()

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        """Send what apt asks for, from where it wants it on."""
        name = handler.path.rpartition("/")[2]
        body = bytearray(self._upstream.open(handler.path).read())
        if re.search(self._spoilt, name):
            body[len(body) // 2] ^= 1
        first = 0
        match = re.fullmatch(r"bytes=(\d+)-", handler.headers.get("Range", ""))
        if match and handler.headers.get("If-Range") == LAST_MODIFIED:
            first = int(match[1])
        self.asked.append((name, first))
        handler.send_response(206 if first else 200)
        if first:
            handler.send_header("Content-Range", f"bytes {first}-{len(body) - 1}/{len(body)}")
        handler.send_header("Content-Length", str(len(body) - first))
        handler.send_header("Last-Modified", LAST_MODIFIED)
        handler.end_headers()
        if re.search(self._silent, name):
            handler.wfile.write(body[first : first + BEGUN])
            self.begun.set()
            self._resumed.wait()
            return
        handler.wfile.write(body[first:])


@contextmanager
def serving(mirror: SlowMirror) -> Iterator[str]:
    """Yield the address to give apt as http_proxy."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            try:
                mirror.answer(self)
            except urllib.request.HTTPError as error:
                self.send_error(error.code)
            except OSError:
                self.close_connection = True

        def handle(self) -> None:
            with suppress(ConnectionError):
                super().handle()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        mirror.resume()
        server.shutdown()
        thread.join()
        server.server_close()
