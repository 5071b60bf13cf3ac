"""Parts of request targets, and header lines that change how a body is read."""

from typing import Final

from http_request import JSON
from request_samples.mlflow_scoring import CSV
from request_samples.open_inference import BINARY, HEADER_LENGTH

PARTS: Final = [
    *(b"/", b"//", b".", b"..", b"?", b"&", b"=", b"#", b";", b"+", b"*", b"%", b"\\", b'"', b"{", b"\xc3\xa9"),
    *(b"%2F", b"%70", b"%00", b"%zz", b"%C3%A9", b"%ff", b"%0d%0a", b"%3F", b"%23"),
    *(b"batch", b"infer", b"versions", b"1", b"probabilities", b"true", b"http://service"),
]
"""Replacements of any part of a target."""

LINES: Final = [
    *(JSON, CSV, BINARY, JSON + b";", JSON + b", text/csv", JSON + b"\x80", b"Content-Type: /"),
    b'content-type:\tapplication/JSON ; charset="utf-8"',
    *(HEADER_LENGTH + value for value in (b": 5", b":", b": \xb2", b": +5")),
    *(b"Content-Encoding:", b"Content-Encoding: identity", b"Connection: keep-alive, x", b"TE: trailers"),
]
"""Header lines that leave the length of a body as it is."""
