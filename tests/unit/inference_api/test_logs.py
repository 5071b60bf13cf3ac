"""Structured logs."""

import json
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from src import logs

Stderr = pytest.CaptureFixture[str]


@contextmanager
def configured() -> Iterator[None]:
    """Log at INFO to the captured standard error; the former configuration is restored afterwards."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    logs.configure("INFO")
    try:
        yield
    finally:
        logging.captureWarnings(capture=False)
        root.handlers, root.level = handlers, level


def lines(captured: Stderr) -> list[dict[str, object]]:
    """Every line of standard error, which must be JSON objects."""
    return [json.loads(line) for line in captured.readouterr().err.splitlines()]


def test_one_object_a_line(capsys: Stderr) -> None:
    """A record is one line of JSON with level, logger, message, time and its extra fields, whatever is in it."""
    with configured():
        logging.getLogger("some.module").warning("two\nlines of %s", "text", extra={"model": 'a "b" ñ'})
    (line,) = lines(capsys)
    assert line["level"] == "WARNING"
    assert line["logger"] == "some.module"
    assert line["message"] == "two\nlines of text"
    assert line["model"] == 'a "b" ñ'
    assert "timestamp" in line
    assert "request_id" not in line


def test_request_id(capsys: Stderr) -> None:
    """A record that is written during a request has the request's id."""
    with configured():
        token = logs.request_id.set("abc-1")
        logging.getLogger("x").info("during")
        logs.request_id.reset(token)
        logging.getLogger("x").info("after")
    during, after = lines(capsys)
    assert during["request_id"] == "abc-1"
    assert "request_id" not in after


def test_traceback_is_one_line(capsys: Stderr) -> None:
    """A traceback stays inside its record's line."""
    with configured():
        try:
            _ = 1 // 0
        except ZeroDivisionError:
            logging.getLogger("x").exception("failed")
    (line,) = lines(capsys)
    assert "ZeroDivisionError" in str(line["exc_info"])


def test_level(capsys: Stderr) -> None:
    """Records below the level are not written."""
    with configured():
        logging.getLogger("x").debug("detail")
    assert lines(capsys) == []


def test_warnings_are_logged(capsys: Stderr) -> None:
    """Warnings of libraries are lines of the log too."""
    with warnings.catch_warnings(), configured():
        warnings.simplefilter("always")
        warnings.warn("odd input", UserWarning, stacklevel=1)
    (line,) = lines(capsys)
    assert (line["logger"], line["level"]) == ("py.warnings", "WARNING")
    assert "odd input" in str(line["message"])


def test_uvicorns_colours_are_dropped(capsys: Stderr) -> None:
    """Uvicorn's second, coloured message is not written."""
    with configured():
        logging.getLogger("uvicorn.error").info("Started", extra={"color_message": "\x1b[36mStarted"})
    (line,) = lines(capsys)
    assert "color_message" not in line
    assert "\x1b" not in json.dumps(line)


def test_nothing_on_standard_output(capsys: Stderr) -> None:
    """Logs go to standard error alone."""
    with configured():
        logging.getLogger("x").error("failed")
    assert capsys.readouterr().out == ""
