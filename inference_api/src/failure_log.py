"""Unexpected exceptions in the log: each kind once a minute, with the id of a request that it failed.

A model that fails on every row fails thousands of requests a second. One traceback tells as much as all of them, which
would fill the disk and take the time of the requests that can be answered.
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
"""The end of the sentence that such an answer gets."""

_Kind = tuple[type[BaseException], str, int]


class FailureLog:
    """Knows which kinds of failure were logged of late. A kind is an exception's class and the line that raised it."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        """Start with nothing logged.

        Args:
            clock: Seconds that only go forward.
        """
        self._clock = clock
        self._latest: dict[_Kind, tuple[float, int]] = {}

    def noted(self, answer: ApiError, cause: Exception) -> ApiError:
        """The answer, which brings the exception along when its kind is to be logged.

        What is not logged is only counted: ten thousand failed rows must not keep ten thousand tracebacks.

        Args:
            answer: What the client gets.
            cause: What happened.
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
    """Log the exception that an answer brings along, if it does; called when the answer's request id is known.

    Args:
        answer: What the client gets.
        request_id: The id that the client gets with it.
        path: Of the request, where the exception does not tell.
    """
    failure = answer.unlogged
    if failure is None:
        return
    answer.unlogged = None  # it may answer several requests
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
