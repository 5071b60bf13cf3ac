"""The object of an inference request, and the binary data behind it."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from src.controller.protocols.open_inference.errors import InvalidInferenceError
from src.controller.protocols.open_inference.messages import InferenceRequest, header_length, read_message
from src.errors import NotJsonError

BODY = b'{"inputs":[{"name":"a","shape":[1],"datatype":"FP64","data":[1.5]}],"id":"7","model_name":"ignored"}'


def test_the_object_and_its_binary_data() -> None:
    """The header says where the binary data begins; without it the object is the whole body."""
    message, binary = read_message(BODY + b"\0\1", len(BODY))
    assert (message.id, message.inputs[0].name, bytes(message.inputs[0].data), binary) == ("7", "a", b"[1.5]", b"\0\1")
    message, binary = read_message(BODY, None)
    assert (message.id, binary) == ("7", b"")


def test_a_byte_order_mark_is_ignored() -> None:
    """As in the service's own protocol, with and without binary data."""
    marked = b"\xef\xbb\xbf" + BODY
    assert read_message(marked, None)[0].id == "7"
    assert read_message(marked + b"\1", len(marked))[1] == b"\1"


def test_nan_is_null() -> None:
    """Triton's client writes the word NaN into JSON; in a text it is a text."""
    body = rb'{"inputs":[{"name":"NaN \" NaN","shape":[2],"datatype":"FP64","data":[NaN,1.5, NaN]}],"id":"NaN"}'
    message, binary = read_message(body + b"NaN", len(body))
    assert (message.inputs[0].name, bytes(message.inputs[0].data), message.id) == (
        'NaN " NaN',
        b"[null,1.5, null]",
        "NaN",
    )
    assert binary == b"NaN"
    for text in (b"{xNaN}", b'{"NaN', b'{"NaN\\', b'{"inputs":[]}NaN'):
        with pytest.raises(NotJsonError):
            read_message(text, None)


def test_unclosed_texts_take_no_long_time() -> None:
    """A megabyte of quotes is looked at once."""
    for body in (rb"\"" * 500_000 + b"NaN", b'"' * 500_001 + b"NaN" + rb"\"" * 100_000 + b"\\"):
        with pytest.raises(NotJsonError):
            read_message(b"{" + body, None)


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b"", "is not JSON"),
        (b"{", "is not JSON"),
        (BODY + b"\0\1", "is not JSON: .*trailing"),
        (b'{"inputs":[{"name":"\xff"', "is not UTF-8: byte 0xff"),
        (BODY.decode().encode("utf-16"), "UTF-16"),
        (b"\x1f\x8b\x08", "gzip"),
    ],
)
def test_what_is_not_json(body: bytes, problem: str) -> None:
    """The sentence has the reason."""
    with pytest.raises(NotJsonError, match=problem):
        read_message(body, None)


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b"[]", "Expected `object`, got `array`"),
        (b"{}", "missing required field `inputs`"),
        (b'{"inputs":[{"name":"a","datatype":"FP64"}]}', r"missing required field `shape` - at `\$.inputs\[0\]`"),
        (b'{"inputs":[{"name":"a","datatype":"FP64","shape":[1.5]}]}', r"\$.inputs\[0\].shape\[0\]"),
        (b'{"inputs":[],"id":7}', r"Expected `str \| null`, got `int` - at `\$.id`"),
        (b'{"inputs":[],"parameters":' + b"[" * 50_000 + b"]" * 50_000 + b"}", "parameters"),
        (b'{"inputs":[],"parameters":{"a":' + b"[" * 50_000 + b"]" * 50_000 + b"}}", "nested too deeply"),
        (b'{"inputs":[],"parameters":{"x":1' + b"0" * 5000 + b"}}", "out of range"),
    ],
)
def test_what_is_not_an_inference_request(body: bytes, problem: str) -> None:
    """The sentence names the place."""
    with pytest.raises(InvalidInferenceError, match=problem):
        read_message(body, None)


def test_the_length_of_the_object() -> None:
    """It is a number of bytes of the body."""
    assert header_length(None) is None
    assert header_length("12") == 12
    for text in ("", "-1", "1.5", "²", "0x1", "1e3"):
        with pytest.raises(InvalidInferenceError, match="must be the length of the JSON object"):
            header_length(text)
    with pytest.raises(InvalidInferenceError, match="is 1000, and the body has 100 bytes"):
        read_message(BODY, 1000)


@given(st.binary(max_size=80), st.integers(0, 200), st.integers(0, len(BODY)))
def test_any_bytes_give_a_message_or_an_error(noise: bytes, place: int, length: int) -> None:
    """Nothing else is raised, whatever arrives."""
    for body, declared in ((noise, None), (BODY[:place] + noise + BODY[place:], None), (BODY + noise, length)):
        with suppress(NotJsonError, InvalidInferenceError):
            assert isinstance(read_message(body, declared)[0], InferenceRequest)
