"""Start the service: `python -m src`."""

from __future__ import annotations

import argparse
import os
import resource
import signal
import socket
import sys
from contextlib import suppress
from dataclasses import fields
from pathlib import Path

import uvicorn

from src import logs
from src.controller.fast_lane.server import build_server
from src.controller.fast_lane.unix_socket import claim_socket
from src.controller.http_protocol import HttpProtocol
from src.controller.inference import create_app
from src.settings import Settings, SettingsError

BACKLOG = 16_384
SWITCH_SECONDS = 0.0005
"""After this time a thread that computes lets the event loop run. The loop waits so long after each system call while a
large batch is read or predicted; Python's own 5 ms add up to tens of milliseconds for a single prediction beside it."""
EXIT_FAILURE = 1
EXIT_USAGE = 2


def main() -> int:
    """Read the settings and serve until SIGTERM or SIGINT.

    Returns:
        The exit code: 0 after a clean stop.
    """
    _parser().parse_args()
    try:
        settings = Settings.from_environment(os.environ)
    except SettingsError as error:
        sys.stderr.write(f"error: {error}\n")
        return EXIT_USAGE
    _allow_many_connections()
    sys.setswitchinterval(SWITCH_SECONDS)
    logs.configure(settings.log_level)
    app = create_app(settings)
    config = uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        http=HttpProtocol,
        ws="none",
        backlog=BACKLOG,
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,  # src.controller.proxy_headers reads them and checks the peer's address
        timeout_keep_alive=settings.keep_alive_seconds,
        timeout_graceful_shutdown=settings.shutdown_seconds,
    )
    try:
        listeners = [listen(settings.host, settings.port)]
    except OSError as error:
        sys.stderr.write(f"error: cannot listen on {settings.host}:{settings.port}: {error.strerror}\n")
        return EXIT_FAILURE
    if settings.socket_dir and (lease := claim_socket(Path(settings.socket_dir), backlog=BACKLOG)):
        listeners.append(lease)
    server = build_server(config, app, settings)
    # After its shutdown uvicorn restores the handlers it found and raises the signals again: with the default ones, the
    # process would end with 143 after a clean stop, https://github.com/Kludex/uvicorn/blob/main/uvicorn/server.py
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, server.handle_exit)
    server.run(sockets=listeners)
    return 0


def listen(host: str, port: int) -> socket.socket:
    """Open a listening TCP socket, on the first address when the name has several.

    Raises:
        OSError: When the address is in use or does not belong to this machine.
    """
    family, kind, protocol, _name, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    listener = socket.socket(family, kind, protocol)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(address)
        listener.listen(BACKLOG)
    except OSError:
        listener.close()
        raise
    return listener


def _parser() -> argparse.ArgumentParser:
    variables = "\n".join(f"  {field.name.upper():26} {field.default}" for field in fields(Settings))
    return argparse.ArgumentParser(
        prog="python -m src",
        description="Serve the registered model over HTTP. Everything is set by environment variables.",
        epilog=f"variables and defaults:\n{variables}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


def _allow_many_connections() -> None:
    """Raise the limit of open files to the hard limit: each connection is a descriptor."""
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(ValueError):  # macOS reports an unlimited hard limit and then rejects it
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


if __name__ == "__main__":
    sys.exit(main())
