"""Logs unexpected exceptions: each kind once a minute, with the id of a request that failed.

A model that fails on every row fails thousands of requests a second. Logging every traceback would add no information,
fill the disk and take CPU time from the other requests.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from time import monotonic
from typing import Final

from src.errors import ApiError, UnloggedFailure

logger = logging.getLogger(__name__)

EVERY_SECONDS: Final = 60.0
MAX_KINDS: Final = 1000
LOGGED: Final = "the log has each kind of failure once a minute, with the X-Request-ID of the first"
"""The end of the `detail` of such a response."""

_Kind = tuple[type[BaseException], str, int]


class FailureLog:
    """Remembers which kinds of failure were logged, and when. A kind is an exception class and the raising line."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        """Start with nothing logged.

        Args:
            clock: A monotonic clock, in seconds.
        """
        self._clock = clock
        self._latest: dict[_Kind, tuple[float, int]] = {}

    def noted(self, answer: ApiError, cause: Exception) -> ApiError:
        """Attach the exception to the error when its kind is due to be logged; else only count it.

        An exception that is not logged is not kept: ten thousand failed rows must not keep ten thousand tracebacks.

        Args:
            answer: The error that the client gets.
            cause: The exception.

        Returns:
            The same error.
        """
        kind, now = _kind_of(cause), self._clock()
        since, left_out = self._latest.get(kind, (-EVERY_SECONDS, 0))
        if now - since < EVERY_SECONDS:
            self._latest[kind] = since, left_out + 1
            return answer
        if len(self._latest) >= MAX_KINDS:
            self._latest.clear()
        self._latest[kind] = now, 0
        answer.unlogged = UnloggedFailure(cause, left_out)
        return answer


def log_failure(answer: ApiError, request_id: str, path: str = "") -> None:
    """Log the exception that is attached to an error, if any; called when the request's id is known.

    Args:
        answer: The error that the client gets.
        request_id: The id in the client's response.
        path: The request's path, where the traceback does not show it.
    """
    failure = answer.unlogged
    if failure is None:
        return
    answer.unlogged = None  # the same error may be the response to several requests
    about: dict[str, object] = {"request_id": request_id}
    if path:
        about["path"] = path
    if failure.left_out:
        about["not_logged_before"] = failure.left_out
    logger.error(
        "a request failed; further failures of this kind are only counted for a minute",
        exc_info=failure.cause,
        extra=about,
    )


def _kind_of(error: BaseException) -> _Kind:
    trace = error.__traceback__
    if trace is None:
        return type(error), "", 0
    while trace.tb_next is not None:
        trace = trace.tb_next
    return type(error), trace.tb_frame.f_code.co_filename, trace.tb_lineno
