"""The fast lane's answers: the bytes that the application's route would send for the same outcome."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Final

from pydantic_core import to_json

from src.controller.request_id import RequestIds
from src.errors import ApiError
from src.failure_log import FailureLog, log_failure
from src.service.prediction.model import Outcome

DefaultHeaders = list[tuple[bytes, bytes]]
OK: Final = int(HTTPStatus.OK)


class ResponseWriter:
    """Writes whole HTTP answers. The parts that stay the same for a second are put together once.

    Attributes:
        failures: Which exceptions of the service were logged.
    """

    def __init__(self, default_headers: Callable[[], DefaultHeaders], failures: FailureLog) -> None:
        """Start with a new series of request ids.

        Args:
            default_headers: uvicorn's headers of the moment: a new list once a second, for the date.
            failures: Which exceptions of the service were logged.
        """
        self.failures = failures
        self._default_headers = default_headers
        self._ids = RequestIds()
        self._made_from: tuple[DefaultHeaders | None, str] = (None, "")
        self._start = b""

    def answer(self, outcome: Outcome, version: str, request_id: bytes, *, close: bool) -> tuple[int, bytes]:
        """The status and the bytes for one outcome.

        Args:
            outcome: An answer of the model, or an error.
            version: The model version that answered.
            request_id: The client's own id, or empty for a new one.
            close: Whether the client is told that the connection ends.
        """
        if isinstance(outcome, ApiError):
            return self._error(outcome, request_id, close=close)
        if self._made_from[0] is not self._default_headers() or self._made_from[1] != version:
            self._make_start(version)
        value = to_json(outcome)
        return OK, (
            b'%b%d\r\ncontent-type: application/json\r\nx-request-id: %b\r\n%b\r\n{"prediction":%b}'
            % (
                self._start,
                len(value) + 15,  # the JSON around the value
                request_id or self._ids.new(),
                b"connection: close\r\n" if close else b"",
                value,
            )
        )

    def _make_start(self, version: str) -> None:
        headers = self._default_headers()
        self._made_from = headers, version
        self._start = b"HTTP/1.1 200 OK\r\n%bx-model-version: %b\r\ncontent-length: " % (
            _lines(headers),
            version.encode("latin-1"),
        )

    def _error(self, error: ApiError, request_id: bytes, *, close: bool) -> tuple[int, bytes]:
        body = error.body()
        name = request_id or self._ids.new()
        if error.unlogged is not None:
            log_failure(error, name.decode())
        retry = b"" if error.retry_after is None else b"retry-after: %d\r\n" % error.retry_after
        return error.status, (
            b"HTTP/1.1 %d %b\r\n%b%bcontent-length: %d\r\n"
            b"content-type: application/json\r\nx-request-id: %b\r\n%b\r\n%b"
            % (
                error.status,
                HTTPStatus(error.status).phrase.encode(),
                _lines(self._default_headers()),
                retry,
                len(body),
                name,
                b"connection: close\r\n" if close else b"",
                body,
            )
        )


def _lines(headers: DefaultHeaders) -> bytes:
    return b"".join([b"%b: %b\r\n" % header for header in headers])
