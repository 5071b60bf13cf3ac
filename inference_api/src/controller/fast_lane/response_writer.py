"""The fast lane's responses: the bytes that the application's route would send for the same outcomes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import Final

from src.controller.error_responses import unexpected
from src.controller.fast_lane.request_head_cache import RequestHead
from src.controller.protocols.endpoint import PredictionRequest, TypedContent
from src.controller.request_id import RequestIds
from src.errors import ApiError
from src.failure_log import FailureLog, log_failure
from src.service.prediction.model import LoadedModel, Outcome
from src.service.prediction_log.prediction_log import PredictionLog

DefaultHeaders = list[tuple[bytes, bytes]]
OK: Final = int(HTTPStatus.OK)
_JSON: Final = b"content-type: application/json\r\n"


class ResponseWriter:
    """Writes whole HTTP responses. The parts that stay the same for a second are put together once."""

    def __init__(
        self, default_headers: Callable[[], DefaultHeaders], failures: FailureLog, log: PredictionLog | None = None
    ) -> None:
        """Start with a new series of request ids.

        Args:
            default_headers: uvicorn's headers of the moment: a new list once a second, for the date.
            failures: Which exceptions of the service were logged.
            log: Gets the requests that are answered with status 200; None when it is off.
        """
        self._failures, self._log = failures, log
        self._default_headers = default_headers
        self._ids = RequestIds()
        self._made_from: DefaultHeaders | None = None
        self._starts: dict[str, bytes] = {}  # by the version that answers

    def response(  # noqa: PLR0913 - an object for what a batch shares would be one more lookup for each request
        self,
        head: RequestHead,
        request: PredictionRequest,
        outcomes: Sequence[Outcome],
        model: LoadedModel | None,
        version: str,
        *,
        close: bool,
    ) -> tuple[int, bytes]:
        """The status and the bytes of one response.

        Args:
            head: The request's head.
            request: The request.
            outcomes: One for each row of the request.
            model: The model that validated its rows; None when none serves.
            version: The model version that answered.
            close: Whether the client is told that the connection ends.
        """
        try:
            content = request.content(outcomes)
        except Exception as fault:  # noqa: BLE001 - JSON cannot hold it; other requests have their responses
            content = unexpected(fault, self._failures)
        if isinstance(content, ApiError):
            return self.error(head, content, close=close, causes=outcomes)
        if self._made_from is not self._default_headers():
            self._made_from, self._starts = self._default_headers(), {}
        request_id = head.request_id or self._ids.new()
        if self._log is not None and model is not None:
            self._log.add(request_id, request.rows, outcomes, model, version=version, size=head.body_length)
        body, type_lines = (content, _JSON) if isinstance(content, bytes) else (content.body, _type_lines(content))
        return OK, (
            b"%b%d\r\n%bx-request-id: %b\r\n%b\r\n%b"
            % (
                self._starts.get(version) or self._make_start(version),
                len(body),
                type_lines,
                request_id,
                b"connection: close\r\n" if close else b"",
                body,
            )
        )

    def error(
        self, head: RequestHead, error: ApiError, *, close: bool, causes: Sequence[Outcome] = ()
    ) -> tuple[int, bytes]:
        """The status and the bytes of an error response.

        Args:
            head: The request's head.
            error: The error.
            close: Whether the client is told that the connection ends.
            causes: The outcomes that led to it; errors among them are logged.
        """
        body = head.endpoint.error_content(error)
        name = head.request_id or self._ids.new()
        for cause in (*causes, error):
            if isinstance(cause, ApiError):
                log_failure(cause, name.decode())
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

    def _make_start(self, version: str) -> bytes:
        start = b"HTTP/1.1 200 OK\r\n%bx-model-version: %b\r\ncontent-length: " % (
            _lines(self._default_headers()),
            version.encode("latin-1"),
        )
        self._starts[version] = start
        return start


def _lines(headers: DefaultHeaders) -> bytes:
    return b"".join([b"%b: %b\r\n" % header for header in headers])


def _type_lines(content: TypedContent) -> bytes:
    lines = [("content-type", content.media_type), *content.headers]
    return "".join([f"{name}: {value}\r\n" for name, value in lines]).encode("latin-1")
