"""MLflow's scoring protocol: tables in four JSON forms and as CSV."""

import gzip
import json
from typing import Any, Final

from http_request import (
    JSON,
    LARGEST_BODY,
    LARGEST_BODY_OF_THE_LANE,
    Build,
    Check,
    Sample,
    chunked,
    get,
    has_json,
    has_status,
    is_refused,
    post,
)
from sum_rows import REFUSED, prediction, row, x_and_y
from wire_answer import Answer

INVOCATIONS: Final = b"/invocations"
CSV: Final = b"Content-Type: text/csv"


def invoke(body: bytes, *lines: bytes, media_type: bytes | None = JSON) -> bytes:
    """A request for predictions."""
    return post(body, *lines, path=INVOCATIONS, media_type=media_type)


def split(number: int, count: int = 1) -> dict[str, Any]:
    """The rows of successive numbers as `dataframe_split`."""
    rows = [x_and_y(n) for n in range(number, number + count)]
    return {"dataframe_split": {"columns": ["x", "y"], "index": list(range(count)), "data": rows}}


def text(number: int) -> bytes:
    """The body with the row of a number."""
    return json.dumps(split(number)).encode()


def csv(number: int, count: int = 1) -> bytes:
    """The rows of successive numbers as CSV."""
    return b"x,y\n" + b"".join(b"%d,%d\n" % x_and_y(n) for n in range(number, number + count))


def is_predicted(rows: int = 1) -> Check:
    """The check of the predictions for the rows of successive numbers."""
    return has_json(lambda number: {"predictions": [prediction(n) for n in range(number, number + rows)]})


def fails(status: int, code: str = "BAD_REQUEST") -> Check:
    """The check of an error in MLflow's shape."""

    def check(answer: Answer, number: int) -> None:
        assert answer.status == status, (number, answer)
        assert answer.json.keys() == {"error_code", "message"}
        assert answer.json["error_code"] == code, (number, answer)

    return check


def _good(name: str, value: Any, rows: int = 1) -> Sample:
    """A JSON value that is answered; `value` makes it of the number."""
    return Sample(f"MLflow: {name}", lambda n: invoke(json.dumps(value(n)).encode()), is_predicted(rows))


def _good_csv(name: str, body: Build, rows: int = 1, media_type: bytes = CSV) -> Sample:
    return Sample(f"MLflow: {name}", lambda n: invoke(body(n), media_type=media_type), is_predicted(rows))


def _bad(name: str, body: bytes | Build, status: int = 400, code: str = "BAD_REQUEST") -> Sample:
    """A JSON body that is refused before it is compared with the signature."""
    return Sample(
        f"MLflow: {name}", lambda n: invoke(body if isinstance(body, bytes) else body(n)), fails(status, code)
    )


def _wrong(name: str, value: Any) -> Sample:
    """A JSON value that does not fit the signature."""
    return _bad(name, json.dumps(value).encode(), code="INVALID_PARAMETER_VALUE")


def _bad_csv(name: str, body: bytes, code: str = "BAD_REQUEST", media_type: bytes = CSV, status: int = 400) -> Sample:
    return Sample(f"MLflow: {name}", lambda _n: invoke(body, media_type=media_type), fails(status, code))


def _records(number: int) -> dict[str, Any]:
    return {"dataframe_records": [json.loads(row(number)), json.loads(row(number + 1))]}


_ROW: Final = {"x": 1, "y": 2}
_JSON: Final = (
    _good("a row", split),
    _good("three rows", lambda n: split(n, 3), 3),
    _good("700 rows", lambda n: split(n, 700), 700),
    _good("columns in another order", lambda n: {"dataframe_split": {"columns": ["y", "x"], "data": [[n + 7, n]]}}),
    _good("a further column", lambda n: {"dataframe_split": {"columns": ["x", "z", "y"], "data": [[n, "z", n + 7]]}}),
    _good("records", _records, 2),
    _good("instances", lambda n: {"instances": _records(n)["dataframe_records"]}, 2),
    _good("inputs by column", lambda n: {"inputs": {"x": [n, n + 1], "y": [n + 7, n + 8]}}, 2),
    _good("inputs of one row", lambda n: {"inputs": json.loads(row(n))}),
    _good("empty params", lambda n: {**split(n), "params": {}}),
    Sample("MLflow: charset", lambda n: invoke(text(n), media_type=JSON + b"; charset=utf-8"), is_predicted()),
    Sample("MLflow: a query", lambda n: post(text(n), path=b"/invocations?x=1"), is_predicted()),
    Sample("MLflow: a byte order mark", lambda n: invoke(b"\xef\xbb\xbf" + text(n)), is_predicted()),
    Sample("MLflow: 64 KiB", lambda n: invoke(text(n).ljust(LARGEST_BODY_OF_THE_LANE)), is_predicted()),
    Sample("MLflow: over 64 KiB", lambda n: invoke(text(n).ljust(LARGEST_BODY_OF_THE_LANE + 1)), is_predicted()),
    Sample(
        "MLflow: X-Request-ID",
        lambda n: invoke(text(n), b"X-Request-ID: own-%d" % n),
        is_predicted(),
        own_id=lambda n: f"own-{n}",
    ),
    _bad("no JSON", b"{nope"),
    _bad("an empty body", b""),
    _bad("deep", b'{"inputs":' + b"[" * 4000),
    _bad("an array", b"[]"),
    _bad("no form", row),
    _bad("two forms", json.dumps({**_records(1), **split(1)}).encode()),
    _bad("params", json.dumps({**split(1), "params": {"method": "predict_proba"}}).encode()),
    _bad("no rows", b'{"dataframe_records":[]}'),
    _bad("a number for the rows", b'{"dataframe_records":5}'),
    _bad("rows of different kinds", b'{"instances":[{"x":1,"y":2},[1,2]]}'),
    _bad("rows of different widths", b'{"dataframe_split":{"columns":["x","y"],"data":[[1,2],[1]]}}'),
    _bad("more names than values", b'{"dataframe_split":{"columns":["x","y","z"],"data":[[1,2]]}}'),
    _bad("a name twice", b'{"dataframe_split":{"columns":["x","x"],"data":[[1,2]]}}'),
    _bad("columns of different lengths", b'{"inputs":{"x":[1,2],"y":[1]}}'),
    _bad("a body over the limit", b" " * (LARGEST_BODY + 1), 413),
    _wrong("a missing column", {"dataframe_records": [{"x": 1}]}),
    _wrong("text for a number", {"dataframe_records": [{"x": "1", "y": 2}]}),
    _wrong("true for a number", {"dataframe_records": [{"x": True, "y": 2}]}),
    _wrong("null in a column that is required", {"dataframe_records": [{"x": None, "y": 2}]}),
    _wrong("a bad row among good ones", {"dataframe_records": [_ROW, {"x": 1, "y": "2"}, _ROW]}),
    _bad("the model refuses it", b'{"dataframe_records":[%b]}' % REFUSED),
)
_CSV: Final = (
    _good_csv("CSV", csv),
    _good_csv("CSV of three rows", lambda n: csv(n, 3), 3),
    _good_csv("CSV with quotes", lambda n: csv(n).replace(b"x,y", b'"x","y"')),
    _good_csv("CSV with CRLF", lambda n: csv(n, 2).replace(b"\n", b"\r\n"), 2),
    _good_csv("CSV without a last line break", lambda n: csv(n).rstrip()),
    _good_csv("CSV with a byte order mark", lambda n: b"\xef\xbb\xbf" + csv(n)),
    _good_csv("CSV with a further column", lambda n: b"z,y,x\nz,%d,%d\n" % (n + 7, n)),
    _good_csv("CSV with a charset", csv, media_type=CSV + b"; charset=UTF-8"),
    _bad_csv("an empty CSV", b""),
    _bad_csv("CSV without rows", b"x,y\n"),
    _bad_csv("CSV with a short row", b"x,y\n1,2\n1\n"),
    _bad_csv("CSV that is not UTF-8", b"x,y\n\xff,2\n"),
    _bad_csv("CSV with an open quote", b'x,y\n"1,2\n'),
    _bad_csv("CSV with text for a number", b"x,y\none,2\n", "INVALID_PARAMETER_VALUE"),
    _bad_csv("CSV with a gap", b"x,y\n,2\n", "INVALID_PARAMETER_VALUE"),
    _bad_csv("CSV without a column", b"x,z\n1,2\n", "INVALID_PARAMETER_VALUE"),
    _bad_csv("CSV as Latin-1", b"x,y\n1,2\n", media_type=CSV + b"; charset=latin-1", status=415),
    _bad_csv("another media type", b"x,y\n1,2\n", media_type=b"Content-Type: text/plain", status=415),
)
SAMPLES: Final = (*_JSON, *_CSV)
APPLICATION: Final = (
    Sample("MLflow: gzip", lambda n: invoke(gzip.compress(text(n)), b"Content-Encoding: gzip"), is_predicted()),
    Sample("MLflow: CSV in chunks", lambda n: chunked(csv(n), 3, path=INVOCATIONS).replace(JSON, CSV), is_predicted()),
    Sample("MLflow: a slash behind", lambda n: post(text(n), path=b"/invocations/"), is_predicted()),
    Sample("MLflow: GET", lambda _n: get(INVOCATIONS), is_refused(405, "method_not_allowed"), method="GET"),
    Sample("MLflow: GET /ping", lambda _n: get(b"/ping"), has_status(200), method="GET"),
    Sample("MLflow: HEAD /ping", lambda _n: get(b"/ping", b"HEAD"), has_status(200), method="HEAD"),
    Sample("MLflow: GET /version", lambda _n: get(b"/version"), has_status(200), method="GET"),
)
