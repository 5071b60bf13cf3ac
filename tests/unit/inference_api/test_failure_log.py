"""Unexpected exceptions in the log: each kind once a minute, with a request's id."""

import gc
import logging
import weakref
from collections.abc import Callable
from typing import Any

import pytest

from src.errors import ApiError
from src.failure_log import EVERY_SECONDS, MAX_KINDS, FailureLog, log_failure


class Clock:
    """A clock that a test sets.

    Attributes:
        now: Its seconds.
    """

    def __init__(self) -> None:
        """Start at any moment."""
        self.now = 1234.5

    def __call__(self) -> float:
        """The seconds."""
        return self.now


def raised(error: Exception) -> Exception:
    """An exception that was raised here."""
    try:
        raise error
    except Exception as caught:  # noqa: BLE001 - whatever it was given
        return caught


def elsewhere() -> Exception:
    """A RuntimeError raised on another line."""
    try:
        raise RuntimeError("other line")
    except RuntimeError as caught:
        return caught


def logged(caplog: pytest.LogCaptureFixture) -> list[tuple[str, str, int]]:
    """Request id, exception and left-out count of each record."""
    return [
        (vars(record)["request_id"], repr(record.exc_info and record.exc_info[1]), record.__dict__.get(LEFT_OUT, 0))
        for record in caplog.records
        if record.levelno == logging.ERROR
    ]


LEFT_OUT = "not_logged_before"


def fail(log: FailureLog, error: Exception, request_id: str) -> None:
    """One failed request."""
    log_failure(log.noted(ApiError("failed"), error), request_id)


def test_once_a_minute(caplog: pytest.LogCaptureFixture) -> None:
    """The first of a kind is logged with id and traceback; a minute later the next, with the number between them."""
    clock = Clock()
    log = FailureLog(clock)
    for number in range(500):
        fail(log, raised(ValueError(f"message {number}")), f"id-{number}")
    clock.now += EVERY_SECONDS - 0.1
    fail(log, raised(ValueError("still early")), "early")
    clock.now += 0.1
    fail(log, raised(ValueError("due")), "due")
    fail(log, raised(ValueError("again")), "again")
    assert logged(caplog) == [("id-0", "ValueError('message 0')", 0), ("due", "ValueError('due')", 500)]
    assert "in raised" in caplog.text


def test_kinds(caplog: pytest.LogCaptureFixture) -> None:
    """Another class or another line is another kind; each is logged once a minute."""
    log = FailureLog(Clock())
    makers: tuple[Callable[[], Exception], ...] = (
        lambda: raised(ValueError("a")),
        lambda: raised(RuntimeError("b")),
        elsewhere,
        lambda: KeyError("never raised"),
    )
    for number in range(3):
        for maker in makers:
            fail(log, maker(), str(number))
    assert [(name, what) for name, what, _left_out in logged(caplog)] == [
        ("0", "ValueError('a')"),
        ("0", "RuntimeError('b')"),
        ("0", "RuntimeError('other line')"),
        ("0", "KeyError('never raised')"),
    ]


def test_error_of_many_requests_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    """When many requests get the same error, it is logged once, with the id of the first."""
    answer = FailureLog().noted(ApiError("failed"), raised(ValueError("x")))
    for name in ("first", "second"):
        log_failure(answer, name)
    assert [name for name, _what, _left_out in logged(caplog)] == ["first"]


def test_errors_without_an_exception_are_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    """An error without an exception, such as a client error, is not logged."""
    log_failure(ApiError("refused"), "id")
    assert logged(caplog) == []


def test_the_path_is_named(caplog: pytest.LogCaptureFixture) -> None:
    """The record has the request's path when it is given."""
    log_failure(FailureLog().noted(ApiError("failed"), raised(ValueError("x"))), "id", "/model")
    assert vars(caplog.records[0])["path"] == "/model"


def test_counted_exceptions_are_not_kept() -> None:
    """An exception that is only counted is garbage after the response, with everything in its traceback."""

    class Data:
        """Stands for the rows in the frames of a traceback."""

    def failing() -> tuple[Exception, Any]:
        data = Data()
        try:
            raise ValueError(data)
        except ValueError as error:
            return error, weakref.ref(data)

    log = FailureLog()
    answers, kept = [], []
    for _ in range(50):
        error, data = failing()
        answers.append(log.noted(ApiError("failed"), error))
        kept.append(data)
    del error
    gc.collect()
    assert [data() is not None for data in kept] == [True] + [False] * 49
    log_failure(answers[0], "id")


def test_kinds_are_bounded() -> None:
    """The number of remembered kinds is limited, also when classes are created at run time."""
    log = FailureLog()
    for number in range(3 * MAX_KINDS):
        kind = type(f"Error{number}", (Exception,), {})
        assert log.noted(ApiError("failed"), kind()).unlogged is not None
    assert len(log._latest) <= MAX_KINDS
