"""The HTTP application: HTTP in, a service call, HTTP out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from functools import partial
from time import perf_counter
from typing import Annotated, Any, Final, cast

from fastapi import Depends, FastAPI, Request, Response
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.routing import Route

from src import logs
from src.controller import mlflow_pages, model_info, open_inference_pages, openapi
from src.controller.body import media_type_of, read_body
from src.controller.docs_pages import add_pages
from src.controller.error_responses import ERROR_RESPONSES, error_response, on_api_error, on_http_exception
from src.controller.home_page.routes import add_home_page
from src.controller.protocols.endpoint import JSON, PredictionEndpoint, RequestParameters, TypedContent
from src.controller.protocols.table import prediction_endpoints
from src.controller.proxy_headers import ForwardingMiddleware, TrustedPeers
from src.controller.request_id import RequestIdMiddleware
from src.errors import ApiError
from src.failure_log import log_failure
from src.service.challenger.canary import answer
from src.service.drift.collector import DriftCollector
from src.service.drift.monitor import count_regularly
from src.service.lifecycle.challenger_watcher import ChallengerWatcher
from src.service.lifecycle.serving_state import ServingState
from src.service.lifecycle.watcher import ModelWatcher
from src.service.metrics.metrics import Metrics
from src.service.prediction_log.collector import PredictionLogCollector
from src.service.prediction_log.prediction_log import PredictionLog
from src.service.schema.validator import LARGE_BODY
from src.settings import Settings

CLIENT_CLOSED_REQUEST: Final = 499  # as nginx logs it
INTERNAL_SERVER_ERROR: Final = 500


def create_app(settings: Settings) -> FastAPI:
    """Build the application; the model is followed from start to shutdown of its lifespan.

    Args:
        settings: The service's settings.
    """
    metrics, endpoints, log = Metrics(), prediction_endpoints(settings), PredictionLog.of(settings)
    serving = ServingState(prediction_log=log)
    metrics.ready_when(lambda: serving.batcher is not None)
    metrics.add_waiting(rows=serving.waiting_rows)
    metrics.register(DriftCollector(lambda: serving.drift))
    if log is not None:
        metrics.register(PredictionLogCollector(log))

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        watchers = ModelWatcher(settings, serving, metrics), ChallengerWatcher(settings, serving, metrics)
        tasks = [asyncio.create_task(watcher.run()) for watcher in watchers]
        tasks.append(asyncio.create_task(count_regularly(lambda: serving.drift)))
        if log is not None:
            log.start()
        yield
        for task in tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        if log is not None:  # every request has its answer now
            await asyncio.to_thread(log.close)

    app = FastAPI(
        openapi_url=None,  # it and its pages have addresses of their own kind
        redirect_slashes=False,  # a redirect would leave the prefix and the scheme of a reverse proxy
        title="Inference API",
        description="Serves the model that an alias of the MLflow registry points at.",
        version="1.0.0",
        lifespan=lifespan,
    )
    app.state.settings, app.state.metrics, app.state.serving = settings, metrics, serving
    app.state.endpoints = endpoints
    app.state.reader = ThreadPoolExecutor(1, "read")  # the thread starts with the first large body
    app.add_middleware(
        ForwardingMiddleware, root_path=settings.root_path, trusted=TrustedPeers(settings.forwarded_allow_ips)
    )
    app.add_middleware(RequestIdMiddleware, failures=serving.failures)
    app.add_exception_handler(ApiError, on_api_error)
    app.add_exception_handler(HTTPException, on_http_exception)
    # Descriptions of their own: the image runs without docstrings.
    operation = partial(app.get, tags=["operation"])
    operation("/health", summary="Liveness", description="200 while the process lives, whatever the model.")(health)
    operation(
        "/ready",
        summary="Readiness",
        description="200 when a model serves, else 503 with the reason.",
        responses=ERROR_RESPONSES,
    )(ready)
    operation(
        "/model",
        summary="The model that serves",
        description="What serves, since when, and why a newer version does not.",
    )(model)
    operation(
        "/metrics",
        summary="Prometheus metrics",
        description="The metrics of this replica.",
        response_class=Response,
    )(metrics_text)
    for path, endpoint in (("/health", health), ("/ready", ready), ("/model", model), ("/metrics", metrics_text)):
        # Routes of their own: in the methods of the others FastAPI would describe HEAD as a further operation.
        app.api_route(path, methods=["HEAD"], include_in_schema=False)(endpoint)
    # Plain Starlette routes: FastAPI's own would validate twice, and the model's signature is not known at import.
    for prediction in endpoints:
        app.router.routes.append(
            Route(prediction.path, partial(predict, prediction), methods=["POST"], name=prediction.path)
        )
    mlflow_pages.add_routes(app)
    open_inference_pages.add_routes(app)
    add_pages(app)
    add_home_page(app, settings.pages_links)
    app.openapi = openapi.openapi_of(app, serving, endpoints)  # type: ignore[method-assign]  # FastAPI's documented way
    return app


def serving_of(request: Request) -> ServingState:
    """The state that the watcher keeps."""
    return cast("ServingState", request.app.state.serving)


CurrentServing = Annotated[ServingState, Depends(serving_of)]


async def health() -> dict[str, str]:
    """200 while the process lives, whatever the model."""
    return {"status": "ok"}


async def ready(serving: CurrentServing) -> dict[str, str]:
    """200 when a model serves, else 503 with the reason."""
    bundle = serving.current().model.bundle
    return {"status": "ready", "model": bundle.name, "version": bundle.version}


async def model(request: Request, serving: CurrentServing) -> dict[str, Any]:
    """What serves, since when, and why a newer version does not."""
    return model_info.describe(serving, request.app.state.settings)


async def metrics_text(request: Request) -> Response:
    """The metrics of this replica."""
    metrics: Metrics = request.app.state.metrics
    return Response(metrics.text(), media_type=metrics.content_type)


async def predict(endpoint: PredictionEndpoint, request: Request) -> Response:
    """Answer a prediction request, count it, and turn what it raises into the endpoint's error shape."""
    metrics: Metrics = request.app.state.metrics
    start = perf_counter()
    status = INTERNAL_SERVER_ERROR  # of the middleware, for an exception that nobody expects
    metrics.route_requests_in_flight += 1
    try:
        response = await _predicted(endpoint, request)
        status = response.status_code
    except ApiError as error:
        response = _failed(endpoint, error)
        status = response.status_code
    except ClientDisconnect:  # in the middle of its body: nobody reads the answer, but it is counted
        status = CLIENT_CLOSED_REQUEST
        response = Response(status_code=status)
    finally:
        metrics.route_requests_in_flight -= 1
        metrics.request(endpoint.path, status, perf_counter() - start)
    return response


async def _predicted(endpoint: PredictionEndpoint, request: Request) -> Response:
    state = request.app.state
    serving, settings = serving_of(request), state.settings
    batcher = serving.current()
    headers = request.headers
    media_type = media_type_of(headers.get("content-type"))
    read = endpoint.bind(RequestParameters(request.path_params, request.url.query, media_type, headers))
    body = await read_body(request, endpoint.media_types, settings.max_body_bytes)
    if len(body) > LARGE_BODY:  # takes milliseconds, during which the event loop answers others
        asked = await asyncio.get_running_loop().run_in_executor(state.reader, read, body, batcher.model)
    else:
        asked = read(body, batcher.model)
    challenger = None if endpoint.names_version else serving.challenger_of(batcher)
    key = headers.get(settings.canary_header, "").encode("latin-1").strip()
    answered = await answer(asked, key, batcher, challenger, state.metrics)
    content = asked.with_version(answered.version).content(answered.outcomes)
    if isinstance(content, ApiError):
        for outcome in answered.outcomes:
            if isinstance(outcome, ApiError):
                log_failure(outcome, logs.request_id.get())
        return _failed(endpoint, content)
    if serving.prediction_log is not None:
        request_id = logs.request_id.get().encode()
        serving.prediction_log.add(
            request_id, asked.rows, answered.outcomes, batcher.model, version=answered.version, size=len(body)
        )
    version = {"X-Model-Version": answered.version}
    if isinstance(content, TypedContent):
        return Response(content.body, media_type=content.media_type, headers={**version, **dict(content.headers)})
    return Response(content, media_type=JSON, headers=version)


def _failed(endpoint: PredictionEndpoint, error: ApiError) -> Response:
    log_failure(error, logs.request_id.get())
    return error_response(error, endpoint.error_content(error))
