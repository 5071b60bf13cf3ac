"""The Open Inference Protocol V2: tensors as JSON and as binary data, with and without a version in the path."""

import gzip
import json
import struct
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
    has_status,
    is_refused,
    post,
)
from sum_rows import NAME, VERSION, prediction, x_and_y
from wire_answer import Answer

MODEL: Final = f"/v2/models/{NAME}".encode()
INFER: Final = b"%b/infer" % MODEL
OF_VERSION: Final = b"%b/versions/%b/infer" % (MODEL, VERSION.encode())
BINARY: Final = b"Content-Type: application/octet-stream"
HEADER_LENGTH: Final = b"Inference-Header-Content-Length"
MATRIX: Final = "input-0"


def tensor(name: str, data: Any, datatype: str = "FP64", **fields: Any) -> dict[str, Any]:
    """A tensor with its values in JSON, of as many rows as it has values unless a shape is given."""
    return {"name": name, "shape": [len(data)], "datatype": datatype, "data": data, **fields}


def columns(number: int, count: int = 1, datatype: str = "FP64") -> list[dict[str, Any]]:
    """A tensor for each column, with the rows of successive numbers."""
    return [
        tensor(name, list(values), datatype)
        for name, values in zip("xy", zip(*map(x_and_y, range(number, number + count)), strict=True), strict=True)
    ]


def body_of(inputs: Any, **fields: Any) -> bytes:
    """The body of a request."""
    return json.dumps({"inputs": inputs, **fields}).encode()


def infer(body: bytes, *lines: bytes, path: bytes = INFER, media_type: bytes | None = JSON) -> bytes:
    """A request for inference."""
    return post(body, *lines, path=path, media_type=media_type)


def with_binary(inputs: Any, *parts: bytes, length: bytes | None = None, **fields: Any) -> bytes:
    """A request with binary data behind its JSON object, as `tritonclient.http` sends it.

    Args:
        inputs: The tensors.
        parts: The binary data.
        length: The declared length of the object, when it is not the right one.
        fields: Further fields of the object.
    """
    text = body_of(inputs, **fields)
    line = b"%b: %b" % (HEADER_LENGTH, b"%d" % len(text) if length is None else length)
    return infer(text + b"".join(parts), line, media_type=BINARY)


def binary_tensor(name: str, rows: int, size: Any, datatype: str = "FP64", **fields: Any) -> dict[str, Any]:
    """A tensor whose values are in the binary data."""
    return {
        "name": name,
        "shape": [rows, 1],
        "datatype": datatype,
        "parameters": {"binary_data_size": size},
        **fields,
    }


def binary_columns(number: int, code: str = "d", datatype: str = "FP64", **fields: Any) -> bytes:
    """A request for two rows, with a binary tensor for each column."""
    pairs = [x_and_y(number), x_and_y(number + 1)]
    parts = [struct.pack(f"<2{code}", *values) for values in zip(*pairs, strict=True)]
    inputs = [binary_tensor(name, 2, len(part), datatype) for name, part in zip("xy", parts, strict=True)]
    return with_binary(inputs, *parts, **fields)


def is_predicted(rows: int = 1, **fields: Any) -> Check:
    """The check of the predictions for the rows of successive numbers, and of what comes back with them."""

    def check(answer: Answer, number: int) -> None:
        assert answer.status == 200, (number, answer)
        value = answer.json
        [output] = value.pop("outputs")
        assert value == {"model_name": NAME, "model_version": VERSION, **fields}
        assert (output["name"], output["datatype"], output["shape"][0]) == ("predict", "FP64", rows)
        assert output["data"] == [prediction(n) for n in range(number, number + rows)], (number, answer)

    return check


def is_predicted_in_binary(answer: Answer, number: int) -> None:
    """Assert that the response has the predictions for two rows as binary data."""
    assert answer.status == 200, (number, answer)
    length = int(answer.header(HEADER_LENGTH.decode().lower()))
    assert answer.header("content-type") == "application/octet-stream"
    [output] = json.loads(answer.body[:length])["outputs"]
    assert (output["name"], output["datatype"], output["parameters"]["binary_data_size"]) == ("predict", "FP64", 16)
    assert struct.unpack("<2d", answer.body[length:]) == (prediction(number), prediction(number + 1))


def fails(status: int) -> Check:
    """The check of an error in the protocol's shape."""

    def check(answer: Answer, number: int) -> None:
        assert answer.status == status, (number, answer)
        assert answer.json.keys() == {"error"}
        assert isinstance(answer.json["error"], str)

    return check


def _good(name: str, inputs: Any, rows: int = 1, check: Check | None = None, **fields: Any) -> Sample:
    """Tensors in JSON that are answered; `inputs` makes them of the number."""
    return Sample(f"V2: {name}", lambda n: infer(body_of(inputs(n), **fields)), check or is_predicted(rows))


def _bad(name: str, body: bytes | Build, status: int = 422, path: bytes = INFER) -> Sample:
    """A JSON body that gets an error."""
    return Sample(
        f"V2: {name}", lambda n: infer(body if isinstance(body, bytes) else body(n), path=path), fails(status)
    )


def _wrong(name: str, *inputs: Any, **fields: Any) -> Sample:
    """Tensors that do not fit the model or themselves."""
    return _bad(name, body_of(list(inputs), **fields))


def _wrong_binary(
    name: str, x: dict[str, Any], *parts: bytes, status: int = 422, length: bytes | None = None
) -> Sample:
    """Binary data that does not fit its tensor; the other column is right."""
    return Sample(f"V2: {name}", lambda n: with_binary([x, tensor("y", [n])], *parts, length=length), fails(status))


def _to(number: int, path: bytes) -> bytes:
    """A row to another path."""
    return infer(body_of(columns(number)), path=path)


def _page(path: bytes, status: int = 200, method: bytes = b"GET") -> Sample:
    """A page of the protocol."""
    name = f"V2: {method.decode()} {path.decode()}"
    check = has_status(status) if status == 200 or method == b"HEAD" else fails(status)
    return Sample(name, lambda _n: get(path, method), check, method=method.decode())


_Y: Final = tensor("y", [1.0])
_JSON: Final = (
    _good("a row", columns),
    _good("three rows", lambda n: columns(n, 3), 3),
    _good("700 rows", lambda n: columns(n, 700), 700),
    _good("columns in another order", lambda n: columns(n)[::-1]),
    _good("shape [n, 1]", lambda n: [{**each, "shape": [2, 1]} for each in columns(n, 2)], 2),
    _good("nested data", lambda n: [{**each, "shape": [1, 1], "data": [each["data"]]} for each in columns(n)]),
    _good("one tensor", lambda n: [tensor(MATRIX, [*x_and_y(n), *x_and_y(n + 1)], shape=[2, 2])], 2),
    _good("one tensor, nested", lambda n: [tensor(MATRIX, [x_and_y(n), x_and_y(n + 1)], shape=[2, 2])], 2),
    _good("integers", lambda n: columns(n, 2, "INT64"), 2),
    _good("single precision", lambda n: columns(n, 2, "FP32"), 2),
    _good("MLServer's content types", lambda n: [{**e, "parameters": {"content_type": "np"}} for e in columns(n)]),
    _good("an output by its name", columns, outputs=[{"name": "predict"}]),
    Sample(
        "V2: id and parameters",
        lambda n: infer(body_of(columns(n), id=f"own {n}", parameters={"content_type": "pd", "trace": n})),
        lambda answer, n: is_predicted(id=f"own {n}", parameters={"trace": n})(answer, n),
    ),
    Sample("V2: with a version", lambda n: infer(body_of(columns(n)), path=OF_VERSION), is_predicted()),
    Sample(
        "V2: an escaped name", lambda n: infer(body_of(columns(n)), path=INFER.replace(b"_", b"%5F")), is_predicted()
    ),
    Sample("V2: an escaped slash before the name", lambda n: _to(n, INFER.replace(b"v2/", b"v2%2F")), is_predicted()),
    Sample("V2: a query", lambda n: _to(n, INFER + b"?x=1"), is_predicted()),
    Sample("V2: a name with a parameter", lambda n: _to(n, INFER.replace(b"_sum", b"_sum;a=b")), fails(404)),
    Sample("V2: a name with a question mark", lambda n: _to(n, INFER.replace(b"_sum", b"_sum%3F")), fails(404)),
    Sample("V2: no media type", lambda n: infer(body_of(columns(n)), media_type=None), is_predicted()),
    Sample("V2: JSON as binary data", lambda n: infer(body_of(columns(n)), media_type=BINARY), is_predicted()),
    Sample("V2: an empty batch", lambda _n: infer(body_of([tensor("x", []), tensor("y", [])])), is_predicted(0)),
    Sample(
        "V2: 64 KiB",
        lambda n: infer(body_of(columns(n)).ljust(LARGEST_BODY_OF_THE_LANE)),
        is_predicted(),
    ),
    Sample("V2: over 64 KiB", lambda n: infer(body_of(columns(n)).ljust(LARGEST_BODY_OF_THE_LANE + 1)), is_predicted()),
    Sample(
        "V2: a name that is not ASCII",
        lambda n: _to(n, INFER.replace(b"_sum", b"_s%C3%BCm")),
        fails(404),
    ),
    _bad("another model", body_of(columns(1)), 404, b"/v2/models/other/infer"),
    _bad("another version", body_of(columns(1)), 404, b"%b/versions/2/infer" % MODEL),
    _bad("no JSON", b"{nope", 400),
    _bad("an empty body", b"", 400),
    _bad("deep", b'{"inputs":' + b"[" * 4000),
    _bad("an array", b"[]"),
    _bad("no inputs", b"{}"),
    _bad("a body over the limit", b" " * (LARGEST_BODY + 1), 413),
    Sample("V2: text", lambda n: infer(body_of(columns(n)), media_type=b"Content-Type: text/plain"), fails(415)),
    _wrong("empty inputs"),
    _wrong("a missing column", _Y),
    _wrong("an unknown column", tensor("x", [1]), _Y, tensor("z", [1])),
    _wrong("a column twice", tensor("x", [1]), _Y, _Y),
    _wrong("columns of different lengths", tensor("x", [1, 2]), _Y),
    _wrong("a shape that is not the data's", tensor("x", [1], shape=[2]), _Y),
    _wrong("a negative shape", tensor("x", [1], shape=[-1]), _Y),
    _wrong("an empty shape", tensor("x", [1], shape=[]), _Y),
    _wrong("three dimensions", tensor("x", [1], shape=[1, 1, 1]), _Y),
    _wrong("a huge shape", tensor("x", [1], shape=[1 << 62, 1 << 62]), _Y),
    _wrong("a shape of text", tensor("x", [1], shape=["1"]), _Y),
    _wrong("an unknown datatype", tensor("x", [1], "FP128"), _Y),
    _wrong("text for a number", tensor("x", ["1"]), _Y),
    _wrong("texts in a column of numbers", tensor("x", ["1"], "BYTES"), _Y),
    _wrong("null in a column that is required", tensor("x", [None]), _Y),
    _wrong("booleans in a column of numbers", tensor("x", [True], "BOOL"), _Y),
    _wrong("an integer out of range", tensor("x", [300], "INT8"), _Y),
    _wrong("no data", {"name": "x", "shape": [1], "datatype": "FP64"}, _Y),
    _wrong("the model refuses it", tensor("x", [1.0]), tensor("y", [1e308])),
    _wrong("an unknown output", *columns(1), outputs=[{"name": "nothing"}]),
    _wrong("probabilities of a regressor", *columns(1), outputs=[{"name": "predict_proba"}]),
    _wrong("a flag of text", *columns(1), parameters={"binary_data_output": "yes"}),
)
_X: Final = struct.pack("<d", 1.0)
_BINARY: Final = (
    Sample("V2: binary input", binary_columns, is_predicted(2)),
    Sample("V2: binary input in single precision", lambda n: binary_columns(n, "f", "FP32"), is_predicted(2)),
    Sample("V2: binary integers", lambda n: binary_columns(n, "H", "UINT16"), is_predicted(2)),
    Sample(
        "V2: binary output",
        lambda n: infer(body_of(columns(n, 2), parameters={"binary_data_output": True})),
        is_predicted_in_binary,
    ),
    Sample(
        "V2: binary input and output",
        lambda n: binary_columns(n, outputs=[{"name": "predict", "parameters": {"binary_data": True}}]),
        is_predicted_in_binary,
    ),
    Sample(
        "V2: a binary column beside one in JSON",
        lambda n: with_binary([binary_tensor("x", 1, 8), tensor("y", [n + 7])], struct.pack("<d", n)),
        is_predicted(),
    ),
    _wrong_binary("binary data that is too short", binary_tensor("x", 1, 8), _X[:7]),
    _wrong_binary("binary data that is too long", binary_tensor("x", 1, 8), _X, b"\0"),
    _wrong_binary("binary data of another shape", binary_tensor("x", 2, 8), _X),
    _wrong_binary("a negative size", binary_tensor("x", 1, -8), _X),
    _wrong_binary("a size of text", binary_tensor("x", 1, "8"), _X),
    _wrong_binary("a huge size", binary_tensor("x", 1, 1 << 62), _X),
    _wrong_binary("binary NaN in a column that is required", binary_tensor("x", 1, 8), struct.pack("<d", float("nan"))),
    _wrong_binary("binary data and data", binary_tensor("x", 1, 8, data=[1.0]), _X),
    _wrong_binary("texts longer than their data", binary_tensor("x", 1, 8, "BYTES"), struct.pack("<I4s", 99, b"text")),
    _wrong_binary("a header length over the body", binary_tensor("x", 1, 8), _X, length=b"99999"),
    _wrong_binary("a header length of text", binary_tensor("x", 1, 8), _X, length=b"ten"),
    _wrong_binary("a negative header length", binary_tensor("x", 1, 8), _X, length=b"-1"),
    _wrong_binary("a header length inside of the JSON", binary_tensor("x", 1, 8), _X, length=b"9", status=400),
    Sample(
        "V2: two header lengths, of which the first counts",
        lambda n: binary_columns(n).replace(b"Host", HEADER_LENGTH + b": 9\r\nHost"),
        fails(400),
    ),
    _wrong("a size without binary data", binary_tensor("x", 1, 8), _Y),
)
SAMPLES: Final = (*_JSON, *_BINARY)
_UNKNOWN: Final = is_refused(404, "not_found")
_METHOD: Final = is_refused(405, "method_not_allowed")
APPLICATION: Final = (
    Sample("V2: chunked", lambda n: chunked(body_of(columns(n)), 9, path=INFER), is_predicted()),
    Sample(
        "V2: gzip",
        lambda n: infer(gzip.compress(body_of(columns(n))), b"Content-Encoding: gzip"),
        is_predicted(),
    ),
    Sample("V2: a slash behind", lambda n: _to(n, INFER + b"/"), is_predicted()),
    Sample("V2: an empty name", lambda n: _to(n, b"/v2/models//infer"), _UNKNOWN),
    Sample("V2: a fragment in the name", lambda n: _to(n, INFER.replace(b"_sum", b"#_sum")), _METHOD),
    Sample("V2: GET infer", lambda _n: get(INFER), _METHOD, method="GET"),
    Sample("V2: an escaped slash in the name", lambda n: _to(n, INFER.replace(b"_sum", b"%2Fsum")), _UNKNOWN),
    *map(_page, (b"/v2", b"/v2/health/live", b"/v2/health/ready", MODEL, b"%b/ready" % MODEL)),
    *map(_page, (b"%b/versions/1" % MODEL, b"%b/versions/1/ready" % MODEL)),
    _page(b"/v2/models/other", 404),
    _page(b"%b/versions/2/ready" % MODEL, 404),
    _page(MODEL, method=b"HEAD"),
    _page(b"/v2/models/other", 404, b"HEAD"),
)
