"""The JSON object of an inference request, and the binary data behind it.

https://github.com/kserve/open-inference-protocol/blob/main/specification/protocol/inference_rest.md and
https://github.com/triton-inference-server/server/blob/main/docs/protocol/extension_binary_data.md
"""

from __future__ import annotations

import re
from typing import Any, Final

import msgspec

from src.controller.protocols.open_inference.errors import InvalidInferenceError
from src.errors import NotJsonError
from src.service.schema.json_encoding import MARK, has_mark, not_utf8

HEADER_LENGTH: Final = "inference-header-content-length"


class RequestInput(msgspec.Struct, gc=False):
    """One input tensor.

    Attributes:
        name: Its name.
        shape: Its dimensions.
        datatype: The name of its datatype.
        data: Its values as JSON text; empty when they are binary data.
        parameters: `binary_data_size` and `content_type` have a meaning.
    """

    name: str
    shape: list[int]
    datatype: str
    data: msgspec.Raw = msgspec.Raw()
    parameters: dict[str, Any] | None = None


class RequestOutput(msgspec.Struct, gc=False):
    """One output tensor that the client asks for.

    Attributes:
        name: Its name.
        parameters: `binary_data` has a meaning.
    """

    name: str
    parameters: dict[str, Any] | None = None


class InferenceRequest(msgspec.Struct, gc=False):
    """An inference request; what else is in the object is ignored.

    Attributes:
        inputs: The input tensors.
        id: The client's name for the request.
        parameters: `binary_data_output` and `content_type` have a meaning, others go back to the client.
        outputs: The output tensors that the client asks for.
    """

    inputs: list[RequestInput]
    id: str | None = None
    parameters: dict[str, Any] | None = None
    outputs: list[RequestOutput] | None = None


# A text, closed or not, or the word that Python and Triton's client write for a number that is missing.
_TEXT_OR_NAN: Final = re.compile(rb'("(?:[^"\\]|\\.)*+(?:"|\\?\Z))|\bNaN\b', re.DOTALL)
_DECODER: Final = msgspec.json.Decoder(InferenceRequest)


def header_length(text: str | None) -> int | None:
    """The length of the JSON object in a body with binary data; None when the body is JSON alone.

    Args:
        text: The value of `Inference-Header-Content-Length`.

    Raises:
        InvalidInferenceError: When it is not a length.
    """
    if text is None:
        return None
    if not (text.isascii() and text.isdecimal()):
        raise InvalidInferenceError("Inference-Header-Content-Length must be the length of the JSON object in bytes")
    return int(text)


def read_message(body: bytes, length: int | None) -> tuple[InferenceRequest, bytes]:
    """The request's object, and the binary data behind it.

    Args:
        body: The request's body.
        length: Bytes of the object; None when it is the whole body.

    Raises:
        NotJsonError: When the object is not JSON.
        InvalidInferenceError: When it is not an inference request, or longer than the body.
    """
    binary = b""
    if length is not None:
        if length > len(body):
            raise InvalidInferenceError(
                f"Inference-Header-Content-Length is {length}, and the body has {len(body)} bytes"
            )
        body, binary = body[:length], body[length:]
    try:
        return _DECODER.decode(body), binary
    except msgspec.ValidationError as error:
        raise InvalidInferenceError(f"the body is not an inference request: {error}") from None
    except RecursionError:
        raise InvalidInferenceError("the body is not an inference request: it is nested too deeply") from None
    except ValueError as error:
        if has_mark(body):
            return read_message(body[len(MARK) :], None)[0], binary
        if b"NaN" in body and (with_nulls := _without_nan(body)) != body:
            return read_message(with_nulls, None)[0], binary
        raise NotJsonError(f"the body {not_utf8(body) or f'is not JSON: {error}'}") from None


def _without_nan(body: bytes) -> bytes:
    """The body with null for each NaN, which is no JSON."""
    return _TEXT_OR_NAN.sub(lambda found: found[1] or b"null", body)
