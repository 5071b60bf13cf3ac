"""Connect to MLflow: wait for it with log messages and a time limit; a refusal ends the waiting."""

import logging
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import mlflow
import requests
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException

from src.service.network_route import LOGIN_REFUSED, Route, direct_hosts
from src.service.training.errors import PublicationError, TrainingError

_LOG = logging.getLogger("training")

_REQUEST_TIMEOUT_SECONDS: Final = 5.0
_RETRY_SECONDS: Final = 1.0
_LOG_INTERVAL_SECONDS: Final = 5.0
_UNAUTHORIZED: Final = 401
_FORBIDDEN: Final = 403
_SERVER_ERROR: Final = 500


def connect(tracking_uri: str, wait_seconds: float) -> MlflowClient:
    """Wait until MLflow answers a real API call, then return a client for it.

    `/health` of MLflow is not enough: it needs no database, and it is exempt from the check of the host name.

    Raises:
        TrainingError: The server refuses the request, is not MLflow, or did not answer in time.
    """
    if not tracking_uri.startswith(("http://", "https://")):
        raise TrainingError(f"the tracking URI must start with http:// or https://, not {tracking_uri!r}")
    route = Route.to(tracking_uri)
    if route.problem:
        raise TrainingError(f"MLflow at {tracking_uri} cannot be asked: {route.problem}")
    # The client of MLflow and requests take the proxy from the environment only.
    os.environ.update(direct_hosts(tracking_uri))
    start = time.monotonic()
    logged = -_LOG_INTERVAL_SECONDS
    while True:
        problem = _problem(tracking_uri.rstrip("/"), route)
        waited = time.monotonic() - start
        if problem is None:
            break
        if waited >= wait_seconds:
            raise TrainingError(f"MLflow at {tracking_uri} was not ready within {wait_seconds:g} s: {problem}")
        if waited - logged >= _LOG_INTERVAL_SECONDS:
            _LOG.info("waiting for MLflow at %s (%.0f of %g s): %s", tracking_uri, waited, wait_seconds, problem)
            logged = waited
        time.sleep(min(_RETRY_SECONDS, max(0.0, wait_seconds - waited)))
    mlflow.set_tracking_uri(tracking_uri)
    mlflow.set_registry_uri(tracking_uri)
    return MlflowClient(tracking_uri, tracking_uri)


@contextmanager
def reported_failures(tracking_uri: str) -> Iterator[None]:
    """Turn what MLflow's client raises into an error with one line for the user.

    Raises:
        TrainingError: MLflow refused the user.
        PublicationError: A request to MLflow failed.
    """
    try:
        yield
    except (MlflowException, requests.RequestException) as error:
        note = Route.to(tracking_uri).note
        if isinstance(error, MlflowException) and error.error_code == "UNAUTHENTICATED":
            raise TrainingError(f"MLflow at {tracking_uri} answered 401: {LOGIN_REFUSED}{note}") from error
        raise PublicationError(f"MLflow at {tracking_uri} failed: {_first_line(error)}{note}") from error


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:500]


def _problem(base_url: str, route: Route) -> str | None:
    """Return why MLflow cannot be used yet, None when it can.

    Raises:
        TrainingError: A later attempt would fail as well.
    """
    url = f"{base_url}/api/2.0/mlflow/experiments/search"
    try:
        answer = requests.get(url, params={"max_results": 1}, timeout=_REQUEST_TIMEOUT_SECONDS)
    except requests.Timeout:
        return f"no answer within {_REQUEST_TIMEOUT_SECONDS:g} s{route.note}"
    except requests.ConnectionError:
        return f"no connection{route.note}"
    except requests.RequestException as error:
        raise TrainingError(f"MLflow's address {base_url!r} cannot be used: {error}") from None
    # With authentication, only the client of MLflow sends the credentials.
    if answer.status_code == _UNAUTHORIZED:
        return None
    if answer.ok:
        if _is_json_object(answer):
            return None
        raise TrainingError(f"{base_url} does not answer as MLflow does: no JSON object{route.note}")
    if answer.status_code >= _SERVER_ERROR:
        return f"HTTP {answer.status_code}{route.note}"
    if answer.status_code == _FORBIDDEN and "Invalid Host" in answer.text:
        raise TrainingError(f"MLflow at {base_url} refuses this host name: add it to MLFLOW_SERVER_ALLOWED_HOSTS")
    raise TrainingError(f"{base_url} does not answer as MLflow does: HTTP {answer.status_code}{route.note}")


def _is_json_object(answer: requests.Response) -> bool:
    """Whether the body is a JSON object, as of MLflow; a proxy or another server answers with a page."""
    try:
        return isinstance(answer.json(), dict)
    except ValueError:
        return False
