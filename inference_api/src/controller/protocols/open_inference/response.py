"""The response to an inference request: the requested outputs, as JSON or as binary data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from pydantic_core import to_json

from src.controller.protocols.open_inference.errors import InvalidInferenceError, quoted
from src.controller.protocols.open_inference.messages import InferenceRequest, RequestOutput
from src.controller.protocols.open_inference.metadata import PREDICT, PREDICT_PROBA
from src.controller.protocols.open_inference.output_tensor import OutputTensor
from src.controller.protocols.open_inference.tensor_values import CONTENT_TYPE

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

_BINARY_PREDICTIONS: Final = (WantedOutput(PREDICT, binary=True),)


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
        return _BINARY_PREDICTIONS if binary else PREDICTIONS
    wanted = tuple([_wanted(output, binary=binary) for output in request.outputs])
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


def write_outputs(
    start: bytes, wanted: Sequence[WantedOutput], tensors: dict[str, OutputTensor]
) -> tuple[bytes, list[bytes]]:
    """The response's JSON object, and the binary data behind it.

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
    return b'%b"outputs":[%b]}' % (start, b",".join(outputs)), binary
