"""Only a 200 with a finite prediction is a success, and failures have few names."""

import json
import re
import socket
import ssl
from typing import Any

import gevent
import pytest
from geventhttpclient.response import HTTPConnectionClosed
from geventhttpclient.useragent import RetriesExceeded
from hypothesis import given
from hypothesis import strategies as st

from load.failure import answer_failure, network_failure
from load.response import ClosedWithoutAnswerError, MalformedResponseError


@pytest.mark.parametrize(
    "prediction", [123.456, -1e300, 0, 10**400, True, "setosa", "", [1.5, 2.5], ["a", "b"], [True, False], [3]]
)
def test_predictions(prediction: Any) -> None:
    """Numbers, labels of any kind, and several outputs are predictions."""
    assert answer_failure(200, json.dumps({"prediction": prediction, "more": None}).encode()) is None


@pytest.mark.parametrize(
    ("body", "failure"),
    [
        (b'{"prediction": NaN}', "HTTP 200 prediction is not finite"),
        (b'{"prediction": -Infinity}', "HTTP 200 prediction is not finite"),
        (b'{"prediction": 1e999}', "HTTP 200 prediction is not finite"),
        (b'{"prediction": [1, NaN]}', "HTTP 200 prediction is not finite"),
        (b'{"prediction": null}', "HTTP 200 prediction is neither number nor label"),
        (b'{"prediction": []}', "HTTP 200 prediction is neither number nor label"),
        (b'{"prediction": {"value": 1}}', "HTTP 200 prediction is neither number nor label"),
        (b'{"predictions": [1]}', "HTTP 200 without a prediction"),
        (b"[1, 2]", "HTTP 200 without a prediction"),
        (b"<html>welcome</html>", "HTTP 200 is not JSON"),
        (b"", "HTTP 200 is not JSON"),
        (b"\xff\xfe", "HTTP 200 is not JSON"),
    ],
)
def test_200_without_a_finite_prediction(body: bytes, failure: str) -> None:
    """A 200 without a finite prediction is a failure whose name says why."""
    assert answer_failure(200, body) == failure


@pytest.mark.parametrize(
    ("status", "body", "failure"),
    [
        (503, b'{"error": "not_ready", "detail": "no model yet", "fields": []}', "HTTP 503 not_ready"),
        (422, b'{"error": "invalid_input"}', "HTTP 422 invalid_input"),
        (201, b'{"prediction": 1.5}', "HTTP 201"),
        (307, b"", "HTTP 307"),
        (502, b"<html>Bad Gateway</html>", "HTTP 502"),
        (500, b'{"error": "request 8f3a failed"}', "HTTP 500"),
        (500, b'{"error": "' + b"x" * 1000 + b'"}', "HTTP 500"),
        (500, b'{"error": {"code": 7}}', "HTTP 500"),
    ],
)
def test_errors_are_grouped_by_status_and_code(status: int, body: bytes, failure: str) -> None:
    """The API's error code is part of the name; ids and sentences are not."""
    assert answer_failure(status, body) == failure


_VALUES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=50)
_FIELDS = st.dictionaries(st.sampled_from(["error", "prediction"]), _VALUES | st.lists(_VALUES, max_size=3), min_size=1)


@given(st.integers(200, 599) | st.just(200), st.binary(max_size=60) | _FIELDS.map(json.dumps).map(str.encode))
def test_every_answer_has_a_short_name(status: int, body: bytes) -> None:
    """Any answer gets a name of limited form, without values of the single request."""
    failure = answer_failure(status, body)
    assert failure is None or re.fullmatch(r"HTTP \d{3}( [a-zJSON_ -]{1,60})?", failure)


@pytest.mark.parametrize(
    ("error", "failure"),
    [
        (ConnectionRefusedError(111, "Connection refused"), "connection refused"),
        (ConnectionResetError(104, "Connection reset by peer"), "connection reset"),
        (BrokenPipeError(32, "Broken pipe"), "connection reset"),
        (TimeoutError("timed out"), "timeout"),
        (gevent.Timeout(5), "timeout"),
        (socket.gaierror(-2, "Name or service not known"), "host name not found"),
        (ssl.SSLCertVerificationError(), "TLS error"),
        (ClosedWithoutAnswerError(), "connection closed without an answer"),
        (HTTPConnectionClosed("connection closed."), "connection closed without an answer"),
        (MalformedResponseError("no HTTP/1 status line"), "answer is not HTTP"),
        (RetriesExceeded("http://x", 0, original=TimeoutError()), "timeout"),
        (OSError(101, "Network is unreachable"), "network error OSError"),
    ],
)
def test_network_errors_have_the_same_names_for_both_users(error: BaseException, failure: str) -> None:
    """The two HTTP clients raise different errors for the same cause."""
    assert network_failure(error) == failure
