"""The fast lane's connections: what is read from them, what is sent to them, and their end.

A connection is its descriptor here, because an object for each of 10,000 is what the lane saves. It is

- idle: only its last activity is kept;
- pending: a request of it waits for its response. Nothing more is read from it, so that the kernel's buffers are the
  back-pressure and responses keep their order;
- blocked: the client has not taken a response yet. Nothing more is read either.

A connection that ends while it is pending keeps its descriptor until the response would have been sent: the kernel must
not give the number to another client before.
"""

from __future__ import annotations

import os
import select
import socket
from collections.abc import Callable
from typing import Final

_READ: Final = select.EPOLLIN | select.EPOLLRDHUP | select.EPOLLET
_WRITE: Final = select.EPOLLOUT
_HUNG_UP: Final = select.EPOLLRDHUP | select.EPOLLHUP | select.EPOLLERR
_DEAD: Final = select.EPOLLHUP | select.EPOLLERR
_READ_BYTES: Final = 4096
_MORE_BYTES: Final = 65_536
_MAX_EVENTS: Final = 1024


class LaneConnections:
    """Open connections on one edge-triggered epoll."""

    def __init__(self) -> None:
        """Open the epoll."""
        self._epoll = select.epoll()
        self._active_at: dict[int, int] = {}  # second of the last activity; holds every open connection
        self._pending: set[int] = set()
        self._ended: set[int] = set()  # while they were pending
        self._unparsed: dict[int, bytes] = {}  # an unfinished request, or what follows a pending one
        self._begun_at: dict[int, int] = {}  # second of the first byte of an unfinished request
        # Extended and shortened in place: to copy all of it for each response and each write is quadratic.
        self._unsent: dict[int, bytearray] = {}
        self._unread: set[int] = set()  # there may be more to read, and the epoll has told so already
        self._second = 0

    def __len__(self) -> int:
        """How many are open."""
        return len(self._active_at)

    def pending_count(self) -> int:
        """How many are pending."""
        return len(self._pending)

    def fileno(self) -> int:
        """The epoll's descriptor: readable when a connection has something."""
        return self._epoll.fileno()

    def add(self, connection: socket.socket) -> None:
        """Take a new one, which does not block."""
        descriptor = connection.detach()
        self._active_at[descriptor] = self._second
        self._epoll.register(descriptor, _READ)

    # Requests

    def received(self) -> dict[int, bytes]:
        """Read from each that has something; returns, by descriptor, all its bytes that were not parsed yet."""
        found: dict[int, bytes] = {}
        while True:
            events = self._epoll.poll(0, _MAX_EVENTS)
            for descriptor, event in events:
                data = self._on_event(descriptor, event)
                if data:
                    found[descriptor] = found[descriptor] + data if descriptor in found else data
            if len(events) < _MAX_EVENTS:
                return found

    def keep(self, descriptor: int, data: bytes) -> None:
        """Keep bytes that cannot be parsed yet; they come back with those that follow, or with `completed`."""
        self._unparsed[descriptor] = data
        self._begun_at.setdefault(descriptor, self._second)

    def set_pending(self, descriptor: int) -> None:
        """A request of it waits for its response."""
        self._pending.add(descriptor)
        if self._begun_at:
            self._begun_at.pop(descriptor, None)

    def is_busy(self, descriptor: int) -> bool:
        """Whether it is pending or blocked."""
        return descriptor in self._pending or descriptor in self._unsent

    def rearm(self) -> None:
        """Let the epoll tell once more of those that may have more than was read."""
        unread, self._unread = self._unread, set()
        for descriptor in unread:
            if self.is_busy(descriptor):
                self._unread.add(descriptor)
            elif descriptor in self._active_at:
                self._epoll.modify(descriptor, _READ)

    def detach(self, descriptor: int) -> socket.socket:
        """Unregister an idle connection and return its socket."""
        self._epoll.unregister(descriptor)
        del self._active_at[descriptor]
        self._begun_at.pop(descriptor, None)
        self._unread.discard(descriptor)
        return socket.socket(fileno=descriptor)

    # Responses

    def send(self, descriptor: int, content: bytes) -> None:
        """Send a response; what the client does not take at once follows when it does."""
        if descriptor not in self._active_at:
            return
        if descriptor in self._unsent:
            self._unsent[descriptor] += content
            return
        try:
            sent = os.write(descriptor, content)
        except BlockingIOError:
            sent = 0
        except OSError:
            self.close(descriptor)
            return
        if sent < len(content):
            self._unsent[descriptor] = bytearray(content[sent:])
            self._epoll.modify(descriptor, _READ | _WRITE)

    def completed(self, descriptors: set[int]) -> list[tuple[int, bytes]]:
        """Their responses were sent: they are not pending any more.

        Returns:
            Those that have bytes to parse and are not blocked.
        """
        self._pending -= descriptors
        for descriptor in self._ended & descriptors:
            self._ended.discard(descriptor)
            os.close(descriptor)
        if not self._unparsed:
            return []
        ready = [one for one in descriptors & self._unparsed.keys() if one not in self._unsent]
        return [(descriptor, self._unparsed.pop(descriptor)) for descriptor in ready]

    # The end

    def close(self, descriptor: int) -> None:
        """End one; a pending one keeps its descriptor until `completed`."""
        if self._active_at.pop(descriptor, None) is None:
            return
        self._unsent.pop(descriptor, None)
        self._unparsed.pop(descriptor, None)
        self._begun_at.pop(descriptor, None)
        self._unread.discard(descriptor)
        if descriptor in self._pending:
            self._epoll.unregister(descriptor)
            self._ended.add(descriptor)
        else:
            os.close(descriptor)

    def close_silent(self, seconds: int) -> None:
        """End what was silent for longer; called once a second, instead of a timer for each."""
        self._second += 1
        limit = self._second - seconds
        silent = [one for one, second in self._active_at.items() if second < limit and one not in self._pending]
        for descriptor in silent:
            self.close(descriptor)

    def close_slow(self, seconds: float, response: Callable[[], bytes]) -> None:
        """End those whose request is unfinished for longer, with a response; called once a second.

        Args:
            seconds: How long a request may take to arrive.
            response: Makes the response.
        """
        for descriptor, second in list(self._begun_at.items()):
            if self.is_busy(descriptor):  # what follows is not read yet
                self._begun_at[descriptor] = self._second
            elif second < self._second - seconds:
                self.send(descriptor, response())
                self.close(descriptor)

    def close_idle(self) -> None:
        """End those that are idle, and have not sent a part of a request either."""
        for descriptor in [one for one in self._active_at if not self.is_busy(one) and one not in self._unparsed]:
            self.close(descriptor)

    def close_answered(self, descriptors: set[int]) -> None:
        """Of these, end those that are neither pending nor blocked."""
        for descriptor in descriptors:
            if not self.is_busy(descriptor):
                self.close(descriptor)

    def is_settled(self) -> bool:
        """Whether every request that has begun is answered, and every response taken."""
        return not self._pending and not self._unsent and not self._unparsed

    def close_all(self) -> None:
        """End all."""
        self.completed(set(self._pending))
        for descriptor in list(self._active_at):
            self.close(descriptor)
        self._epoll.close()

    def _on_event(self, descriptor: int, event: int) -> bytes:
        if descriptor in self._pending or descriptor in self._unsent:
            return self._on_busy(descriptor, event)
        try:
            data = os.read(descriptor, _READ_BYTES)
        except BlockingIOError:
            return b""
        except OSError:
            data = b""
        if not data:
            self.close(descriptor)
            return b""
        self._active_at[descriptor] = self._second
        if len(data) == _READ_BYTES or event & _HUNG_UP:
            data += self._more(descriptor)
        return self._unparsed.pop(descriptor, b"") + data if self._unparsed else data

    def _on_busy(self, descriptor: int, event: int) -> bytes:
        self._unread.add(descriptor)
        if event & _DEAD:
            self.close(descriptor)
        elif event & _WRITE and descriptor in self._unsent:
            self._active_at[descriptor] = self._second
            self._send_more(descriptor)
            if not self.is_busy(descriptor):
                return self._unparsed.pop(descriptor, b"")
        return b""

    def _send_more(self, descriptor: int) -> None:
        unsent = self._unsent[descriptor]
        try:
            sent = os.write(descriptor, unsent)
        except BlockingIOError:
            sent = 0
        except OSError:
            self.close(descriptor)
            return
        del unsent[:sent]
        if unsent:
            self._epoll.modify(descriptor, _READ | _WRITE)
        else:
            del self._unsent[descriptor]

    def _more(self, descriptor: int) -> bytes:
        try:
            more = os.read(descriptor, _MORE_BYTES)
        except BlockingIOError:
            return b""
        except OSError:
            more = b""
        self._unread.add(descriptor)
        return more
