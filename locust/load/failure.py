"""The name of what failed in a request, if anything did.

There are few names whatever the API answers, because Locust keeps one row per name.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any

_OK = 200
_ERROR_CODE = re.compile(r"[a-z]+(?:[_ -][a-z]+)*")
_MAX_CODE_LENGTH = 40
NOT_SENT = "not sent, every sender still waits"
"""An open arrival that was not sent in time, because every sender still waited for an answer of the API."""

_NAMES_BY_ERROR = {
    "ConnectionRefusedError": "connection refused",
    "ConnectionResetError": "connection reset",
    "BrokenPipeError": "connection reset",
    "HTTPConnectionClosed": "connection closed without an answer",
    "ClosedWithoutAnswerError": "connection closed without an answer",
    "HTTPParseError": "answer is not HTTP",
    "MalformedResponseError": "answer is not HTTP",
    "TimeoutError": "timeout",
    "Timeout": "timeout",
    "gaierror": "host name not found",
    "SSLError": "TLS error",
    "SSLCertVerificationError": "TLS error",
}


def answer_failure(status: int, body: bytes) -> str | None:
    """Name what is wrong with an answer; None when it is 200 and has a finite prediction."""
    try:
        answer = json.loads(body)
    except ValueError:
        return "HTTP 200 is not JSON" if status == _OK else f"HTTP {status}"
    fields = answer if isinstance(answer, dict) else {}
    if status != _OK:
        code = fields.get("error")
        return f"HTTP {status} {code}" if _is_error_code(code) else f"HTTP {status}"
    if "prediction" not in fields:
        return "HTTP 200 without a prediction"
    return _prediction_failure(fields["prediction"])


def network_failure(error: BaseException) -> str:
    """Name the network error that ended a request."""
    # geventhttpclient wraps the error of a request that it would have repeated if it were a GET.
    cause = getattr(error, "original", None) or error
    for error_type in type(cause).__mro__:
        if error_type.__name__ in _NAMES_BY_ERROR:
            return _NAMES_BY_ERROR[error_type.__name__]
    return f"network error {type(cause).__name__}"


def _is_error_code(code: Any) -> bool:
    """Whether this is a fixed code like `not_ready`: a sentence or an id would make a row for each request."""
    return isinstance(code, str) and len(code) <= _MAX_CODE_LENGTH and _ERROR_CODE.fullmatch(code) is not None


def _prediction_failure(prediction: Any) -> str | None:
    values = prediction if isinstance(prediction, list) else [prediction]
    if not values or not all(isinstance(value, int | float | str) for value in values):
        return "HTTP 200 prediction is neither number nor label"
    # An int or a bool is always finite, and math.isfinite cannot take an int beyond the range of a float.
    if all(math.isfinite(value) for value in values if isinstance(value, float)):
        return None
    return "HTTP 200 prediction is not finite"
