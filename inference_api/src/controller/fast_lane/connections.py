"""The fast lane's connections: what is read from them, what is owed to them, and their end.

Descriptors stand for connections here, because an object for each of 10,000 is what the lane saves. So a number must
not be used again while an answer is owed to its connection: closing waits until the answer has come.
"""

from __future__ import annotations

import os
import select
import socket
from typing import Final

_READ: Final = select.EPOLLIN | select.EPOLLRDHUP | select.EPOLLET
_WRITE: Final = select.EPOLLOUT
_HUNG_UP: Final = select.EPOLLRDHUP | select.EPOLLHUP | select.EPOLLERR
_DEAD: Final = select.EPOLLHUP | select.EPOLLERR
_READ_BYTES: Final = 4096
_MORE_BYTES: Final = 65_536
_MAX_EVENTS: Final = 1024


class LaneConnections:
    """Open connections on one edge-triggered epoll.

    Attributes:
        owed: Those of which a request waits for its answer; nothing more is read from them, so that the kernel's
            buffers are the back-pressure and answers keep their order.
        partial: What was read of an unfinished request, or waits behind an answer.
    """

    def __init__(self) -> None:
        """Open the epoll."""
        self.owed: set[int] = set()
        self.partial: dict[int, bytes] = {}
        self._epoll = select.epoll()
        self._seen: dict[int, int] = {}  # descriptor -> second of its last bytes: all there is of an idle connection
        self._unsent: dict[int, bytes] = {}  # the client has not taken it yet
        self._gone: set[int] = set()  # ended while an answer is owed
        self._again: set[int] = set()  # there may be more to read, and the edge is used up
        self._second = 0

    def __len__(self) -> int:
        """How many are open."""
        return len(self._seen)

    def fileno(self) -> int:
        """The epoll's descriptor: readable when a connection has something."""
        return self._epoll.fileno()

    def add(self, connection: socket.socket) -> None:
        """Take a new one, which does not block."""
        descriptor = connection.detach()
        self._seen[descriptor] = self._second
        self._epoll.register(descriptor, _READ)

    def received(self) -> list[tuple[int, bytes]]:
        """Read once from each that has something: descriptor, and its partial request with what came."""
        found: list[tuple[int, bytes]] = []
        while True:
            events = self._epoll.poll(0, _MAX_EVENTS)
            for descriptor, event in events:
                data = self._serve(descriptor, event)
                if data:
                    found.append((descriptor, data))
            if len(events) < _MAX_EVENTS:
                return found

    def send(self, descriptor: int, content: bytes) -> None:
        """Send an answer; what the client does not take at once follows when it does."""
        if descriptor not in self._seen:
            return
        if descriptor in self._unsent:
            self._unsent[descriptor] += content
            return
        try:
            sent = os.write(descriptor, content)
        except BlockingIOError:
            sent = 0
        except OSError:
            self.drop(descriptor)
            return
        if sent < len(content):
            self._unsent[descriptor] = content[sent:]
            self._epoll.modify(descriptor, _READ | _WRITE)

    def is_busy(self, descriptor: int) -> bool:
        """Whether an answer is owed to it, or not taken yet."""
        return descriptor in self.owed or descriptor in self._unsent

    def is_settled(self) -> bool:
        """Whether every request that has begun is answered, and every answer taken."""
        return not self.owed and not self._unsent and not self.partial

    def settle(self, descriptors: set[int]) -> None:
        """Their answers are given."""
        self.owed -= descriptors
        for descriptor in self._gone & descriptors:
            self._gone.discard(descriptor)
            os.close(descriptor)

    def rearm(self) -> None:
        """Let the epoll tell once more of those that may have more than was read."""
        again, self._again = self._again, set()
        for descriptor in again:
            if self.is_busy(descriptor):
                self._again.add(descriptor)
            elif descriptor in self._seen:
                self._epoll.modify(descriptor, _READ)

    def release(self, descriptor: int) -> socket.socket:
        """Give one away."""
        self._epoll.unregister(descriptor)
        del self._seen[descriptor]
        self._again.discard(descriptor)
        return socket.socket(fileno=descriptor)

    def drop(self, descriptor: int) -> None:
        """End one; while an answer is owed its number stays taken."""
        if self._seen.pop(descriptor, None) is None:
            return
        self._unsent.pop(descriptor, None)
        self.partial.pop(descriptor, None)
        self._again.discard(descriptor)
        if descriptor in self.owed:
            self._epoll.unregister(descriptor)
            self._gone.add(descriptor)
        else:
            os.close(descriptor)

    def sweep(self, keep_alive_seconds: int) -> None:
        """End what has been silent for too long; called once a second, instead of a timer for each."""
        self._second += 1
        limit = self._second - keep_alive_seconds
        for descriptor in [one for one, second in self._seen.items() if second < limit and one not in self.owed]:
            self.drop(descriptor)

    def drop_idle(self) -> None:
        """End those of which nothing is expected."""
        for descriptor in [one for one in self._seen if not self.is_busy(one) and one not in self.partial]:
            self.drop(descriptor)

    def close(self) -> None:
        """End all."""
        self.settle(set(self.owed))
        for descriptor in list(self._seen):
            self.drop(descriptor)
        self._epoll.close()

    def _serve(self, descriptor: int, event: int) -> bytes:
        if descriptor in self.owed or descriptor in self._unsent:
            self._again.add(descriptor)
            if event & _DEAD:
                self.drop(descriptor)
            elif event & _WRITE and descriptor in self._unsent:
                self._seen[descriptor] = self._second
                self.send(descriptor, self._unsent.pop(descriptor))
                if not self.is_busy(descriptor):
                    return self.partial.pop(descriptor, b"")
            return b""
        try:
            data = os.read(descriptor, _READ_BYTES)
        except BlockingIOError:
            return b""
        except OSError:
            data = b""
        if not data:
            self.drop(descriptor)
            return b""
        self._seen[descriptor] = self._second
        if len(data) == _READ_BYTES or event & _HUNG_UP:
            data += self._more(descriptor)
        return self.partial.pop(descriptor, b"") + data if self.partial else data

    def _more(self, descriptor: int) -> bytes:
        try:
            more = os.read(descriptor, _MORE_BYTES)
        except BlockingIOError:
            return b""
        except OSError:
            more = b""
        self._again.add(descriptor)
        return more
