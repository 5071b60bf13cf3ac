"""What clients of `mlflow models serve` ask beside predictions: `GET /ping` and `GET /version`."""

from __future__ import annotations

from functools import cache, partial
from importlib.metadata import version as installed_version

from fastapi import FastAPI, Request, Response

from src.controller.error_responses import error_response
from src.controller.protocols.endpoint import JSON
from src.controller.protocols.mlflow_scoring.errors import error_content
from src.controller.protocols.mlflow_scoring.operation import ERROR
from src.errors import NotReadyError
from src.service.lifecycle.serving_state import ServingState


def add_routes(app: FastAPI) -> None:
    """Add both paths.

    Args:
        app: The application, with the service's state.
    """
    operation = partial(app.get, tags=["operation"], response_class=Response)
    not_ready = {"description": "No model serves", "content": {JSON: {"schema": ERROR}}}
    operation(
        "/ping",
        summary="Readiness, for clients of MLflow",
        description="200 when a model serves, else 503 with the reason.",
        responses={503: not_ready},
    )(ping)
    operation(
        "/version",
        summary="The version of MLflow",
        description="The version of MLflow that fetches the models.",
    )(version)
    for path, endpoint in (("/ping", ping), ("/version", version)):
        app.api_route(path, methods=["HEAD"], include_in_schema=False)(endpoint)


async def ping(request: Request) -> Response:
    """200 when a model serves."""
    serving: ServingState = request.app.state.serving
    try:
        serving.current()
    except NotReadyError as error:
        return error_response(error, error_content(error))
    return Response("\n", media_type=JSON)


async def version() -> Response:
    """MLflow's version as a plain text; its own server declares it as JSON, too."""
    return Response(_mlflow_version(), media_type=JSON)


@cache
def _mlflow_version() -> str:
    return installed_version("mlflow-skinny")  # read from the package's description: MLflow is not imported here
