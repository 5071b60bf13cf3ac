"""The response to an inference request: the requested outputs, as JSON or as binary data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from pydantic_core import to_json

from src.controller.protocols.endpoint import Content, TypedContent
from src.controller.protocols.open_inference.datatypes import BOOL, BYTES, FP64, INT64
from src.controller.protocols.open_inference.errors import InvalidInferenceError, quoted
from src.controller.protocols.open_inference.messages import HEADER_LENGTH, InferenceRequest, RequestOutput
from src.controller.protocols.open_inference.metadata import PREDICT, PREDICT_PROBA
from src.controller.protocols.open_inference.output_tensor import ENCODE, OutputTensor
from src.controller.protocols.open_inference.tensor_values import CONTENT_TYPE

BINARY: Final = "application/octet-stream"
BINARY_OUTPUT: Final = "binary_data"
BINARY_OUTPUTS: Final = "binary_data_output"
OTHER_EXTENSIONS: Final = ("classification", "shared_memory_region")
_OF_THE_REQUEST: Final = (BINARY_OUTPUTS, CONTENT_TYPE)


class WantedOutput(NamedTuple):
    """An output that the client asks for.

    Attributes:
        name: `predict` or `predict_proba`.
        binary: Whether as binary data.
    """

    name: str
    binary: bool


PREDICTIONS: Final = (WantedOutput(PREDICT, binary=False),)
"""The outputs of a request that names none."""

BINARY_PREDICTIONS: Final = (WantedOutput(PREDICT, binary=True),)
"""The same when it asks for binary data."""


def wanted_outputs(request: InferenceRequest) -> tuple[WantedOutput, ...]:
    """The outputs that the response has.

    Args:
        request: The request.

    Raises:
        InvalidInferenceError: When an output or a parameter is none of this service.
    """
    parameters = request.parameters
    binary = False if parameters is None else _flag(parameters, BINARY_OUTPUTS, default=False)
    if not request.outputs:
        return BINARY_PREDICTIONS if binary else PREDICTIONS
    # Of two names there are at most two different outputs.
    wanted = tuple([_wanted(output, binary=binary) for output in request.outputs[:3]])
    if len({output.name for output in wanted}) < len(wanted):
        raise InvalidInferenceError("an output is requested twice")
    return wanted


def _wanted(output: RequestOutput, *, binary: bool) -> WantedOutput:
    if output.name not in {PREDICT, PREDICT_PROBA}:
        raise InvalidInferenceError(f"output {quoted(output.name)} is unknown; known are {PREDICT} and {PREDICT_PROBA}")
    parameters = output.parameters or {}
    for extension in OTHER_EXTENSIONS:
        if parameters.get(extension):
            raise InvalidInferenceError(f"output {quoted(output.name)} has the parameter {extension}: not supported")
    return WantedOutput(output.name, _flag(parameters, BINARY_OUTPUT, default=binary))


def _flag(parameters: dict[str, Any], name: str, *, default: bool) -> bool:
    value = parameters.get(name, default)
    if not isinstance(value, bool):
        raise InvalidInferenceError(f"the parameter {name} must be true or false")
    return value


def response_start(name: str, version: str) -> bytes:
    """The first fields of every response of a model."""
    return b'{"model_name":%b,"model_version":%b,' % (to_json(name), to_json(version))


def echoed(request: InferenceRequest) -> bytes:
    """The fields of the request that come back: its id, and its parameters except those about its own form."""
    fields = b""
    if request.id is not None:
        fields = b'"id":%b,' % to_json(request.id)
    if request.parameters:
        parameters = {name: value for name, value in request.parameters.items() if name not in _OF_THE_REQUEST}
        if parameters:
            fields += b'"parameters":%b,' % to_json(parameters)
    return fields


def plain_response(start: bytes, answers: Sequence[Any], *, binary: bool) -> Content | None:
    """The response with the predictions alone, of one type each; None when it takes `written`.

    It is the same response, written in one step: it is what most requests get.

    Args:
        start: The first fields.
        answers: One for each row.
        binary: Whether as binary data.
    """
    kind = type(answers[0]) if answers else None
    if kind not in _PLAIN or (len(answers) > 1 and len(set(map(type, answers))) > 1):
        return None
    if kind is int and not (min(answers) >= _LEAST and max(answers) <= _GREATEST):
        return None
    datatype, text, header = _PLAIN[kind]
    if not binary:
        return text % (start, len(answers), ENCODE(answers))
    data = datatype.pack(answers)
    return with_binary(header % (start, len(answers), len(data)), data)


def written(start: bytes, wanted: Sequence[WantedOutput], tensors: dict[str, OutputTensor]) -> Content:
    """The response with the outputs that the client asks for.

    Args:
        start: The first fields.
        wanted: The outputs in the order of the request.
        tensors: The tensor of each.
    """
    outputs: list[bytes] = []
    binary: list[bytes] = []
    for output in wanted:
        name = output.name.encode()
        if output.binary:
            text, data = tensors[output.name].json_and_binary(name)
            binary.append(data)
        else:
            text = tensors[output.name].json(name)
        outputs.append(text)
    text = b'%b"outputs":[%b]}' % (start, b",".join(outputs))
    return with_binary(text, b"".join(binary)) if any(output.binary for output in wanted) else text


def with_binary(text: bytes, data: bytes) -> TypedContent:
    """A response whose JSON object is followed by binary data."""
    return TypedContent(text + data, BINARY, ((HEADER_LENGTH, str(len(text))),))


_COLUMN: Final = b'%%b"outputs":[{"name":"predict","shape":[%%d,1],"datatype":%b,"parameters":{"content_type":"np",'
_LEAST, _GREATEST = INT64.limits or (0, 0)
_PLAIN: Final = {
    kind: (datatype, column[:-1] + b'},"data":%b}]}', column + b'"binary_data_size":%d}}]}')
    for kind, datatype in ((float, FP64), (int, INT64), (bool, BOOL), (str, BYTES))
    for column in [_COLUMN % datatype.json_name]
}
