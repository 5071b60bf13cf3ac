"""Start the service: `python -m src`."""

from __future__ import annotations

import argparse
import os
import resource
import socket
import sys
from contextlib import suppress
from dataclasses import fields
from pathlib import Path

import uvicorn

from src import logs
from src.controller.inference import create_app
from src.controller.slot import Slot, claim_slot
from src.settings import Settings, SettingsError

BACKLOG = 16_384
EXIT_USAGE = 2


def main() -> int:
    """Read the settings, start uvicorn, serve until a signal."""
    _parser().parse_args()
    try:
        settings = Settings.from_environment(os.environ)
    except SettingsError as error:
        sys.stderr.write(f"error: {error}\n")
        return EXIT_USAGE
    _allow_many_connections()
    logs.configure(settings.log_level)
    config = uvicorn.Config(
        create_app(settings),
        host=settings.host,
        port=settings.port,
        http="httptools",  # uvicorn would fall back to the slower h11 without a word
        ws="none",
        backlog=BACKLOG,
        access_log=False,
        log_config=None,
        server_header=False,
        timeout_keep_alive=settings.keep_alive_seconds,
        timeout_graceful_shutdown=settings.shutdown_seconds,
    )
    listeners = [config.bind_socket()]
    listeners[0].set_inheritable(False)  # uvicorn's is meant for its workers; a download would keep the port
    slot = claim_slot(Path(settings.socket_dir), backlog=BACKLOG) if settings.socket_dir else None
    if slot:
        listeners.append(slot.socket)
    _Server(config, slot).run(sockets=listeners)
    return 0


class _Server(uvicorn.Server):
    """Lets go of the slot at shutdown: uvicorn then ends the process by the signal that stopped it."""

    def __init__(self, config: uvicorn.Config, slot: Slot | None) -> None:
        super().__init__(config)
        self._slot = slot

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await super().shutdown(sockets)
        if self._slot:
            self._slot.close()


def _parser() -> argparse.ArgumentParser:
    variables = "\n".join(f"  {field.name.upper():26} {field.default}" for field in fields(Settings))
    return argparse.ArgumentParser(
        prog="python -m src",
        description="Serve the registered model over HTTP. Everything is set by environment variables.",
        epilog=f"variables and defaults:\n{variables}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


def _allow_many_connections() -> None:
    """A connection is a descriptor: use all that the hard limit allows."""
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(ValueError):  # macOS calls its limit unlimited and refuses to set it so
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


if __name__ == "__main__":
    sys.exit(main())
