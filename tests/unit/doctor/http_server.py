"""A server on loopback with the answers that a test gives it."""

from __future__ import annotations

import base64
import contextlib
import http.server
import json
import ssl
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any


@contextlib.contextmanager
def answering(
    answers: Mapping[str, tuple[int, Any]],
    *,
    allowed_hosts: frozenset[str] | None = None,
    users: Mapping[str, str] | None = None,
    certificate: Path | None = None,
) -> Iterator[int]:
    """Serve until the block ends; yields the port.

    Args:
        answers: Status and JSON document by path, without its query.
        allowed_hosts: Host names, without port, that are not refused as MLflow refuses others; None for all.
        users: Passwords by name, without one of which a request gets 401; None for no authentication.
        certificate: For TLS.
    """
    pairs = [f"{name}:{password}".encode() for name, password in (users or {}).items()]
    logins = {f"Basic {base64.b64encode(pair).decode()}" for pair in pairs}

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, document = answers.get(self.path.partition("?")[0], (404, {}))
            body = json.dumps(document).encode()
            host = (self.headers["Host"] or "").rpartition(":")[0]
            if allowed_hosts is not None and host not in allowed_hosts:
                status, body = 403, b"Invalid Host header - possible DNS rebinding attack detected"
            elif users is not None and self.headers["Authorization"] not in logins:
                status, body = 401, b"You are not authenticated."
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_arguments: Any) -> None:
            """Say nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield server.server_port
        server.shutdown()
