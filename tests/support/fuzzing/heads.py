"""Requests around bodies: valid heads, odd ones, and framings that are valid, wrong, or cut off."""

from dataclasses import dataclass, replace
from random import Random
from typing import Final

from head_parts import LINES, PARTS

from fuzzing.bodies import Body, with_bytes_replaced

_METHODS: Final = [
    *(b"POST",) * 12,
    *(b"GET", b"HEAD", b"PUT", b"DELETE", b"PATCH", b"OPTIONS", b"TRACE", b"CONNECT", b"QUERY", b"PROPFIND", b"post"),
    *(b"PREDICT", b"P", b"POST" * 30, b"G\xffT", b"PO ST", b""),
]
_VERSIONS: Final = [
    *(b"HTTP/1.1",) * 14,
    *(b"HTTP/1.0", b"HTTP/1.2", b"HTTP/0.9", b"HTTP/2.0", b"HTTP/1.10", b"HTTP/11", b"http/1.1", b"HTTP/1", b"", b"X"),
]
_ODD_LINES: Final = [
    *LINES,
    *(b"X-Empty:", b":", b": no name", b"X-A : 1", b"X\xe9: 1", b"X-B: \xff\xfe\x80", b"X-C: a\0b", b"X-D: \x7f\x01"),
    *(b"X-E: a\r\n folded", b" X-F: first folded", b"no colon", b"X G: 1", b"X-H: a\rb", b"X-I: a\nb: c", b"(x): 1"),
    *(b"Cookie: " + b"c" * 3000, b"Cookie: " + b"c" * 9000, b"Cookie: " + b"c" * 20_000, b"N" * 5000 + b": 1"),
    *(b"Host:", b"Host: other", b"Host: a, b", b"Host: \xff", b"Host: [::1", b"Host: service:99999"),
    *(b"Expect: 100-continue", b"Expect: 200-ok", b"Expect:", b"Upgrade: h2c", b"Upgrade: websocket", b"Upgrade:"),
    b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA",
    b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
    *(
        b"Connection: close",
        b"Connection: keep-alive",
        b"Connection: content-length",
        b"Connection: \xff,,,",
        b"TE: gzip",
    ),
    *(
        b"Content-Encoding: br",
        b"Content-Encoding: gzip",
        b"Content-Encoding: \xff",
        b"Content-Encoding: , ,",
        b"Trailer: X",
    ),
    *(
        b"Content-Type: \xff",
        b"Content-Type: text/csv",
        b"Content-Type:",
        b"Accept: \xff;q=\x80",
        b"Origin: null",
        b"Range: bytes=0-1",
    ),
    *(
        b"X-Request-ID: \xff",
        b"X-Request-ID: a b",
        b"X-Request-ID: " + b"a" * 129,
        b"X-Forwarded-Prefix: /x\xff",
        b"Via: 1.1 x",
    ),
    *(
        b"X-Forwarded-Prefix: //x",
        b"X-Forwarded-Proto: x",
        b"X-Forwarded-For: \xff",
        b"Forwarded: for=\xff",
        b"Proxy: x",
    ),
    *(
        b"\r\n".join(b"X-%d: %d" % (n, n) for n in range(120)),
        b"Keep-Alive: timeout=0",
        b"If-Match: x",
        b"traceparent: \xff",
    ),
    *(
        b"Authorization: Basic \xff",
        b"Authorization: Bearer",
        b"Authorization:",
        b"Max-Forwards: 0",
        b"Content-Range: bytes 0-1/2",
    ),
]
_LENGTHS: Final = [
    *(
        b"Content-Length: -1",
        b"Content-Length: +5",
        b"Content-Length: 0x10",
        b"Content-Length: 1e3",
        b"Content-Length:",
    ),
    *(b"Content-Length: 99999999999999999999", b"Content-Length: 18446744073709551616", b"Content-Length: 4294967297"),
    *(b"Content-Length: 9223372036854775807", b"Content-Length: 5, 5", b"Content-Length: 5, 6", b"Content-Length: 5 6"),
    *(
        b"Content-Length: \xb2",
        b"Content-Length: 5\x00",
        b"Content-Length : 5",
        b"Content-Length: 1048577",
        b"Content_Length: 5",
    ),
    *(
        b"Content-Length: 5\r\nContent-Length: 5",
        b"Content-Length: 5\r\nContent-Length: 6",
        b"Content-Length: 0",
        b"Content-Length: 1",
    ),
    *(
        b"Content-Length: 00005",
        b"Content-Length: 5;",
        b"Content-Length:\t5\t",
        b"Content-Length: 5\x0b",
        b"content-length: 65537",
    ),
]
_CODINGS: Final = [
    *(b"Transfer-Encoding: chunked",) * 3,
    *(b"Transfer-Encoding: gzip, chunked", b"Transfer-Encoding: identity", b"Transfer-Encoding: chunked, identity"),
    *(
        b"Transfer-Encoding: xchunked",
        b"Transfer-Encoding:",
        b"Transfer-Encoding: CHUNKED",
        b"Transfer-Encoding : chunked",
    ),
    *(
        b"Transfer-Encoding:\tchunked",
        b"Transfer-Encoding: \x0bchunked",
        b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
    ),
    *(
        b"Transfer-Encoding: chunked, chunked",
        b'Transfer-Encoding: "chunked"',
        b"Transfer-Encoding: chunked;q=1",
        b"X: 1\nTransfer-Encoding: chunked",
    ),
]
_SIZES: Final = [
    *(
        b"g",
        b"-1",
        b"+5",
        b"0x5",
        b" 5",
        b"5 ",
        b"",
        b"00000000000000000005",
        b"FFFFFFFFFFFFFFFF",
        b"10000000000000000",
        b"5\0",
    ),
    *(
        b"fffffffffffffffff",
        b"7fffffffffffffff",
        b"5;",
        b'5;a="\r\n"',
        b"5;" + b"a" * 20_000,
        b"\xb2",
        b"1_0",
        b"5,5",
        b"5\t;x",
    ),
]
_TRAILERS: Final = [
    b"X-Sum: 1\r\n",
    b"Host: x\r\nX-A: b\r\n",
    b"Content-Type: text/csv\r\n",
    b"X: " + b"a" * 300 + b"\r\n",
]
_ODD_TRAILERS: Final = [
    *(b": x\r\n", b"no colon\r\n", b"X: " + b"a" * 20_000 + b"\r\n", b"X: \xff\0\r\n", b"X: 1\n", b" folded\r\n"),
    *(b"Content-Length: 5\r\n", b"Transfer-Encoding: chunked\r\n"),
]
_EXTENSIONS: Final = [b"", b"", b";a", b";a=b", b';a="b;c"', b";" + b"e" * 500]
_GARBAGE: Final = [
    *(
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0",
        bytes.fromhex("16030100c8010000c40303") + bytes(range(193)),
    ),
    *(
        b"\r\n\r\n\r\n\r\n",
        b"\n\n\n",
        b"\0" * 100,
        b"GET /health\r\n",
        b"GET /health\n\n",
        b"* * *\r\n\r\n",
        b"PROXY TCP4 1.1.1.1 2.2.2.2 1 2\r\n",
    ),
    *(
        b"\r\n\x0d\x0a\x0d\x0a\x00\r\nQUIT\n!\x11",
        b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
        b"A" * 70_000,
        b"POST " + b"/" * 70_000,
    ),
    *(
        b"POST /predict HTTP/1.1\r\n" + b"X: y\r\n" * 9000,
        b"POST /predict HTTP/1.1\r\n\r\n" * 50,
        b"\x80" * 9000,
        b"{}" * 50,
    ),
]


@dataclass(frozen=True)
class Request:
    """The parts of a request.

    Attributes:
        first: Its first line.
        lines: Its header lines, those about its length included.
        body: What follows the blank line.
        method: Its method; the response to HEAD has no body.
        kind: How it was changed.
        is_framed: Whether its end is certain.
    """

    first: bytes
    lines: list[bytes]
    body: bytes
    method: str
    kind: str
    is_framed: bool

    def content(self) -> bytes:
        """Its bytes."""
        return b"\r\n".join([self.first, *self.lines, b"", self.body])


def plain(body: Body, lines: tuple[bytes, ...] = ()) -> Request:
    """A valid POST of a body.

    Args:
        body: The body.
        lines: Further header lines.
    """
    length = b"Content-Length: %d" % len(body.content)
    head = [b"Host: service", *body.lines, *lines, length]
    return Request(b"POST %b HTTP/1.1" % body.path, head, body.content, "POST", body.kind, is_framed=True)


def odd_first_line(random: Random, body: Body, request: Request) -> Request:
    """Another method, version or target."""
    target = body.path
    for _ in range(random.choice((0, 1, 1, 2))):
        start = random.randrange(len(target) + 1)
        target = target[:start] + random.choice(PARTS) + target[start + random.choice((0, 0, 1, 4)) :]
    target = random.choice(
        (target, target, target, b"http://service" + target, target + b"?" + b"q" * 9000, b"*", b"\xff")
    )
    method, version = random.choice(_METHODS), random.choice(_VERSIONS)
    first = b" ".join((method, target, version))
    return replace(request, first=first, method=method.decode("latin-1"), kind="first line")


def odd_lines(random: Random, request: Request) -> Request:
    """Further header lines, anywhere among the others."""
    lines = list(request.lines)
    for _ in range(random.choice((1, 1, 2, 3))):
        lines.insert(random.randrange(len(lines) + 1), random.choice(_ODD_LINES))
    return replace(request, lines=lines, kind="header lines")


def chunked(random: Random, request: Request) -> Request:
    """The body in chunks of any sizes, with extensions and trailers, all of them valid."""
    chunks, start = [], 0
    while start < len(request.body):
        size = (
            random.choice((1, 3, 10, 100, 1000, 70_000)) if len(request.body) < 2000 else random.choice((500, 70_000))
        )
        part = request.body[start : start + size]
        number = random.choice((b"%x", b"%X", b"000%x")) % len(part)
        chunks.append(b"%b%b\r\n%b\r\n" % (number, random.choice(_EXTENSIONS), part))
        start += size
    trailer = random.choice((b"", b"", *_TRAILERS))
    lines = [line for line in request.lines if not line.startswith(b"Content-Length")]
    lines.insert(random.randrange(len(lines) + 1), b"Transfer-Encoding: chunked")
    return replace(request, lines=lines, body=b"".join(chunks) + b"0\r\n" + trailer + b"\r\n", kind="chunks")


def odd_length(random: Random, request: Request) -> Request:
    """A length that is wrong, or of which there are several, or beside chunks."""
    kept = [line for line in request.lines if not line.startswith(b"Content-Length") or random.random() < 0.2]
    lines = [*kept, random.choice(_LENGTHS)]
    if random.random() < 0.3:
        lines.append(random.choice(_CODINGS))
    random.shuffle(lines)
    return replace(request, lines=lines, kind="length", is_framed=False)


def odd_chunks(random: Random, request: Request) -> Request:
    """Chunks with a wrong size, an odd trailer, or an odd header for them."""
    found = chunked(random, request)
    lines, body = list(found.lines), found.body
    way = random.randrange(4)
    if way == 0:
        lines[lines.index(b"Transfer-Encoding: chunked")] = random.choice(_CODINGS)
    elif way == 1:
        size, _mark, rest = body.partition(b"\r\n")
        body = random.choice(_SIZES) + b"\r\n" + rest
        assert size
    elif way == 2:
        body = body[: body.rindex(b"0\r\n") + 3] + random.choice(_ODD_TRAILERS) + b"\r\n"
    else:
        body = random.choice(
            (body.replace(b"\r\n", b"\n"), body.replace(b"\r\n", b""), body[:-2], body.replace(b"\r\n", b"\r"))
        )
    return replace(found, lines=lines, body=body, kind="odd chunks", is_framed=False)


def garbage(random: Random) -> bytes:
    """Bytes of another protocol, or of none."""
    return random.choice((random.choice(_GARBAGE), random.randbytes(random.choice((1, 30, 300)))))


def damaged(random: Random, content: bytes) -> bytes:
    """A request with bytes changed anywhere, mostly in its head."""
    end = content.find(b"\r\n\r\n") + 4 if random.random() < 0.8 else len(content)
    return with_bytes_replaced(random, content[:end]) + content[end:]
