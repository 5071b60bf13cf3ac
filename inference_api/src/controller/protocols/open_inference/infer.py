"""`POST .../infer`: input tensors in, output tensors out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from src.controller.protocols.endpoint import (
    JSON,
    Content,
    PredictionRequest,
    ReadRequest,
    RequestParameters,
)
from src.controller.protocols.json_rows import batch_error
from src.controller.protocols.open_inference.errors import UnknownModelError, error_content, quoted
from src.controller.protocols.open_inference.messages import HEADER_LENGTH, header_length, read_message
from src.controller.protocols.open_inference.metadata import (
    PREDICT,
    PREDICT_PROBA,
    empty_predictions,
    empty_probabilities,
)
from src.controller.protocols.open_inference.model_inputs import ModelInputs
from src.controller.protocols.open_inference.operation import infer_operation
from src.controller.protocols.open_inference.output_tensor import OutputTensor
from src.controller.protocols.open_inference.response import (
    BINARY,
    BINARY_PREDICTIONS,
    PREDICTIONS,
    WantedOutput,
    echoed,
    plain_response,
    response_start,
    wanted_outputs,
    written,
)
from src.controller.protocols.open_inference.tensor_values import read_tensors
from src.errors import ApiError
from src.service.prediction.model import LoadedModel, Outcome
from src.service.schema.validator import Row

MODEL_PATH: Final = "/v2/models/{model}"
VERSION_PATH: Final = "/v2/models/{model}/versions/{version}"


class Infer:
    """An inference endpoint: of the model, or of one of its versions."""

    # Clients declare JSON with binary data behind it as the one or as the other.
    media_types: Final = frozenset({JSON, BINARY})

    def __init__(self, model_path: str, max_rows: int) -> None:
        """Accept at most so many rows in a request.

        Args:
            model_path: The path of the model, to which `/infer` is added.
            max_rows: The limit.
        """
        self.path = f"{model_path}/infer"
        self.names_version = "{version}" in model_path
        self._max_rows = max_rows
        self._latest: RequestReader | None = None

    def bind(self, parameters: RequestParameters) -> ReadRequest:
        """Read the tensors for the model in the path.

        Raises:
            InvalidInferenceError: When the header with the length of the JSON object is wrong.
        """
        path, length = parameters.path, header_length(parameters.headers.get(HEADER_LENGTH))

        def read(body: bytes, model: LoadedModel) -> PredictionRequest:
            check_address(path, model)
            return self._reader(model).request(body, length, model)

        return read

    def error_content(self, error: ApiError) -> bytes:
        """The protocol's error shape."""
        return error_content(error)

    def operation(self, model: LoadedModel | None) -> dict[str, Any]:
        """Its OpenAPI operation."""
        return infer_operation(model, self.path)

    def _reader(self, model: LoadedModel) -> RequestReader:
        """What is made once for each model."""
        if self._latest is None or self._latest.schema is not model.schema:
            self._latest = RequestReader(model, self._max_rows)
        return self._latest


class RequestReader:
    """Reads the requests for one model. It does not keep the model: the next one takes its place in memory.

    Attributes:
        schema: The model's input.
    """

    def __init__(self, model: LoadedModel, max_rows: int) -> None:
        """Prepare what all requests share.

        Args:
            model: The model.
            max_rows: The most rows accepted in a request.
        """
        self.schema = model.schema
        self._max_rows = max_rows
        self._inputs = ModelInputs(model.schema)
        self._start = response_start(model.bundle.name, model.bundle.version)

    def request(self, body: bytes, length: int | None, model: LoadedModel) -> PredictionRequest:
        """Read a request.

        Args:
            body: Its body.
            length: Bytes of its JSON object; None when that is the whole body.
            model: The model.

        Raises:
            NotJsonError: When the object is not JSON.
            InvalidInferenceError: When it is not an inference request for this model.
            InvalidRowError: When a value does not fit the model's signature.
            BodyTooLargeError: When there are too many rows.
            NoProbabilitiesError: When the model has none and they are wanted.
        """
        message, binary = read_message(body, length)
        wanted = wanted_outputs(message)
        probabilities = bool(message.outputs) and any(output.name == PREDICT_PROBA for output in wanted)
        if probabilities:
            model.required_classifier()
        self._inputs.check_count(len(message.inputs))
        rows = self._inputs.rows(read_tensors(message.inputs, binary, has_binary=length is not None), self._max_rows)
        return _Inference(model, rows, probabilities, wanted, self._start + echoed(message))


class _Inference:
    """One request: its rows, and how its response begins."""

    __slots__ = ("_model", "_start", "_wanted", "probabilities", "rows")

    def __init__(
        self,
        model: LoadedModel,
        rows: Sequence[Row],
        probabilities: bool,  # noqa: FBT001 - private
        wanted: Sequence[WantedOutput],
        start: bytes,
    ) -> None:
        self.rows, self.probabilities = rows, probabilities
        self._model, self._wanted, self._start = model, wanted, start

    def content(self, outcomes: Sequence[Outcome]) -> Content | ApiError:
        if self._wanted is PREDICTIONS or self._wanted is BINARY_PREDICTIONS:
            content = plain_response(self._start, outcomes, binary=self._wanted is BINARY_PREDICTIONS)
            if content is not None:
                return content
        return batch_error(outcomes) or written(self._start, self._wanted, self._tensors(outcomes))

    def with_version(self, version: str) -> PredictionRequest:
        bundle = self._model.bundle
        if version == bundle.version:
            return self
        echo = self._start.removeprefix(response_start(bundle.name, bundle.version))
        start = response_start(bundle.name, version) + echo
        return _Inference(self._model, self.rows, self.probabilities, self._wanted, start)

    def _tensors(self, outcomes: Sequence[Outcome]) -> dict[str, OutputTensor]:
        if not outcomes:
            return {output.name: self._empty(output.name) for output in self._wanted}
        if not self.probabilities:
            return {PREDICT: OutputTensor.of_answers(outcomes)}
        predictions, probabilities = zip(*outcomes, strict=True)
        return {PREDICT: OutputTensor.of_answers(predictions), PREDICT_PROBA: OutputTensor.of_answers(probabilities)}

    def _empty(self, name: str) -> OutputTensor:
        """An output for no rows."""
        if name == PREDICT:
            return empty_predictions(self._model.bundle)
        return empty_probabilities(len(self._model.required_classifier().labels))


def check_address(path: Mapping[str, str], model: LoadedModel) -> None:
    """Compare the address of a request with the model that serves.

    Args:
        path: The parameters of the path: `model` and perhaps `version`.
        model: The model.

    Raises:
        UnknownModelError: When they differ.
    """
    bundle = model.bundle
    if path["model"] != bundle.name or path.get("version", bundle.version) != bundle.version:
        raise unknown_model(path, f"{bundle.name!r}, version {bundle.version!r}")


def unknown_model(path: Mapping[str, str], served: str) -> UnknownModelError:
    """The error for an address of another model or version.

    Args:
        path: The parameters of the path: `model` and perhaps `version`.
        served: What serves.
    """
    asked = quoted(path["model"]) + (f", version {quoted(path['version'])}," if "version" in path else "")
    return UnknownModelError(f"model {asked} is not served here; served is {served}")
