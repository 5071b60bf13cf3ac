"""HTTP itself: heads, lengths, encodings, connections and invalid bytes, each around one row for `/predict`."""

import gzip
import zlib
from collections.abc import Callable
from functools import partial
from typing import Final

from http_request import (
    LARGEST_BODY,
    Build,
    Sample,
    assert_predicts,
    chunked,
    get,
    has_json,
    has_status,
    is_refused,
    plain,
    post,
)
from sum_rows import row

TLS_HELLO: Final = bytes.fromhex("16030100c8010000c40303") + bytes(range(193))
_HEALTHY: Final = has_json(lambda _n: {"status": "ok"})
_TYPE: Final = is_refused(415, "unsupported_media_type")
_DAMAGED: Final = is_refused(400, "damaged_body")
_LARGE: Final = is_refused(413, "too_large")
_UNKNOWN: Final = is_refused(404, "not_found")
_METHOD: Final = is_refused(405, "method_not_allowed")


def _predicted(name: str, build: Build, own_id: Callable[[int], str] | None = None) -> Sample:
    return Sample(name, build, assert_predicts, own_id=own_id)


def _with(*lines: bytes) -> Build:
    return lambda number: plain(number, *lines)


def _first(line: bytes) -> Build:
    return lambda number: post(row(number), first=line)


def _packed(pack: Callable[[bytes], bytes], encoding: bytes) -> Build:
    return lambda number: post(pack(row(number)), b"Content-Encoding: " + encoding)


def _media(line: bytes | None) -> Build:
    return lambda number: post(row(number), media_type=line)


def _padded(size: int) -> Build:
    return lambda number: post(row(number).ljust(size))


# Requests that the fast lane may answer itself.
PLAIN: Final = (
    _predicted("a row", plain),
    _predicted("charset", _media(b"Content-Type: application/json; charset=utf-8")),
    _predicted("media type in capitals", _media(b"Content-Type: Application/JSON")),
    _predicted("two media types, of which the first counts", _with(b"Content-Type: text/plain")),
    _predicted("no media type", _media(None)),
    _predicted("lower names", lambda n: plain(n).replace(b"Content-", b"content-").replace(b"Host", b"host")),
    _predicted("upper names", lambda n: plain(n).replace(b"Content-Length", b"CONTENT-LENGTH")),
    _predicted("no space after the colon", lambda n: plain(n).replace(b": ", b":")),
    _predicted("spaces around a value", lambda n: plain(n).replace(b"Host: service", b"Host: \t service \t")),
    _predicted("no host", lambda n: plain(n).replace(b"Host: service\r\n", b"")),
    _predicted("keep-alive", _with(b"Connection: keep-alive")),
    _predicted("a header without a value", _with(b"X-Empty:", b"Accept: ")),
    _predicted("a header with Latin-1", _with(b"X-Name: Jos\xe9")),
    _predicted("a long header", _with(b"Cookie: " + b"c" * 6000)),
    _predicted("fifty headers", _with(*(b"X-Number-%d: %d" % (place, place) for place in range(50)))),
    _predicted("a trace id", lambda n: plain(n, b"traceparent: 00-%032x-%016x-01" % (n + 1, n + 1))),
    _predicted("X-Forwarded-For", lambda n: plain(n, b"X-Forwarded-For: 10.0.%d.%d" % (n // 250, n % 250))),
    _predicted("X-Forwarded-Prefix", _with(b"X-Forwarded-Prefix: /ml", b"X-Forwarded-Proto: https")),
    _predicted("X-Request-ID", lambda n: plain(n, b"X-Request-ID: own-%d" % n), own_id=lambda n: f"own-{n}"),
    _predicted(
        "x-request-id twice", lambda n: plain(n, b"x-request-id: a%d" % n, b"x-request-id: b"), own_id=lambda n: f"a{n}"
    ),
    _predicted("a bad X-Request-ID", lambda n: plain(n, b'X-Request-ID: "%d"' % n)),
    _predicted("an empty X-Request-ID", _with(b"X-Request-ID:")),
    _predicted("a long X-Request-ID", lambda n: plain(n, b"X-Request-ID: %0129d" % n)),
    _predicted("a row of 5 KB", _padded(5000)),
    _predicted("a row of 64 KiB", _padded(1 << 16)),
    _predicted("a blank line before a row", lambda n: b"\r\n" + plain(n)),
    _predicted("another charset, all ASCII", _media(b"Content-Type: application/json; charset=iso-8859-1")),
    Sample("text", _media(b"Content-Type: text/plain"), _TYPE),
    Sample("a form", _media(b"Content-Type: application/x-www-form-urlencoded"), _TYPE),
    Sample("an empty media type", _media(b"Content-Type:"), _TYPE),
)
# Requests for the application, after which the connection stays open.
OTHER: Final = (
    _predicted("chunked", lambda n: chunked(row(n), 1000)),
    _predicted("small chunks", lambda n: chunked(row(n), 3)),
    _predicted("a chunk's extension", lambda n: chunked(row(n), 9, extension=b";a=b")),
    _predicted("a trailer", lambda n: chunked(row(n), 9, trailer=b"X-Sum: 1\r\n")),
    Sample("chunks over the limit", lambda _n: chunked(b" " * (LARGEST_BODY + 1), 1 << 16), _LARGE),
    Sample("chunked text", lambda n: chunked(row(n), 5).replace(b"application/json", b"text/plain"), _TYPE),
    _predicted("gzip", _packed(gzip.compress, b"gzip")),
    _predicted("x-gzip in capitals", _packed(gzip.compress, b"X-GZIP")),
    _predicted("deflate", _packed(zlib.compress, b"deflate")),
    _predicted("no encoding by name", _packed(bytes, b"identity")),
    _predicted("gzip of deflate", _packed(lambda text: gzip.compress(zlib.compress(text)), b"deflate, gzip")),
    _predicted("gzip of a byte order mark", _packed(lambda text: gzip.compress(b"\xef\xbb\xbf" + text), b"gzip")),
    _predicted("gzip in chunks", lambda n: chunked(gzip.compress(row(n)), 7, b"Content-Encoding: gzip")),
    _predicted(
        "gzip, Expect", lambda n: post(gzip.compress(row(n)), b"Content-Encoding: gzip", b"Expect: 100-continue")
    ),
    Sample("half a gzip", _packed(lambda text: gzip.compress(text)[:-9], b"gzip"), _DAMAGED),
    Sample("no gzip", _packed(bytes, b"gzip"), _DAMAGED),
    Sample("an empty gzip", lambda _n: post(b"", b"Content-Encoding: gzip"), _DAMAGED),
    Sample(
        "gzip over the limit",
        lambda _n: post(gzip.compress(b" " * (LARGEST_BODY + 1)), b"Content-Encoding: gzip"),
        _LARGE,
    ),
    Sample("br", _packed(bytes, b"br"), is_refused(415, "unsupported_encoding")),
    _predicted("Expect", _with(b"Expect: 100-continue")),
    Sample("Expect, too large", lambda _n: post(b" " * (LARGEST_BODY + 9), b"Expect: 100-continue"), _LARGE),
    Sample("Expect, text", lambda n: post(row(n), b"Expect: 100-continue", media_type=b"Content-Type: a/b"), _TYPE),
    Sample("no length", lambda _n: post(b"", length=False), is_refused(400, "not_json")),
    _predicted("an escaped path", _first(b"POST /%70redict HTTP/1.1")),
    _predicted("a fragment", _first(b"POST /predict#part HTTP/1.1")),
    _predicted("an absolute target", _first(b"POST http://service/predict HTTP/1.1")),
    _predicted("a slash behind", _first(b"POST /predict/ HTTP/1.1")),
    Sample("two slashes behind", _first(b"POST /predict// HTTP/1.1"), _UNKNOWN),
    Sample("two slashes", _first(b"POST //predict HTTP/1.1"), _UNKNOWN),
    Sample("PUT", _first(b"PUT /predict HTTP/1.1"), _METHOD, method="PUT"),
    Sample("DELETE with a body", _first(b"DELETE /predict HTTP/1.1"), _METHOD, method="DELETE"),
    Sample("GET /predict", lambda _n: get(b"/predict"), _METHOD, method="GET"),
    Sample("HEAD /predict", lambda _n: get(b"/predict", b"HEAD"), has_status(405), method="HEAD"),
    Sample("OPTIONS /predict", lambda _n: get(b"/predict", b"OPTIONS"), has_status(204), method="OPTIONS"),
    Sample("HEAD /health", lambda _n: get(b"/health", b"HEAD"), has_status(200), method="HEAD"),
    Sample("HEAD /ready/", lambda _n: get(b"/ready/", b"HEAD"), has_status(200), method="HEAD"),
    Sample("HEAD /openapi.json", lambda _n: get(b"/openapi.json", b"HEAD"), has_status(200), method="HEAD"),
    Sample("GET /health", lambda _n: get(b"/health"), _HEALTHY, method="GET"),
    Sample("GET /ready", lambda _n: get(b"/ready"), has_status(200), method="GET"),
    Sample("GET /model", lambda _n: get(b"/model"), has_status(200), method="GET"),
    Sample("an unknown path", lambda n: get(b"/nowhere/%d" % n), _UNKNOWN, method="GET"),
    Sample("a blank line first", lambda _n: b"\r\n" + get(b"/health"), _HEALTHY, method="GET"),
    _predicted(
        "an upgrade to h2c", _with(b"Connection: Upgrade, HTTP2-Settings", b"Upgrade: h2c", b"HTTP2-Settings: AA")
    ),
    _predicted("an upgrade to websocket", _with(b"Connection: Upgrade", b"Upgrade: websocket")),
    _predicted("an upgrade without Connection", _with(b"Upgrade: h2c")),
    Sample(
        "GET, upgrade",
        lambda _n: get(b"/health")[:-2] + b"Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
        _HEALTHY,
        method="GET",
    ),
    _predicted(
        "an upgrade with chunks",
        lambda n: chunked(row(n), 9, b"Connection: Upgrade, HTTP2-Settings", b"Upgrade: h2c", b"HTTP2-Settings: AA"),
    ),
)
# Requests after which the server closes the connection.
LAST: Final = (
    _predicted("Connection: close", _with(b"Connection: close")),
    _predicted("connection: CLOSE", _with(b"connection: CLOSE")),
    _predicted("close among others", _with(b"Connection: x, close")),
    Sample("a bad row, close", lambda n: post(b'{"x":%d}' % n, b"Connection: close"), is_refused(422, "invalid_input")),
    Sample(
        "GET, close", lambda _n: get(b"/health").replace(b"Host", b"Connection: close\r\nHost"), _HEALTHY, method="GET"
    ),
    _predicted("HTTP/0.9", _first(b"POST /predict")),
    _predicted("HTTP/1.0", _first(b"POST /predict HTTP/1.0")),
    _predicted(
        "HTTP/1.0, keep-alive", lambda n: post(row(n), b"Connection: keep-alive", first=b"POST /predict HTTP/1.0")
    ),
)
_breaks = partial(Sample, check=is_refused(400, "bad_request"), breaks=True)
BROKEN: Final = (
    _breaks("a space before the colon", lambda n: plain(n).replace(b"Host:", b"Host :")),
    _breaks("bare line feeds", lambda n: plain(n).replace(b"\r\n", b"\n")),
    _breaks("a bare line feed in the headers", lambda n: plain(n).replace(b"\r\nContent-Type", b"\nContent-Type")),
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
    _breaks("a byte beyond ASCII in the path", _first(b"POST /v2/models/\xfc/infer HTTP/1.1")),
    _breaks("HTTP/3.7", _first(b"POST /predict HTTP/3.7")),
    _breaks("HTTP/2's preface", lambda _n: b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    _breaks("garbage", lambda n: b"\x00\xff\x80garbage %d\r\n\r\n" % n),
    _breaks("a TLS hello", lambda _n: TLS_HELLO),
)
# Their effect on later requests depends on the server, so each is sent on its own connection.
ALONE: Final = (
    _predicted("a huge header", _with(b"Cookie: " + b"c" * 200_000)),
    _predicted("five thousand headers", _with(*(b"X-Number-%d: %d" % (place, place) for place in range(5000)))),
    Sample(
        "CONNECT",
        lambda _n: b"CONNECT service:80 HTTP/1.1\r\nHost: service\r\n\r\n",
        is_refused(400, "bad_request"),
        method="CONNECT",
    ),
    Sample("OPTIONS *", lambda _n: b"OPTIONS * HTTP/1.1\r\nHost: service\r\n\r\n", has_status(204), method="OPTIONS"),
    Sample("TRACE", lambda _n: get(b"/predict", b"TRACE"), _METHOD, method="TRACE"),
)
