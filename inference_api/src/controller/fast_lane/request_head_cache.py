"""Request heads that the fast lane answers, recognised by their exact bytes.

Clients repeat themselves: the bytes up to the blank line are the same for thousands of requests. What llhttp has once
read as a plain POST of a prediction is afterwards one dictionary lookup. The lane itself parses no HTTP.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import httptools

from src.controller.body import media_type_of
from src.controller.protocols.endpoint import PredictionEndpoint, ReadRequest, RequestParameters
from src.controller.protocols.paths import EndpointPaths
from src.controller.request_id import accepted
from src.errors import ApiError

MAX_HEAD: Final = 8192
MAX_BODY: Final = 65_536
"""Larger bodies are rare, and uvicorn's flow control is made for them."""
MAX_KEPT: Final = 1024
MAX_KEPT_HEAD: Final = 1024
# Each of them changes how the body or the rest of the connection is read, or needs an answer before the body.
_OTHER: Final = frozenset({b"transfer-encoding", b"content-encoding", b"expect", b"upgrade"})


@dataclass(frozen=True, slots=True)
class RequestHead:
    """What the lane needs to know of a request before its body.

    Attributes:
        endpoint: What answers it.
        read: Reads its body.
        body_length: Bytes that follow the blank line.
        request_id: The client's own acceptable `X-Request-ID`, or empty.
        canary_key: What it is split by between champion and challenger: the value of a header, or empty.
    """

    endpoint: PredictionEndpoint
    read: ReadRequest
    body_length: int
    request_id: bytes
    canary_key: bytes = b""


class RequestHeadCache:
    """Heads seen before. One that differs on every request (a trace id) is parsed, and leaves the others in place."""

    def __init__(self, endpoints: Sequence[PredictionEndpoint], max_body: int, canary_header: str) -> None:
        """Start empty.

        Args:
            endpoints: Those that the lane serves.
            max_body: The service's limit of a body in bytes; the lane's own may be lower.
            canary_header: Name of the header that splits the requests between champion and challenger.
        """
        self._paths = EndpointPaths(endpoints)
        self._starts = tuple(b"POST %b" % start.encode() for start in self._paths.starts)
        self._max_body = min(max_body, MAX_BODY)
        self._canary_header = canary_header.lower().encode()
        self._known: dict[bytes, RequestHead] = {}
        self._seen_once: set[int] = set()

    def read(self, head: bytes) -> RequestHead | None:
        """The head's meaning, or None when the request is not for the lane.

        Args:
            head: The bytes of a request up to and with its blank line.
        """
        return self._known.get(head) or self._learn(head)

    def may_become_head(self, data: bytes) -> bool:
        """Whether these bytes, which hold no blank line yet, may become a head for the lane."""
        if len(data) > MAX_HEAD or not any(start.startswith(data[: len(start)]) for start in self._starts):
            return False
        # uvicorn refuses any other line end at once; here such a client would wait for the rest of its own head.
        line_ends = data.count(b"\r\n")
        return data.count(b"\n") == line_ends == data.count(b"\r", 0, -1)

    def __len__(self) -> int:
        """Heads that are recognised without parsing."""
        return len(self._known)

    def _learn(self, head: bytes) -> RequestHead | None:
        found = self._parse(head)
        if found is None or len(head) > MAX_KEPT_HEAD:
            return found
        mark = hash(head)
        if mark not in self._seen_once:
            if len(self._seen_once) >= MAX_KEPT:
                self._seen_once.clear()
            self._seen_once.add(mark)
            return found
        if len(self._known) >= MAX_KEPT:
            self._known.clear()
        self._known[head] = found
        return found

    def _parse(self, head: bytes) -> RequestHead | None:
        """Read a head with uvicorn's own parser; None when it is anything else than a plain keep-alive prediction."""
        reading = _Reading()
        parser = httptools.HttpRequestParser(reading)
        try:
            parser.feed_data(head)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            return None
        if not reading.complete or reading.messages != 1 or reading.more:
            return None
        if parser.get_method() != b"POST" or parser.get_http_version() != "1.1" or not parser.should_keep_alive():
            return None
        values = dict(reversed(reading.headers))  # of several, the first counts
        names = [name for name, _value in reading.headers]
        if not _OTHER.isdisjoint(names) or names.count(b"content-length") != 1 or names.count(b"content-type") > 1:
            return None
        length = values[b"content-length"]
        if not length.isdigit() or int(length) > self._max_body:
            return None
        return self._bind(reading.url, values, int(length))

    def _bind(self, url: bytes, values: Mapping[bytes, bytes], length: int) -> RequestHead | None:
        if b"#" in url:  # no client sends a fragment; uvicorn leaves it out
            return None
        path, _mark, query = url.decode("latin-1").partition("?")
        found = self._paths.find(path)
        if found is None:
            return None
        endpoint, of_path = found
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in values.items()}
        media_type = media_type_of(headers.get("content-type"))
        if media_type not in endpoint.media_types:
            return None
        try:
            read = endpoint.bind(RequestParameters(of_path, query, media_type, headers))
        except ApiError:  # the route has the error
            return None
        request_id, key = accepted(values.get(b"x-request-id", b"")), values.get(self._canary_header, b"").strip()
        return RequestHead(endpoint, read, length, request_id, key)


class _Reading:
    """Takes llhttp's callbacks for one head."""

    def __init__(self) -> None:
        self.url = b""
        self.headers: list[tuple[bytes, bytes]] = []
        self.complete = False
        self.messages = 0
        self.more = False

    def on_message_begin(self) -> None:
        self.messages += 1

    def on_url(self, url: bytes) -> None:
        self.url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        self.complete = True

    def on_body(self, _body: bytes) -> None:
        self.more = True
