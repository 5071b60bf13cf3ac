"""Pages of the stack and whether they are open."""

import asyncio

import pytest

from src.controller.home_page import open_pages
from src.controller.home_page.open_pages import OpenPages
from src.settings import PageLink


async def test_open_and_closed_pages() -> None:
    """A page whose server accepts connections is open; one that refuses, or has no such host, is not."""
    server = await asyncio.start_server(lambda _reader, writer: writer.close(), "127.0.0.1")
    port = server.sockets[0].getsockname()[1]
    links = [
        PageLink("Up", "0.0.0.0", 8005, "127.0.0.1", port),
        PageLink("Down", "127.0.0.1", 8006, "127.0.0.1", 1),
        PageLink("Nobody", "127.0.0.1", 8007, "nobody.invalid", 80),
        PageLink("Too long", "127.0.0.1", 8008, "x" * 70, 80),
    ]
    async with server:
        found = await OpenPages(links).describe()
    assert found[0] == {"name": "Up", "bind": "0.0.0.0", "port": 8005, "open": True}
    assert [page["open"] for page in found] == [True, False, False, False]


async def test_a_check_is_shared(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many clients ask, a server is asked once; after some time it is asked again."""
    connections: list[object] = []

    def connected(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.append(writer)
        writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1")
    port = server.sockets[0].getsockname()[1]
    async with server:
        pages = OpenPages([PageLink("Up", "0.0.0.0", 8005, "127.0.0.1", port)])
        found = await asyncio.gather(*[pages.describe() for _ in range(10)])
        assert [page[0]["open"] for page in found] == [True] * 10
        monkeypatch.setattr(open_pages, "monotonic", lambda: pages._expires)
        await pages.describe()
        await asyncio.sleep(0)
    assert len(connections) == 2
