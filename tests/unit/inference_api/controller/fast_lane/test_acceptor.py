"""The listening socket: many connections at once, and no free descriptor."""

import asyncio
import errno
import socket
from pathlib import Path

import pytest

from src.controller.fast_lane import acceptor as module
from src.controller.fast_lane.acceptor import Acceptor
from tests.unit.inference_api.doubles import eventually


class ExhaustedListener(socket.socket):
    """A listener that fails as without a free descriptor while `exhausted` is set."""

    exhausted = True

    def accept(self) -> tuple[socket.socket, object]:
        """Raise the kernel's error."""
        if self.exhausted:
            raise OSError(errno.EMFILE, "Too many open files")
        return super().accept()


@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_UNIX], ids=["TCP", "Unix"])
async def test_tcp_and_unix_connections_are_accepted(family: socket.AddressFamily, tmp_path: Path) -> None:
    """Each connection, over TCP and over a Unix socket, is passed on as non-blocking."""
    taken: list[socket.socket] = []
    with socket.socket(family) as listener:
        listener.bind(("127.0.0.1", 0) if family == socket.AF_INET else str(tmp_path / "s"))
        listener.listen(200)
        acceptor = Acceptor(listener, taken.append)
        clients = [socket.socket(family) for _ in range(100)]
        for client in clients:
            client.connect(listener.getsockname())
        await eventually(lambda: len(taken) == len(clients))
        acceptor.close()
        assert all(connection.gettimeout() == 0 for connection in taken)
        for one in [*taken, *clients]:
            one.close()


async def test_no_descriptor_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a free descriptor it pauses instead of retrying at once, and accepts again when there is one."""
    monkeypatch.setattr(module, "_EXHAUSTED_PAUSE_SECONDS", 0.05)
    taken: list[socket.socket] = []
    with ExhaustedListener() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        acceptor = Acceptor(listener, taken.append)
        with socket.create_connection(listener.getsockname()):
            await asyncio.sleep(0.1)
            assert taken == []
            listener.exhausted = False
            await eventually(lambda: len(taken) == 1)
            acceptor.close()
            taken[0].close()


async def test_closed_while_it_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """An acceptor that was closed during its pause does not accept again."""
    monkeypatch.setattr(module, "_EXHAUSTED_PAUSE_SECONDS", 0.05)
    taken: list[socket.socket] = []
    with ExhaustedListener() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        acceptor = Acceptor(listener, taken.append)
        with socket.create_connection(listener.getsockname()):
            await asyncio.sleep(0.02)
            acceptor.close()
            listener.exhausted = False
            await asyncio.sleep(0.15)
    assert taken == []
