"""An HTTP proxy that forwards nothing: it answers itself, as one that forbids, fails or requires a login."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PAGE = b"<html><body>Host not allowed by the policy</body></html>"
VARIABLES = tuple(
    spelled(f"{name}_proxy") for name in ("http", "https", "all", "no") for spelled in (str.lower, str.upper)
)


class CorporateProxy(ThreadingHTTPServer):
    """Answers every request with one status and page.

    Attributes:
        asked: The target of each request; a client that uses a proxy sends a whole URL.
        credentials: The Proxy-Authorization of each request.
    """

    daemon_threads = True

    def __init__(self, status: int, page: bytes) -> None:
        """Listen on a free port of loopback."""
        super().__init__(("127.0.0.1", 0), _Handler)
        self.status = status
        self.page = page
        self.asked: list[str] = []
        self.credentials: list[str | None] = []

    @property
    def address(self) -> str:
        """Host and port, as in messages."""
        return f"127.0.0.1:{self.server_port}"

    @property
    def url(self) -> str:
        """The value of HTTP_PROXY, with a password that no message may show."""
        return f"http://ana:gehe%40im@{self.address}"


class _Handler(BaseHTTPRequestHandler):
    server: CorporateProxy

    def _answer(self) -> None:
        self.server.asked.append(self.path)
        self.server.credentials.append(self.headers["Proxy-Authorization"])
        self.send_response(self.server.status)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(self.server.page)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(self.server.page)

    def __getattr__(self, name: str) -> Callable[[], None]:
        """Handle every method alike: the base class calls do_GET, do_CONNECT and so on."""
        if name.startswith("do_"):
            return self._answer
        raise AttributeError(name)

    def log_message(self, *_arguments: object) -> None:
        """Keep the test's output clean."""


@contextmanager
def corporate_proxy(status: int = 403, page: bytes = PAGE) -> Iterator[CorporateProxy]:
    """Run a proxy for the block."""
    with CorporateProxy(status, page) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
