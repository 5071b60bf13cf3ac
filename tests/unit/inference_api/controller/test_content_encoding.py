"""Compressed bodies: which encodings are supported, which are refused, and how much is decompressed."""

import gzip
import tracemalloc
import zlib
from collections.abc import Callable

import pytest

from src.controller.content_encoding import MAX_ENCODINGS, MAX_MEMBERS, decode, encodings_of
from src.errors import BodyTooLargeError, DamagedBodyError, UnsupportedEncodingError

LIMIT = 1 << 20
TEXT = b'{"x": 1.5, "y": "\xc3\xb1"}' * 20


def raw_deflate(text: bytes, level: int = 6) -> bytes:
    """A deflate stream without the header of zlib."""
    stream = zlib.compressobj(level, zlib.DEFLATED, -zlib.MAX_WBITS)
    return stream.compress(text) + stream.flush()


@pytest.mark.parametrize(
    ("values", "found"),
    [
        ([], []),
        ([""], []),
        (["identity"], []),
        (["gzip"], ["gzip"]),
        (["GZIP"], ["gzip"]),
        ([" x-gzip "], ["x-gzip"]),
        (["deflate, identity, gzip"], ["deflate", "gzip"]),
        (["deflate", "gzip"], ["deflate", "gzip"]),
    ],
)
def test_supported_encodings(values: list[str], found: list[str]) -> None:
    """Names in any case, in one header or in several; `identity` counts as no encoding."""
    assert encodings_of(values) == found


@pytest.mark.parametrize("value", ["br", "zstd", "compress", "utf-8", "gzip, br", "aes128gcm", "*", "gzip;q=1"])
def test_unsupported_encodings(value: str) -> None:
    """An unsupported encoding is named in the error, with the supported ones."""
    name = value.rpartition(", ")[2]
    with pytest.raises(UnsupportedEncodingError) as caught:
        encodings_of([value])
    assert (
        caught.value.detail
        == f"Content-Encoding: {name} is not understood; send the body as gzip or deflate, or as it is"
    )


def test_too_many_encodings() -> None:
    """More encodings than the limit are refused; a long name is cut in the error."""
    assert len(encodings_of(["gzip"] * MAX_ENCODINGS)) == MAX_ENCODINGS
    with pytest.raises(UnsupportedEncodingError, match="more than 3 encodings"):
        encodings_of(["gzip"] * 5000)
    with pytest.raises(UnsupportedEncodingError) as caught:
        encodings_of(["x" * 5000])
    assert len(caught.value.detail) < 200


@pytest.mark.parametrize(
    ("body", "encodings"),
    [
        (TEXT, []),
        (gzip.compress(TEXT), ["gzip"]),
        (gzip.compress(TEXT, 0), ["x-gzip"]),
        (gzip.compress(TEXT[:9]) + gzip.compress(b"") + gzip.compress(TEXT[9:]), ["gzip"]),
        (gzip.compress(TEXT) + b"\0" * 500, ["gzip"]),
        (zlib.compress(TEXT, 0), ["deflate"]),
        (zlib.compress(TEXT, 9), ["deflate"]),
        (raw_deflate(TEXT), ["deflate"]),
        (raw_deflate(TEXT, 0), ["deflate"]),
        (gzip.compress(zlib.compress(TEXT)), ["deflate", "gzip"]),
    ],
)
def test_decoded(body: bytes, encodings: list[str]) -> None:
    """A gzip with one member, several or padding; deflate with zlib's header and without; one in the other."""
    assert decode(body, encodings, LIMIT) == TEXT


@pytest.mark.parametrize("pack", [gzip.compress, zlib.compress, raw_deflate])
def test_the_limit_is_that_of_the_body(pack: Callable[[bytes], bytes]) -> None:
    """The decoded body may be as long as the limit, and no byte longer."""
    encodings = ["gzip" if pack is gzip.compress else "deflate"]
    assert decode(pack(b" " * LIMIT), encodings, LIMIT) == b" " * LIMIT
    with pytest.raises(BodyTooLargeError, match=f"limit of {LIMIT} bytes when its .* is undone"):
        decode(pack(b" " * (LIMIT + 1)), encodings, LIMIT)
    with pytest.raises(BodyTooLargeError):
        decode(gzip.compress(b" " * LIMIT) + gzip.compress(b" "), ["gzip"], LIMIT)


def test_a_decompression_bomb_is_not_decompressed() -> None:
    """A body that decodes to a thousand times the limit needs at most five times the limit of memory."""
    stream = zlib.compressobj(9, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    # What follows a full flush does not refer to what was before it, so that the second one may be repeated.
    first, second = (stream.compress(b"\0" * LIMIT) + stream.flush(zlib.Z_FULL_FLUSH) for _ in range(2))
    bomb = first + 999 * second
    assert len(bomb) < 1.1 * LIMIT
    assert len(zlib.decompressobj(16 + zlib.MAX_WBITS).decompress(bomb, 20 * LIMIT)) == 20 * LIMIT
    twice = gzip.compress(bomb, 9)
    for body, encodings in ((bomb, ["gzip"]), (twice, ["gzip", "gzip"])):
        tracemalloc.start()
        with pytest.raises(BodyTooLargeError):
            decode(body, encodings, LIMIT)
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert most < 5 * LIMIT


COMPRESSED = gzip.compress(TEXT)


@pytest.mark.parametrize(
    ("body", "encodings", "reason"),
    [
        (b"", ["gzip"], "ends too early"),
        (COMPRESSED[:-1], ["gzip"], "ends too early"),
        (COMPRESSED[:15], ["gzip"], "ends too early"),
        (TEXT, ["gzip"], "incorrect header check"),
        (zlib.compress(TEXT), ["gzip"], "incorrect header check"),
        (COMPRESSED[:-8] + bytes(8), ["gzip"], "incorrect data check"),
        (COMPRESSED + b"garbage", ["gzip"], "incorrect header check"),
        (COMPRESSED + COMPRESSED[:20], ["gzip"], "ends too early"),
        (gzip.compress(b"") * (MAX_MEMBERS + 1), ["gzip"], "more than 100 members"),
        (b"", ["deflate"], "ends too early"),
        (TEXT, ["deflate"], "invalid"),
        (zlib.compress(TEXT)[:-1], ["deflate"], "ends too early"),
        (zlib.compress(TEXT) + b"x", ["deflate"], "something follows its end"),
        (raw_deflate(TEXT) + b"x", ["deflate"], "something follows its end"),
        (COMPRESSED, ["gzip", "gzip"], "incorrect header check"),
    ],
)
def test_damaged(body: bytes, encodings: list[str], reason: str) -> None:
    """A truncated, corrupt or uncompressed body is an error that names the encoding and the problem."""
    with pytest.raises(
        DamagedBodyError, match=f"not valid {encodings[0]}, which its Content-Encoding says: .*{reason}"
    ):
        decode(body, encodings, LIMIT)


def test_every_truncation_is_detected() -> None:
    """No prefix of a compressed body is accepted as the whole body."""
    for cut in range(len(COMPRESSED)):
        with pytest.raises(DamagedBodyError):
            decode(COMPRESSED[:cut], ["gzip"], LIMIT)
