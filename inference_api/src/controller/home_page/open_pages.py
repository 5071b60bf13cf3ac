"""Which of the other pages of the stack are open now, such as MLflow's."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from time import monotonic
from typing import Any, Final

from src.settings import PageLink

CHECK_SECONDS: Final = 1.0
KEEP_SECONDS: Final = 5.0
"""A check counts for so long, however many browsers ask."""


class OpenPages:
    """The pages of the setting, each with whether its server accepts connections."""

    def __init__(self, links: Sequence[PageLink]) -> None:
        """Nothing is checked before the first request.

        Args:
            links: The pages.
        """
        self._links = links
        self._checking = asyncio.Lock()
        self._found: list[dict[str, Any]] = []
        self._expires = float("-inf")

    async def describe(self) -> list[dict[str, Any]]:
        """Each page as a JSON object: its name, where it is published, and whether it is open."""
        async with self._checking:
            if monotonic() >= self._expires:
                is_open = await asyncio.gather(*[_accepts(link.server_host, link.server_port) for link in self._links])
                self._found = [
                    {"name": link.name, "bind": link.bind, "port": link.port, "open": found}
                    for link, found in zip(self._links, is_open, strict=True)
                ]
                self._expires = monotonic() + KEEP_SECONDS
        return self._found


async def _accepts(host: str, port: int) -> bool:
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            _reader, writer = await asyncio.open_connection(host, port)
    except (OSError, UnicodeError):  # also a timeout, and no such name: a container that does not run has none
        return False
    writer.close()
    return True
