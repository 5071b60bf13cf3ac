"""Bodies for the prediction paths: valid ones with values, tokens or bytes replaced anywhere."""

import gzip
import json
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any, Final

from http_request import JSON, LARGEST_BODY, PREDICT
from json_parts import places, replaced
from protocol_bodies import ProtocolBodies
from request_samples.mlflow_scoring import CSV, INVOCATIONS
from request_samples.open_inference import BINARY, HEADER_LENGTH

_SCALARS: Final[list[Any]] = [
    *(None, True, False, 0, -1, 2**31, 2**63, 2**64, -(2**63) - 1, 10**400, 1e308, -1e-320, 0.5, 1e30),
    *(float("nan"), float("inf"), "", "x", "1", "NaT", "NaN", "\ud800", "\udc00\ud800", "\0", "é", "😀", "a" * 3000),
    *("2024-01-01", "0001-01-01T00:00:00+09:00", "9999-12-31T23:59:59-05:00", "2024-02-29T24:00:00", "P1D"),
    *(
        "BYTES",
        "FP16",
        "UINT64",
        "BOOL",
        "predict",
        "predict_proba",
        "binary_data_size",
        [],
        {},
        [[]],
        [None],
        [[1, 2]],
    ),
]
_NAMES: Final = ["", "data", "shape", "name", "parameters", "id", "\ud800", "a" * 300, "__proto__"]
_TOKENS: Final = [
    *(b"NaN", b"-Infinity", b"1e999", b"-0", b"0x10", b"01", b"+1", b".5", b"1.", b"1E+400", b"1e-400", b"-", b"tru"),
    *(
        b"9" * 5000,
        b"0." + b"1" * 5000,
        b"1e" + b"9" * 400,
        b'"\\ud800"',
        b'"\\udc00\\ud800"',
        b'"\\u0000"',
        b'"\\x41"',
    ),
    *(b"{", b"}", b"[", b"]", b",", b":", b'"', b"\\", b"'", b"/*c*/", b"//", b"\0", b"\x7f", b"\xff", b"\xc0\x80"),
    *(b"\xed\xa0\x80", b"\xef\xbb\xbf", b"\r\n\r\n", b"\n", b"\t", b"\x0b", b"\xc2\xa0", b"\xe2\x80\xa8", b"null"),
    *(b"[" * 600, b'{"a":' * 300, b"[[" * 20 + b"]]" * 20, b'{"x":1,"x":2}', b'"a":1,', b"true", b"{}", b"[]"),
]
_ROWS: Final = [
    *(b"1,2,3\n", b"\n", b"\r", b"\r\n", b'"', b'""', b",", b",,,,", b";", b"\t", b"\0", b"\xff", b"\xef\xbb\xbf"),
    *(b"NaN", b"nan", b"None", b"inf", b"-inf", b"1e999", b"0x1p3", b"1_000", b" 1 ", b"1,5", b"'", b"#", b"\\"),
    *(b'"a\nb"', b'"a""b"', b"9" * 5000, b"a" * 5000, b"," * 3000, b"\n" * 3000, b"\xa0", b"\x1a", b"True"),
]
_ENCODINGS: Final = ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-7", "latin-1", "utf-8-sig", "cp1252"]
_SIZES: Final = [0, -1, 8, 15, 17, 2**31, 2**63, 10**400, 16.0, "16", True, None]
_FEW, _MANY = (0, 1, 1, 2, 3), (0, 1, 5, 50, 700)
_BOMB: Final = gzip.compress(bytes(16 * LARGEST_BODY), mtime=0)
_DEEP: Final = [b"[" * 100_000, b'{"a":' * 20_000, b"[" * 60_000 + b"]" * 60_000, b'{"inputs":' + b"[" * 50_000]

Change = tuple[bytes, bytes, tuple[bytes, ...]]
"""A path, a content, and the header lines about it."""


@dataclass(frozen=True)
class Body:
    """A body.

    Attributes:
        path: What it is sent to.
        content: The bytes.
        lines: The header lines about it, without its length.
        kind: How it was changed.
    """

    path: bytes
    content: bytes
    lines: tuple[bytes, ...]
    kind: str


class Bodies:
    """Makes bodies for one model."""

    def __init__(self, model: ProtocolBodies) -> None:
        """Take the valid ones to change.

        Args:
            model: The valid ones.
        """
        self._model = model
        self._paths = sorted(model.json)
        self._names = [*_NAMES, *model.row]
        inputs = model.binary_tensors["inputs"]
        self._binary_places = [place for place, tensor in enumerate(inputs) if "parameters" in tensor]
        self._kinds: list[tuple[int, str, Callable[[Random], Change]]] = [
            (10, "valid", self._valid),
            (26, "values", self._values),
            (16, "tokens", self._tokens),
            (12, "bytes", self._bytes),
            (16, "binary", self._binary),
            (10, "csv", self._csv),
            (4, "encodings", self._encoded),
            (3, "rows", self._rows),
            (1, "deep", self._deep),
        ]
        self._weights = [weight for weight, _kind, _make in self._kinds]

    def valid(self, random: Random) -> Body:
        """A valid one."""
        if random.random() < 0.2:
            return Body(INVOCATIONS, self._model.csv, (CSV,), "valid")
        if random.random() < 0.2:
            path, content, lines = self._binary_of(self._model.binary_tensors, self._model.binary)
            return Body(path, content, lines, "valid")
        path, content, lines = self._valid(random)
        return Body(path, content, lines, "valid")

    def any(self, random: Random) -> Body:
        """One of any kind; some are compressed."""
        [(_weight, kind, make)] = random.choices(self._kinds, self._weights)
        path, content, lines = make(random)
        if random.random() < 0.06:
            content, encoding = _compressed(random, content)
            return Body(path, content, (*lines, encoding), "compressed")
        return Body(path, content, lines, kind)

    def _valid(self, random: Random) -> Change:
        path, value = self._value(random)
        return path, json.dumps(value).encode(), (JSON,)

    def _value(self, random: Random) -> tuple[bytes, Any]:
        path = random.choice(self._paths)
        return path, random.choice(self._model.json[path])

    def _values(self, random: Random) -> Change:
        path, value = self._value(random)
        value = self._with_parts_replaced(random, value)
        return (
            _query(random, path),
            json.dumps(value, ensure_ascii=random.random() < 0.5).encode(errors="surrogatepass"),
            (JSON,),
        )

    def _with_parts_replaced(self, random: Random, value: Any) -> Any:
        for _ in range(random.choice((1, 1, 2, 3))):
            place = random.choice(list(places(value)))
            if not place and random.random() < 0.9:
                continue
            part = ... if place and random.random() < 0.15 else self._part(random)
            value = replaced(value, place, part)
        return value

    def _part(self, random: Random, depth: int = 0) -> Any:
        kind = random.random() if depth < 3 else 0
        if kind < 0.75:
            return random.choice(_SCALARS)
        parts = [self._part(random, depth + 1) for _ in range(random.choice(_FEW))]
        return parts if kind < 0.85 else {random.choice(self._names): part for part in parts}

    def _tokens(self, random: Random) -> Change:
        path, content, lines = self._valid(random)
        for _ in range(random.choice(_FEW)):
            start = random.randrange(len(content) + 1)
            end = start + random.choice((0, 0, 1, 3, 20))
            content = content[:start] + random.choice(_TOKENS) + content[end:]
        if random.random() < 0.2:  # a part of it twice
            start, end = sorted((random.randrange(len(content) + 1), random.randrange(len(content) + 1)))
            content = content[:end] + content[start:]
        return _query(random, path), content, lines

    def _bytes(self, random: Random) -> Change:
        path, content, lines = self._valid(random)
        return path, with_bytes_replaced(random, content), lines

    def _binary(self, random: Random) -> Change:
        value: Any = self._model.binary_tensors
        if random.random() < 0.5:
            value = self._with_parts_replaced(random, value)
        elif random.random() < 0.6:
            place = "inputs", random.choice(self._binary_places), "parameters"
            value = replaced(value, place, {"binary_data_size": random.choice(_SIZES)})
        binary = self._model.binary
        if random.random() < 0.5:
            binary = random.choice(
                (with_bytes_replaced(random, binary), binary[: random.randrange(40)], random.randbytes(64), binary * 50)
            )
        length = random.choice((None, None, None, b"0", b"1", b"-1", b"+1", b"1 ", b"\xb2", b"1e3", b"9" * 40, b"0x10"))
        path, content, lines = self._binary_of(value, binary, length)
        if random.random() < 0.1:
            lines = (*lines, lines[0])
        return random.choice((path, path, self._model.of_version)), content, lines

    def _binary_of(self, value: Any, binary: bytes, length: bytes | None = None) -> Change:
        text = json.dumps(value).encode()
        line = b"%b: %b" % (HEADER_LENGTH, b"%d" % len(text) if length is None else length)
        return self._model.infer, text + binary, (line, BINARY)

    def _csv(self, random: Random) -> Change:
        content = self._model.csv
        for _ in range(random.choice(_FEW)):
            start = random.randrange(len(content) + 1)
            content = content[:start] + random.choice(_ROWS) + content[start + random.choice((0, 1, 5)) :]
        if random.random() < 0.2:
            content = with_bytes_replaced(random, content)
        suffix = random.choice(
            (b"", b"", b"", b"; charset=utf-8", b"; charset=utf-16", b"; header=absent", b";", b"; x")
        )
        return INVOCATIONS, content, (CSV + suffix,)

    def _encoded(self, random: Random) -> Change:
        path, value = self._value(random)
        text = json.dumps(value, ensure_ascii=False).encode(random.choice(_ENCODINGS), errors="replace")
        return path, text, (random.choice((JSON, JSON + b"; charset=utf-16", JSON + b"; charset=latin-1")),)

    def _rows(self, random: Random) -> Change:
        count, row = random.choice(_MANY), self._model.row
        forms: list[tuple[bytes, Any]] = [
            (b"/predict/batch", [row] * count),
            (INVOCATIONS, {"dataframe_records": [row] * count}),
            (INVOCATIONS, {"dataframe_split": {"columns": list(row), "data": [list(row.values())] * count}}),
            (INVOCATIONS, {"inputs": {name: [value] * count for name, value in row.items()}}),
            (
                self._model.infer,
                {
                    "inputs": [
                        {"name": n, "shape": [count], "datatype": self._model.datatypes[n], "data": [v] * count}
                        for n, v in row.items()
                    ]
                },
            ),
        ]
        path, value = random.choice(forms)
        return path, json.dumps(value).encode(), (JSON,)

    def _deep(self, random: Random) -> Change:
        return random.choice(self._paths), random.choice(_DEEP), (JSON,)


def with_bytes_replaced(random: Random, content: bytes) -> bytes:
    """Some bytes replaced, left out or put in."""
    for _ in range(random.choice((1, 1, 2, 3, 8))):
        start = random.randrange(len(content) + 1)
        end = start + random.choice((0, 1, 1, 2, 3))
        content = content[:start] + random.randbytes(random.choice((0, 1, 1, 2, 3))) + content[end:]
    return content


def _query(random: Random, path: bytes) -> bytes:
    if random.random() < 0.85 or path.startswith(b"/v2"):
        return path
    value = random.choice((b"true", b"false", b"1", b"", b"x", b"%ff", b"true&probabilities=false", b"\xc3\xa9"))
    if path == PREDICT and value == b"\xc3\xa9":
        value = b"%C3%A9"
    return b"%b?probabilities=%b" % (path, value)


def _compressed(random: Random, content: bytes) -> tuple[bytes, bytes]:
    """The content compressed, sometimes wrongly, with the header line that says so."""
    packed = random.choice((gzip.compress(content, 1, mtime=0), zlib.compress(content, 1), content, _BOMB))
    if random.random() < 0.4:
        packed = random.choice((with_bytes_replaced(random, packed), packed[: len(packed) // 2], packed * 2))
    names = (
        b"gzip",
        b"gzip",
        b"deflate",
        b"deflate",
        b"x-gzip",
        b"gzip, gzip",
        b"br",
        b"",
        b"identity",
        b"GZIP,deflate",
    )
    return packed, b"Content-Encoding: " + random.choice(names)
