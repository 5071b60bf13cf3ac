"""Requests and responses of the protocol, as clients write and read them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
import numpy as np
from tritonclient.http import InferInput, InferResult
from tritonclient.utils import np_to_triton_dtype

from src.controller.protocols.endpoint import Content, PredictionRequest, RequestParameters, TypedContent
from src.controller.protocols.open_inference.infer import MODEL_PATH, Infer
from src.controller.protocols.open_inference.messages import HEADER_LENGTH
from src.service.prediction.model import LoadedModel

NAME = "linear_regression_model"
"""The name of the models of the doubles."""


def triton_input(name: str, array: np.ndarray[Any, Any], *, binary: bool) -> InferInput:
    """An input as Triton's client makes it from an array."""
    found = InferInput(name, list(array.shape), np_to_triton_dtype(array.dtype))
    return found.set_data_from_numpy(array, binary_data=binary)


def triton_body(inputs: list[InferInput], **fields: Any) -> tuple[bytes, int]:
    """The body that Triton's client sends, and the length of its JSON object."""
    text = msgspec.json.encode({"inputs": [tensor._get_tensor() for tensor in inputs], **fields})
    return b"".join([text, *[tensor._get_binary_data() or b"" for tensor in inputs]]), len(text)


def read(
    body: bytes | dict[str, Any],
    model: LoadedModel,
    length: int | None = None,
    path: Mapping[str, str] | None = None,
    limit: int = 100,
) -> PredictionRequest:
    """A request, read by the endpoint.

    Args:
        body: Its body, or the object in it.
        model: The model that serves.
        length: The length of the object, when binary data follows.
        path: The parameters of the path; by default the model's name.
        limit: The most rows accepted.
    """
    headers = {} if length is None else {HEADER_LENGTH: str(length)}
    bound = Infer(MODEL_PATH, limit).bind(RequestParameters(path=path or {"model": NAME}, headers=headers))
    return bound(body if isinstance(body, bytes) else msgspec.json.encode(body), model)


def columns(**values: Any) -> dict[str, Any]:
    """A request with one tensor of JSON for each column: `name=(datatype, data)`."""
    inputs = [
        {"name": name, "shape": [len(data)], "datatype": datatype, "data": data}
        for name, (datatype, data) in values.items()
    ]
    return {"inputs": inputs}


def matrix(datatype: str, data: list[list[Any]], name: str = "input-1") -> dict[str, Any]:
    """A request with one tensor for all columns."""
    return {"inputs": [{"name": name, "shape": [len(data), len(data[0])], "datatype": datatype, "data": data}]}


def result(content: Content) -> InferResult:
    """A response as Triton's client reads it."""
    if isinstance(content, TypedContent):
        return InferResult.from_response_body(content.body, header_length=int(dict(content.headers)[HEADER_LENGTH]))
    return InferResult.from_response_body(content)
