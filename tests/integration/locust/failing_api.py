"""An API that is ready but fails every prediction."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

EXAMPLE = {"x": 1.0}
_OPENAPI = {"paths": {"/predict": {"post": {"requestBody": {"content": {"application/json": {"example": EXAMPLE}}}}}}}


class ErrorServer(ThreadingHTTPServer):
    """Ready, with an example; answers every prediction with an error, half of them with a different id each time."""

    daemon_threads = True


class _Answer(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    count = 0

    def do_GET(self) -> None:
        self._send(200, _OPENAPI if self.path == "/openapi.json" else {"status": "ready"})

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        type(self).count += 1
        detail = f"request {type(self).count} failed"
        error = "overloaded" if type(self).count % 2 else detail
        self._send(503, {"error": error, "detail": detail, "fields": []})

    def _send(self, status: int, answer: object) -> None:
        body = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class calls it so
        pass


@contextmanager
def error_server(port: int = 0) -> Iterator[str]:
    """Run one; yields its URL."""
    with ErrorServer(("127.0.0.1", port), _Answer) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
