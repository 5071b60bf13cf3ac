"""The service's own protocol: rows as JSON objects, alone and in batches, with and without probabilities."""

import gzip
from functools import partial
from typing import Final

from http_request import (
    BATCH,
    LARGEST_BODY,
    LARGEST_BODY_OF_THE_LANE,
    PREDICT,
    Build,
    Check,
    Sample,
    assert_predicts,
    batch,
    chunked,
    get,
    has_json,
    has_status,
    is_refused,
    post,
)
from sum_rows import REFUSED, prediction, row


def predictions(count: int) -> Check:
    """The check of a batch of rows with successive numbers."""
    return has_json(lambda number: {"predictions": [prediction(n) for n in range(number, number + count)]})


def _one(name: str, body: bytes | Build, status: int, kind: str) -> Sample:
    """A row that gets an error."""
    return Sample(name, lambda n: post(body if isinstance(body, bytes) else body(n)), is_refused(status, kind))


def _many(name: str, body: bytes | Build, status: int, kind: str) -> Sample:
    """A batch that gets an error."""
    return Sample(
        name, lambda n: post(body if isinstance(body, bytes) else body(n), path=BATCH), is_refused(status, kind)
    )


_not_json = partial(_one, status=400, kind="not_json")
_invalid = partial(_one, status=422, kind="invalid_input")
ROWS: Final = (
    Sample("spaces in the row", lambda n: post(b' { "y" : %d , "x" : %d } ' % (n + 7, n)), assert_predicts),
    Sample("numbers as 1e0", lambda n: post(b'{"x":%de0,"y":%d.0}' % (n, n + 7)), assert_predicts),
    Sample("a name twice", lambda n: post(b'{"x":1,"x":%d,"y":%d}' % (n, n + 7)), assert_predicts),
    Sample("an escaped name", lambda n: post(b'{"\\u0078":%d,"y":%d}' % (n, n + 7)), assert_predicts),
    Sample("a byte order mark", lambda n: post(b"\xef\xbb\xbf" + row(n)), assert_predicts),
    _not_json("two byte order marks", lambda n: b"\xef\xbb\xbf\xef\xbb\xbf" + row(n)),
    _not_json("UTF-16", lambda n: row(n).decode().encode("utf-16")),
    _not_json("UTF-32 without a mark", lambda n: row(n).decode().encode("utf-32-be")),
    _not_json("Latin-1", '{"x":1,"año":2}'.encode("latin-1")),
    _not_json("gzip that does not say so", lambda n: gzip.compress(row(n), mtime=0)),
    _not_json("one byte", b"{"),
    _not_json("no JSON", b"{nope"),
    _not_json("broken UTF-8", b'{"x":"\xff"}'),
    _not_json("deep", b"[" * 4000),
    _not_json("an empty body", b""),
    _not_json("a body of the limit", b" " * LARGEST_BODY),
    _one("a body over the limit", b" " * (LARGEST_BODY + 1), 413, "too_large"),
    _invalid("an array", b"[]"),
    _invalid("a number", b"5"),
    _invalid("text for a number", lambda n: b'{"x":"%d","y":1}' % n),
    _invalid("null", lambda n: b'{"x":null,"y":%d}' % n),
    _invalid("true", lambda n: b'{"x":true,"y":%d}' % n),
    _invalid("NaN", lambda n: b'{"x":NaN,"y":%d}' % n),
    _invalid("infinite", lambda n: b'{"x":1e999,"y":%d}' % n),
    _invalid("a missing field", lambda n: b'{"x":%d}' % n),
    _invalid("an unknown field", lambda n: b'{"x":1,"y":2,"z%d":3}' % n),
    _one("the model refuses it", REFUSED, 422, "prediction_refused"),
)
BATCHES: Final = (
    Sample("a batch", lambda n: batch(row(n), row(n + 1)), predictions(2)),
    Sample("a batch of one row", lambda n: batch(row(n)), predictions(1)),
    Sample("a batch of 700 rows", lambda n: batch(*map(row, range(n, n + 700))), predictions(700)),
    Sample("an empty batch", lambda _n: batch(), predictions(0)),
    Sample("a batch of 64 KiB", lambda n: batch(row(n), size=LARGEST_BODY_OF_THE_LANE), predictions(1)),
    Sample("a batch over 64 KiB", lambda n: batch(row(n), size=LARGEST_BODY_OF_THE_LANE + 1), predictions(1)),
    Sample(
        "a batch, X-Request-ID",
        lambda n: batch(row(n), lines=(b"X-Request-ID: own-%d" % n,)),
        predictions(1),
        own_id=lambda n: f"own-{n}",
    ),
    Sample("a batch with a byte order mark", lambda n: post(b"\xef\xbb\xbf[%b]" % row(n), path=BATCH), predictions(1)),
    Sample(
        "a batch in mixed notation", lambda n: batch(row(n), b'{"y":%d.0,"x":%de0}' % (n + 8, n + 1)), predictions(2)
    ),
    _many("a batch with a bad row", lambda n: b'[%b,{"x":1}]' % row(n), 422, "invalid_input"),
    _many("a batch with a bad last row of 300", lambda n: b"[%b{}]" % ((row(n) + b",") * 299), 422, "invalid_input"),
    _many("a batch with text for a number", lambda n: b'[%b,{"x":"1","y":2}]' % row(n), 422, "invalid_input"),
    _many("a batch with true for a number", lambda n: b'[%b,{"x":true,"y":2}]' % row(n), 422, "invalid_input"),
    _many("a batch with NaN", lambda n: b'[%b,{"x":NaN,"y":2}]' % row(n), 422, "invalid_input"),
    _many("a batch with an unknown field", lambda n: b'[%b,{"x":1,"y":2,"z":3}]' % row(n), 422, "invalid_input"),
    _many(
        "a batch with refused rows",
        lambda n: b"[%b,%b,%b,%b]" % (row(n), REFUSED, row(n), REFUSED),
        422,
        "prediction_refused",
    ),
    _many("a batch of a number", b"[5]", 422, "invalid_input"),
    _many("a batch of an array", b"[[1,2]]", 422, "invalid_input"),
    _many("a batch that is no JSON", lambda n: b"[%b,{nope]" % row(n), 400, "not_json"),
    _many("a batch with a comma at its end", lambda n: b"[%b,]" % row(n), 400, "not_json"),
    _many("a batch with bytes behind it", lambda n: b"[%b]]" % row(n), 400, "not_json"),
    _many("an object for a batch", row, 422, "invalid_input"),
    _many("a batch as UTF-16", lambda n: b"[%b]" % row(n).decode().encode("utf-16"), 400, "not_json"),
    _many("a deep batch", b"[" * 4000, 400, "not_json"),
    _many("an empty body for a batch", b"", 400, "not_json"),
    Sample(
        "a batch as text",
        lambda n: batch(row(n)).replace(b"application/json", b"text/plain"),
        is_refused(415, "unsupported_media_type"),
    ),
)


def _query(query: bytes, check: Check) -> Sample:
    """A row with a query."""
    return Sample(f"?{query.decode()}", lambda n: post(row(n), path=b"%b?%b" % (PREDICT, query)), check)


def _query_of_batch(query: bytes, check: Check) -> Sample:
    """A batch of two rows with a query."""
    name = f"a batch with ?{query.decode()}"
    return Sample(name, lambda n: batch(row(n), row(n + 1), path=b"%b?%b" % (BATCH, query)), check)


_NONE: Final = is_refused(422, "no_probabilities")
_PARAMETER: Final = is_refused(422, "invalid_parameter")
# The model is a regressor; test_probabilities.py has a classifier.
QUERIES: Final = (
    _query(b"", assert_predicts),
    _query(b"x=1", assert_predicts),
    _query(b"Probabilities=true", assert_predicts),
    _query(b"probabilities=false", assert_predicts),
    _query(b"probabilities=0", assert_predicts),
    _query(b"probabilities=true&probabilities=False", assert_predicts),
    _query(b"probabilities=true", _NONE),
    _query(b"probabilities=1", _NONE),
    _query(b"x=%20&prob%61bilities=%74rue", _NONE),
    _query(b"probabilities=false&probabilities=true", _NONE),
    _query(b"probabilities", _PARAMETER),
    _query(b"probabilities=", _PARAMETER),
    _query(b"probabilities=yes", _PARAMETER),
    _query(b"probabilities=%ff", _PARAMETER),
    _query_of_batch(b"probabilities=false", predictions(2)),
    _query_of_batch(b"probabilities=true", _NONE),
    _query_of_batch(b"probabilities=2", _PARAMETER),
    Sample("?probabilities=true, no JSON", lambda _n: post(b"{nope", path=b"/predict?probabilities=true"), _NONE),
)
# Requests for the application: its body is encoded, or it is no POST to exactly this path.
APPLICATION: Final = (
    Sample(
        "a packed batch",
        lambda n: post(gzip.compress(b"[%b]" % row(n)), b"Content-Encoding: gzip", path=BATCH),
        predictions(1),
    ),
    Sample("a batch in chunks", lambda n: chunked(b"[%b]" % row(n), 5, path=BATCH), predictions(1)),
    Sample("a batch with a slash behind", lambda n: batch(row(n), path=b"/predict/batch/"), predictions(1)),
    Sample("an escaped path of a batch", lambda n: batch(row(n), path=b"/predict%2Fbatch"), has_status(200)),
    Sample(
        "a fragment with a parameter",
        lambda n: post(row(n), path=b"/predict?x=#&probabilities=true"),
        assert_predicts,
    ),
    Sample(
        "an absolute target with ?probabilities=true",
        lambda n: post(row(n), path=b"http://service/predict?probabilities=true"),
        _NONE,
    ),
    Sample("GET /predict/batch", lambda _n: get(BATCH), is_refused(405, "method_not_allowed"), method="GET"),
)
SAMPLES: Final = (*ROWS, *BATCHES, *QUERIES)
