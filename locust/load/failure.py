"""What came of one request: nothing to say, or the name of its failure.

The names are few whatever the API answers, because Locust keeps one row per name.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any

_OK = 200
_KIND = re.compile(r"[a-z]+(?:[_ -][a-z]+)*")
_LONGEST_KIND = 40
NOT_SENT = "not sent, every sender still waits"
"""An open arrival that nobody was free to send, because the API has not answered those before it."""

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
    """Name what is wrong with an answer; None when it is 200 and carries a finite prediction."""
    try:
        answer = json.loads(body)
    except ValueError:
        return "HTTP 200 is not JSON" if status == _OK else f"HTTP {status}"
    fields = answer if isinstance(answer, dict) else {}
    if status != _OK:
        kind = fields.get("error")
        return f"HTTP {status} {kind}" if _is_kind(kind) else f"HTTP {status}"
    if "prediction" not in fields:
        return "HTTP 200 without a prediction"
    return _prediction_failure(fields["prediction"])


def network_failure(error: BaseException) -> str:
    """Name what went wrong on the way to an answer."""
    # geventhttpclient wraps the error of a request that it would have repeated, had it been a GET.
    cause = getattr(error, "original", None) or error
    for kind in type(cause).__mro__:
        if kind.__name__ in _NAMES_BY_ERROR:
            return _NAMES_BY_ERROR[kind.__name__]
    return f"network error {type(cause).__name__}"


def _is_kind(kind: Any) -> bool:
    """Whether this is a stable word like `not_ready`: a sentence or an id would make a row for each request."""
    return isinstance(kind, str) and len(kind) <= _LONGEST_KIND and _KIND.fullmatch(kind) is not None


def _prediction_failure(prediction: Any) -> str | None:
    values = prediction if isinstance(prediction, list) else [prediction]
    if not values or not all(isinstance(value, int | float | str) for value in values):
        return "HTTP 200 prediction is neither number nor label"
    # An int or a bool is always finite, and math.isfinite cannot take an int beyond the range of a float.
    if all(math.isfinite(value) for value in values if isinstance(value, float)):
        return None
    return "HTTP 200 prediction is not finite"
