"""One HTTP answer, parsed from bytes."""

import json
import re
from dataclasses import dataclass, field
from typing import Any, NamedTuple

_WITHOUT_BODY = (204, 304)
_LOADED_SINCE = re.compile(rb'"loaded_since":"[^"]*"')
_DATE = re.compile(r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT")


class Comparable(NamedTuple):
    """The parts of an answer that must be equal for two services."""

    interim: tuple[str, ...]
    status_line: str
    headers: tuple[tuple[str, str], ...]
    body: bytes


@dataclass
class Answer:
    """An answer.

    Attributes:
        status_line: Its first line.
        headers: Names in lower case with their values, as they came.
        body: Its body, without the chunks' sizes.
        interim: Status lines of the 1xx answers before it.
    """

    status_line: str
    headers: list[tuple[str, str]]
    body: bytes
    interim: list[str] = field(default_factory=list)

    @classmethod
    def parse(cls, received: bytes | bytearray, method: str) -> "tuple[Answer, int] | None":
        """The first answer in the received bytes, with its length in bytes; None while it is incomplete."""
        interim: list[str] = []
        start = 0
        while True:
            blank = received.find(b"\r\n\r\n", start)
            if blank < 0:
                return None
            status_line, *lines = bytes(received[start:blank]).decode("latin-1").split("\r\n")
            start = blank + 4
            if not status_line.startswith("HTTP/1.1 1"):
                break
            interim.append(status_line)
        pairs = [line.partition(":") for line in lines]
        answer = cls(status_line, [(name.lower(), value.strip()) for name, _, value in pairs], b"", interim)
        if method == "HEAD" or answer.status in _WITHOUT_BODY:
            return answer, start
        length = int(answer.header("content-length"))
        answer.body = bytes(received[start : start + length])
        return (answer, start + length) if len(answer.body) == length else None

    @property
    def status(self) -> int:
        """Status code."""
        return int(self.status_line.split(" ")[1])

    @property
    def json(self) -> Any:
        """The body's JSON value."""
        return json.loads(self.body)

    def header(self, name: str) -> str:
        """Value of the one header of that name.

        Raises:
            AssertionError: When there is none, or several.
        """
        found = [value for key, value in self.headers if key == name]
        assert len(found) == 1, f"{name}: {len(found)} times in {self}"
        return found[0]

    @property
    def closes(self) -> bool:
        """Whether it announces the end of the connection."""
        return ("connection", "close") in self.headers

    def comparable(self, own_id: str | None) -> Comparable:
        """The answer without the parts that differ between two services or two moments.

        Args:
            own_id: The request id that the client sent and must get back.
        """
        headers = []
        for name, value in self.headers:
            shown = value
            if name == "date":
                assert _DATE.fullmatch(value), value
                shown = "now"
            elif name == "x-request-id" and value != own_id:
                shown = "generated"
            headers.append((name, shown))
        body = _LOADED_SINCE.sub(b'"loaded_since":""', self.body)
        return Comparable(tuple(self.interim), self.status_line, tuple(sorted(headers)), body)
