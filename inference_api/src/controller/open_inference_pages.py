"""The pages of the Open Inference Protocol: the server, its health, and the tensors of the model that serves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse

from src.controller.error_responses import error_response
from src.controller.protocols.endpoint import JSON
from src.controller.protocols.open_inference.errors import error_content
from src.controller.protocols.open_inference.infer import MODEL_PATH, VERSION_PATH, check_address, unknown_model
from src.controller.protocols.open_inference.metadata import model_metadata
from src.controller.protocols.open_inference.operation import ERROR, TAG
from src.errors import ApiError
from src.service.prediction.model import LoadedModel

SERVER: Final = "inference-api"
EXTENSIONS: Final = ["binary_tensor_data"]
_READY: Final = "200 when the model serves, else 503 with the reason."
_TENSORS: Final = "The names, datatypes and shapes of the model's inputs and outputs."
Responses = dict[int | str, dict[str, Any]]


def add_routes(app: FastAPI) -> None:
    """Add the pages to the application; they answer GET and HEAD."""
    not_ready, unknown = _error("No model serves yet"), _error("Another model, or another version, serves")
    of_health: Responses = {503: not_ready}
    of_model: Responses = {404: unknown, 503: not_ready}
    # Descriptions of their own: the image runs without docstrings.
    for path, summary, description, responses, page in (
        ("/v2", "The server", "Its name, its version and its extensions of the protocol.", {}, server),
        ("/v2/health/live", "The server's liveness", "200 while the process lives, whatever the model.", {}, live),
        ("/v2/health/ready", "The server's readiness", _READY, of_health, ready),
        (MODEL_PATH, "The model's tensors", _TENSORS, of_model, metadata),
        (VERSION_PATH, "The tensors of a version", _TENSORS, of_model, version_metadata),
        (f"{MODEL_PATH}/ready", "The model's readiness", _READY, of_model, model_ready),
        (f"{VERSION_PATH}/ready", "The readiness of a version", _READY, of_model, version_ready),
    ):
        app.get(path, tags=[TAG], summary=summary, description=description, responses=responses)(page)
        app.api_route(path, methods=["HEAD"], include_in_schema=False)(page)


def _error(description: str) -> dict[str, Any]:
    return {"description": description, "content": {JSON: {"schema": ERROR}}}


async def server(request: Request) -> dict[str, Any]:
    """What the server is."""
    return {"name": SERVER, "version": request.app.version, "extensions": EXTENSIONS}


async def live() -> dict[str, bool]:
    """200 while the process lives, whatever the model."""
    return {"live": True}


async def ready(request: Request) -> Response:
    """200 when a model serves, else 503 with the reason."""
    return _page(lambda: {"ready": request.app.state.serving.current() is not None})


async def metadata(request: Request, model: str) -> Response:
    """The model's inputs and outputs."""
    return _page(lambda: model_metadata(_serving(request, {"model": model})))


async def version_metadata(request: Request, model: str, version: str) -> Response:
    """The same, when this version serves."""
    return _page(lambda: model_metadata(_serving(request, {"model": model, "version": version})))


async def model_ready(request: Request, model: str) -> Response:
    """200 when the model serves, else 503 with the reason."""
    return _page(lambda: _readiness(_serving(request, {"model": model})))


async def version_ready(request: Request, model: str, version: str) -> Response:
    """The same, when this version serves."""
    return _page(lambda: _readiness(_serving(request, {"model": model, "version": version})))


def _readiness(model: LoadedModel) -> dict[str, Any]:
    return {"name": model.bundle.name, "ready": True}


def _serving(request: Request, path: dict[str, str]) -> LoadedModel:
    """The model that serves, when it is the one in the address.

    Raises:
        UnknownModelError: When it is another one.
        NotReadyError: When none serves yet.
    """
    state = request.app.state
    if path["model"] != state.settings.registered_model_name:
        raise unknown_model(path, repr(state.settings.registered_model_name))
    model: LoadedModel = state.serving.current().model
    check_address(path, model)
    return model


def _page(content: Callable[[], dict[str, Any]]) -> Response:
    """The content as JSON, or an error in the protocol's shape."""
    try:
        return JSONResponse(content())
    except ApiError as error:
        return error_response(error, error_content(error))
