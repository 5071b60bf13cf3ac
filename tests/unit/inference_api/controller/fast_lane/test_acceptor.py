"""The listening socket: many at once, and none to spare."""

import asyncio
import errno
import socket
from pathlib import Path

import pytest

from src.controller.fast_lane import acceptor as module
from src.controller.fast_lane.acceptor import Acceptor
from tests.unit.inference_api.doubles import eventually


class ExhaustedListener(socket.socket):
    """A listener of a process without a free descriptor, for as long as it is told so."""

    exhausted = True

    def accept(self) -> tuple[socket.socket, object]:
        """Refuse as the kernel does."""
        if self.exhausted:
            raise OSError(errno.EMFILE, "Too many open files")
        return super().accept()


@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_UNIX], ids=["TCP", "Unix"])
async def test_connections_of_both_kinds_come_in(family: socket.AddressFamily, tmp_path: Path) -> None:
    """Over TCP and over a Unix socket each connection is passed on, ready to be read without waiting."""
    taken: list[socket.socket] = []
    with socket.socket(family) as listener:
        listener.bind(("127.0.0.1", 0) if family == socket.AF_INET else str(tmp_path / "s"))
        listener.listen(200)
        door = Acceptor(listener, taken.append)
        clients = [socket.socket(family) for _ in range(100)]
        for client in clients:
            client.connect(listener.getsockname())
        await eventually(lambda: len(taken) == len(clients))
        door.close()
        assert all(connection.gettimeout() == 0 for connection in taken)
        for one in [*taken, *clients]:
            one.close()


async def test_no_descriptor_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a free descriptor it pauses instead of spinning, and goes on when there is one."""
    monkeypatch.setattr(module, "_EXHAUSTED_PAUSE_SECONDS", 0.05)
    taken: list[socket.socket] = []
    with ExhaustedListener() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        door = Acceptor(listener, taken.append)
        with socket.create_connection(listener.getsockname()):
            await asyncio.sleep(0.1)
            assert taken == []
            listener.exhausted = False
            await eventually(lambda: len(taken) == 1)
            door.close()
            taken[0].close()


async def test_closed_while_it_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """A door that was closed in its pause does not open again."""
    monkeypatch.setattr(module, "_EXHAUSTED_PAUSE_SECONDS", 0.05)
    taken: list[socket.socket] = []
    with ExhaustedListener() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        door = Acceptor(listener, taken.append)
        with socket.create_connection(listener.getsockname()):
            await asyncio.sleep(0.02)
            door.close()
            listener.exhausted = False
            await asyncio.sleep(0.15)
    assert taken == []
