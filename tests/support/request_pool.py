"""Requests of every kind, valid and invalid, as bytes."""

import gzip
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

LARGEST_BODY: Final = 1 << 20
JSON: Final = b"Content-Type: application/json"
TLS_HELLO: Final = bytes.fromhex("16030100c8010000c40303") + bytes(range(193))


def row(number: int) -> bytes:
    """The JSON row of a number; its prediction is `prediction(number)`."""
    return b'{"x":%d,"y":%d}' % (number, number + 7)


def prediction(number: int) -> float:
    """The prediction of the model 1*x + 1000*y for `row(number)`."""
    return float(number + 1000 * (number + 7))


def post(
    body: bytes,
    *lines: bytes,
    first: bytes = b"POST /predict HTTP/1.1",
    media_type: bytes | None = JSON,
    length: bool = True,
) -> bytes:
    """A request.

    Args:
        body: Its body.
        lines: Further header lines.
        first: The request line.
        media_type: The line of its media type; None for none.
        length: Whether to declare the body's length.
    """
    head = [first, b"Host: service", *([media_type] if media_type is not None else []), *lines]
    if length:
        head.append(b"Content-Length: %d" % len(body))
    return b"\r\n".join([*head, b"", body])


def plain(number: int, *lines: bytes) -> bytes:
    """The request that the fast lane is optimized for."""
    return post(row(number), *lines)


def batch(*rows: bytes, lines: tuple[bytes, ...] = (), size: int = 0) -> bytes:
    """A request for a batch of rows, padded to a size."""
    return post((b"[%b]" % b",".join(rows)).ljust(size), *lines, first=b"POST /predict/batch HTTP/1.1")


def get(path: bytes) -> bytes:
    """A request without a body."""
    return b"GET %b HTTP/1.1\r\nHost: service\r\n\r\n" % path


def chunked(body: bytes, size: int, *lines: bytes, trailer: bytes = b"", extension: bytes = b"") -> bytes:
    """A request with a chunked body, in chunks of a size."""
    parts = [body[start : start + size] for start in range(0, len(body), size)]
    chunks = b"".join(b"%x%b\r\n%b\r\n" % (len(part), extension, part) for part in parts)
    encoded = chunks + b"0\r\n" + trailer + b"\r\n"
    return post(encoded, b"Transfer-Encoding: chunked", *lines, length=False)


@dataclass(frozen=True)
class Sample:
    """A kind of request.

    Attributes:
        name: How it differs from a plain request.
        build: Its bytes for a number, which determines the row and the variable headers.
        method: Its method; the answer to HEAD has no body.
        own_id: The request id that the answer must have, for the number; None for a new one.
        breaks: Whether it is invalid HTTP, after which no server can find the next request.
        good: Whether the answer is the prediction for the number.
    """

    name: str
    build: Callable[[int], bytes]
    method: str = "POST"
    own_id: Callable[[int], str] | None = None
    breaks: bool = False
    good: bool = False

    def id_of(self, number: int) -> str | None:
        """The request id that the answer must have."""
        return self.own_id(number) if self.own_id else None


def _with(*lines: bytes) -> Callable[[int], bytes]:
    return lambda number: plain(number, *lines)


def _body(body: bytes, **options: bytes | None) -> Callable[[int], bytes]:
    return lambda _number: post(body, **options)  # type: ignore[arg-type]  # the two options that take bytes


def _first(line: bytes) -> Callable[[int], bytes]:
    return lambda number: post(row(number), first=line)


def _packed(pack: Callable[[bytes], bytes], encoding: bytes) -> Callable[[int], bytes]:
    return lambda number: post(pack(row(number)), b"Content-Encoding: " + encoding)


def _media(line: bytes | None) -> Callable[[int], bytes]:
    return lambda number: post(row(number), media_type=line)


def _padded(size: int) -> Callable[[int], bytes]:
    return lambda number: post(row(number).ljust(size))


_good = partial(Sample, good=True)
# Requests that the fast lane may answer itself.
PLAIN: Final = (
    _good("a row", plain),
    _good("spaces in the row", lambda n: post(b' { "y" : %d , "x" : %d } ' % (n + 7, n))),
    _good("numbers as 1e0", lambda n: post(b'{"x":%de0,"y":%d.0}' % (n, n + 7))),
    _good("a name twice", lambda n: post(b'{"x":1,"x":%d,"y":%d}' % (n, n + 7))),
    _good("charset", _media(b"Content-Type: application/json; charset=utf-8")),
    _good("media type in capitals", _media(b"Content-Type: Application/JSON")),
    _good("no media type", _media(None)),
    _good("lower names", lambda n: plain(n).replace(b"Content-", b"content-").replace(b"Host", b"host")),
    _good("upper names", lambda n: plain(n).replace(b"Content-Length", b"CONTENT-LENGTH")),
    _good("no space after the colon", lambda n: plain(n).replace(b": ", b":")),
    _good("spaces around a value", lambda n: plain(n).replace(b"Host: service", b"Host: \t service \t")),
    _good("no host", lambda n: plain(n).replace(b"Host: service\r\n", b"")),
    _good("keep-alive", _with(b"Connection: keep-alive")),
    _good("a header without a value", _with(b"X-Empty:", b"Accept: ")),
    _good("a header with Latin-1", _with(b"X-Name: Jos\xe9")),
    _good("a long header", _with(b"Cookie: " + b"c" * 6000)),
    _good("fifty headers", _with(*(b"X-Number-%d: %d" % (place, place) for place in range(50)))),
    _good("a trace id", lambda n: plain(n, b"traceparent: 00-%032x-%016x-01" % (n + 1, n + 1))),
    _good("X-Forwarded-For", lambda n: plain(n, b"X-Forwarded-For: 10.0.%d.%d" % (n // 250, n % 250))),
    _good("X-Forwarded-Prefix", _with(b"X-Forwarded-Prefix: /ml", b"X-Forwarded-Proto: https")),
    _good("X-Request-ID", lambda n: plain(n, b"X-Request-ID: own-%d" % n), own_id=lambda n: f"own-{n}"),
    _good(
        "x-request-id twice", lambda n: plain(n, b"x-request-id: a%d" % n, b"x-request-id: b"), own_id=lambda n: f"a{n}"
    ),
    _good("a bad X-Request-ID", lambda n: plain(n, b'X-Request-ID: "%d"' % n)),
    _good("an empty X-Request-ID", _with(b"X-Request-ID:")),
    _good("a long X-Request-ID", lambda n: plain(n, b"X-Request-ID: %0129d" % n)),
    _good("a row of 5 KB", _padded(5000)),
    _good("a row of 64 KiB", _padded(1 << 16)),
    _good("a blank line before a row", lambda n: b"\r\n" + plain(n)),
    _good("a byte order mark", lambda n: post(b"\xef\xbb\xbf" + row(n))),
    _good("another charset, all ASCII", _media(b"Content-Type: application/json; charset=iso-8859-1")),
    Sample("two byte order marks", lambda n: post(b"\xef\xbb\xbf\xef\xbb\xbf" + row(n))),
    Sample("UTF-16", lambda n: post(row(n).decode().encode("utf-16"))),
    Sample("UTF-32 without a mark", lambda n: post(row(n).decode().encode("utf-32-be"))),
    Sample("Latin-1", _body('{"x":1,"año":2}'.encode("latin-1"))),
    Sample("gzip that does not say so", lambda n: post(gzip.compress(row(n), mtime=0))),
    Sample("one byte", _body(b"{")),
    Sample("no JSON", _body(b"{nope")),
    Sample("broken UTF-8", _body(b'{"x":"\xff"}')),
    Sample("an array", _body(b"[]")),
    Sample("a number", _body(b"5")),
    Sample("text for a number", lambda n: post(b'{"x":"%d","y":1}' % n)),
    Sample("null", lambda n: post(b'{"x":null,"y":%d}' % n)),
    Sample("true", lambda n: post(b'{"x":true,"y":%d}' % n)),
    Sample("NaN", lambda n: post(b'{"x":NaN,"y":%d}' % n)),
    Sample("infinite", lambda n: post(b'{"x":1e999,"y":%d}' % n)),
    Sample("a missing field", lambda n: post(b'{"x":%d}' % n)),
    Sample("an unknown field", lambda n: post(b'{"x":1,"y":2,"z%d":3}' % n)),
    Sample("deep", _body(b"[" * 4000)),
    Sample("the model refuses it", lambda n: post(b'{"x":%d,"y":1e308}' % n)),
    Sample("an empty body", _body(b"")),
    Sample("text", _media(b"Content-Type: text/plain")),
    Sample("a form", _media(b"Content-Type: application/x-www-form-urlencoded")),
    Sample("an empty media type", _media(b"Content-Type:")),
    Sample("a batch", lambda n: batch(row(n), row(n + 1))),
    Sample("a batch of one row", lambda n: batch(row(n))),
    Sample("a batch of 700 rows", lambda n: batch(*map(row, range(n, n + 700)))),
    Sample("an empty batch", lambda _n: batch()),
    Sample("a batch of 64 KiB", lambda n: batch(row(n), size=1 << 16)),
    Sample("a batch over 64 KiB", lambda n: batch(row(n), size=(1 << 16) + 1)),
    Sample(
        "a batch, X-Request-ID",
        lambda n: batch(row(n), lines=(b"X-Request-ID: own-%d" % n,)),
        own_id=lambda n: f"own-{n}",
    ),
    Sample(
        "a batch with a byte order mark",
        lambda n: post(b"\xef\xbb\xbf[%b]" % row(n), first=b"POST /predict/batch HTTP/1.1"),
    ),
    Sample("a batch with a bad row", lambda n: batch(row(n), b'{"x":1}')),
    Sample("a batch with refused rows", lambda n: batch(row(n), b'{"x":1,"y":1e308}', row(n), b'{"x":2,"y":1e308}')),
    Sample("a batch of a number", lambda _n: batch(b"5")),
    Sample("a batch that is no JSON", lambda n: batch(row(n), b"{nope")),
    Sample("an object for a batch", lambda n: post(row(n), first=b"POST /predict/batch HTTP/1.1")),
    Sample("a batch as text", lambda n: batch(row(n)).replace(b"application/json", b"text/plain")),
    Sample("a body of the limit", _body(b" " * LARGEST_BODY)),
    Sample("a body over the limit", _body(b" " * (LARGEST_BODY + 1))),
)
# Requests for the application, after which the connection stays open.
OTHER: Final = (
    _good("chunked", lambda n: chunked(row(n), 1000)),
    _good("small chunks", lambda n: chunked(row(n), 3)),
    _good("a chunk's extension", lambda n: chunked(row(n), 9, extension=b";a=b")),
    _good("a trailer", lambda n: chunked(row(n), 9, trailer=b"X-Sum: 1\r\n")),
    Sample("chunks over the limit", lambda _n: chunked(b" " * (LARGEST_BODY + 1), 1 << 16)),
    Sample("chunked text", lambda n: chunked(row(n), 5).replace(b"application/json", b"text/plain")),
    _good("gzip", _packed(gzip.compress, b"gzip")),
    _good("x-gzip in capitals", _packed(gzip.compress, b"X-GZIP")),
    _good("deflate", _packed(zlib.compress, b"deflate")),
    _good("no encoding by name", _packed(bytes, b"identity")),
    _good("gzip of deflate", _packed(lambda text: gzip.compress(zlib.compress(text)), b"deflate, gzip")),
    _good("gzip of a byte order mark", _packed(lambda text: gzip.compress(b"\xef\xbb\xbf" + text), b"gzip")),
    _good("gzip in chunks", lambda n: chunked(gzip.compress(row(n)), 7, b"Content-Encoding: gzip")),
    _good("gzip, Expect", lambda n: post(gzip.compress(row(n)), b"Content-Encoding: gzip", b"Expect: 100-continue")),
    Sample("half a gzip", _packed(lambda text: gzip.compress(text)[:-9], b"gzip")),
    Sample("no gzip", _packed(bytes, b"gzip")),
    Sample("an empty gzip", lambda _n: post(b"", b"Content-Encoding: gzip")),
    Sample("gzip over the limit", lambda _n: post(gzip.compress(b" " * (LARGEST_BODY + 1)), b"Content-Encoding: gzip")),
    Sample("br", _packed(bytes, b"br")),
    Sample(
        "a packed batch",
        lambda n: post(
            gzip.compress(b"[%b]" % row(n)), b"Content-Encoding: gzip", first=b"POST /predict/batch HTTP/1.1"
        ),
    ),
    _good("Expect", _with(b"Expect: 100-continue")),
    Sample("Expect, too large", lambda _n: post(b" " * (LARGEST_BODY + 9), b"Expect: 100-continue")),
    Sample("Expect, text", lambda n: post(row(n), b"Expect: 100-continue", media_type=b"Content-Type: a/b")),
    Sample("no length", lambda _n: post(b"", length=False)),
    _good("a query", _first(b"POST /predict?x=1 HTTP/1.1")),
    _good("an escaped path", _first(b"POST /%70redict HTTP/1.1")),
    _good("a fragment", _first(b"POST /predict#part HTTP/1.1")),
    _good("an absolute target", _first(b"POST http://service/predict HTTP/1.1")),
    _good("a slash behind", _first(b"POST /predict/ HTTP/1.1")),
    Sample("two slashes behind", _first(b"POST /predict// HTTP/1.1")),
    Sample("two slashes", _first(b"POST //predict HTTP/1.1")),
    Sample("PUT", _first(b"PUT /predict HTTP/1.1"), method="PUT"),
    Sample("DELETE with a body", _first(b"DELETE /predict HTTP/1.1"), method="DELETE"),
    Sample("GET /predict", lambda _n: get(b"/predict"), method="GET"),
    Sample("HEAD /predict", lambda _n: get(b"/predict").replace(b"GET", b"HEAD"), method="HEAD"),
    Sample("OPTIONS /predict", lambda _n: get(b"/predict").replace(b"GET", b"OPTIONS"), method="OPTIONS"),
    Sample("HEAD /health", lambda _n: get(b"/health").replace(b"GET", b"HEAD"), method="HEAD"),
    Sample("HEAD /ready/", lambda _n: get(b"/ready/").replace(b"GET", b"HEAD"), method="HEAD"),
    Sample("HEAD /openapi.json", lambda _n: get(b"/openapi.json").replace(b"GET", b"HEAD"), method="HEAD"),
    Sample("GET /health", lambda _n: get(b"/health"), method="GET"),
    Sample("GET /ready", lambda _n: get(b"/ready"), method="GET"),
    Sample("GET /model", lambda _n: get(b"/model"), method="GET"),
    Sample("an unknown path", lambda n: get(b"/nowhere/%d" % n), method="GET"),
    Sample("a blank line first", lambda _n: b"\r\n" + get(b"/health"), method="GET"),
    _good("an upgrade to h2c", _with(b"Connection: Upgrade, HTTP2-Settings", b"Upgrade: h2c", b"HTTP2-Settings: AA")),
    _good("an upgrade to websocket", _with(b"Connection: Upgrade", b"Upgrade: websocket")),
    _good("an upgrade without Connection", _with(b"Upgrade: h2c")),
    Sample(
        "GET, upgrade", lambda _n: get(b"/health")[:-2] + b"Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n", "GET"
    ),
    _good(
        "an upgrade with chunks",
        lambda n: chunked(row(n), 9, b"Connection: Upgrade, HTTP2-Settings", b"Upgrade: h2c", b"HTTP2-Settings: AA"),
    ),
)
# Requests after which the server closes the connection.
LAST: Final = (
    _good("Connection: close", _with(b"Connection: close")),
    _good("connection: CLOSE", _with(b"connection: CLOSE")),
    _good("close among others", _with(b"Connection: x, close")),
    Sample("a bad row, close", lambda n: post(b'{"x":%d}' % n, b"Connection: close")),
    Sample("GET, close", lambda _n: get(b"/health").replace(b"Host", b"Connection: close\r\nHost"), method="GET"),
    _good("HTTP/0.9", _first(b"POST /predict")),
    _good("HTTP/1.0", _first(b"POST /predict HTTP/1.0")),
    _good("HTTP/1.0, keep-alive", lambda n: post(row(n), b"Connection: keep-alive", first=b"POST /predict HTTP/1.0")),
)
_breaks = partial(Sample, breaks=True)
BROKEN: Final = (
    _breaks("a space before the colon", lambda n: plain(n).replace(b"Host:", b"Host :")),
    _breaks("bare line feeds", lambda n: plain(n).replace(b"\r\n", b"\n")),
    _breaks("bare carriage returns", lambda n: plain(n).replace(b"\r\n", b"\r")),
    _breaks("two different lengths", _with(b"Content-Length: 3")),
    _breaks("the same length twice", lambda n: plain(n, b"Content-Length: %d" % len(row(n)))),
    _breaks("a length and chunks", _with(b"Transfer-Encoding: chunked")),
    _breaks("chunks, then a length", lambda n: chunked(row(n), 9, b"Content-Length: 5")),
    _breaks("a negative length", lambda _n: post(b"", b"Content-Length: -1", length=False)),
    _breaks("a signed length", lambda n: post(row(n), b"Content-Length: +%d" % len(row(n)), length=False)),
    _breaks("a length in words", lambda _n: post(b"", b"Content-Length: ten", length=False)),
    _breaks("a length of 30 digits", lambda _n: post(b"", b"Content-Length: " + b"9" * 30, length=False)),
    _breaks("two lengths in a line", lambda n: post(row(n), b"Content-Length: 14, 14", length=False)),
    _breaks("a bad chunk size", lambda n: chunked(row(n), 9).replace(b"\r\n9\r\n", b"\r\nzz\r\n")),
    _breaks("a NUL in a value", _with(b"X-Bad: a\0b")),
    _breaks("a space in a name", _with(b"X Bad: 1")),
    _breaks("a folded line", _with(b"X-Long: a\r\n b")),
    _breaks("no colon", _with(b"nocolon")),
    _breaks("a method in small letters", _first(b"post /predict HTTP/1.1")),
    _breaks("an unknown method", _first(b"PREDICT /predict HTTP/1.1")),
    _breaks("HTTP/3.7", _first(b"POST /predict HTTP/3.7")),
    _breaks("HTTP/2's preface", lambda _n: b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    _breaks("garbage", lambda n: b"\x00\xff\x80garbage %d\r\n\r\n" % n),
    _breaks("a TLS hello", lambda _n: TLS_HELLO),
)
# Their effect on later requests depends on the server, so each is sent on its own connection.
ALONE: Final = (
    _good("a huge header", _with(b"Cookie: " + b"c" * 200_000)),
    _good("five thousand headers", _with(*(b"X-Number-%d: %d" % (place, place) for place in range(5000)))),
    Sample("CONNECT", lambda _n: b"CONNECT service:80 HTTP/1.1\r\nHost: service\r\n\r\n", "CONNECT"),
    Sample("OPTIONS *", lambda _n: b"OPTIONS * HTTP/1.1\r\nHost: service\r\n\r\n", "OPTIONS"),
    Sample("TRACE", lambda _n: get(b"/predict").replace(b"GET", b"TRACE"), "TRACE"),
)
EVERY: Final = (*ALONE, *PLAIN, *OTHER, *LAST, *BROKEN)
