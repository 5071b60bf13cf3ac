"""Downloads a version's files over MLflow's REST API where it delivers them, else with MLflow's own client."""

from __future__ import annotations

import os
from pathlib import Path

from src.errors import ModelError, ModelRefusedError
from src.service.fetching.artifact_client import ArtifactClient
from src.service.fetching.request import FetchRequest
from src.service.network_route import Route, direct_hosts
from src.service.registry.bundle import MODEL_FOLDER


def download(request: FetchRequest, destination: Path) -> Path:
    """Download the files into the model folder of a bundle.

    Returns:
        That folder.

    Raises:
        ModelError: When the files cannot be downloaded.
        ModelRefusedError: When they are not those of a model.
    """
    folder = destination / MODEL_FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    if not ArtifactClient(request.tracking_uri, request.headers).download(request.name, request.version, folder):
        _download_with_mlflow(request, folder)
    if not (folder / "MLmodel").is_file():
        raise ModelRefusedError("the version's artifacts hold no MLmodel file")
    return folder


def _download_with_mlflow(request: FetchRequest, folder: Path) -> None:
    # MLflow's client and the clients of object stores are configured by the environment only.
    os.environ.update(direct_hosts(request.tracking_uri))
    import mlflow.artifacts  # noqa: PLC0415 - 150 MiB that most fetches do not need
    from mlflow.environment_variables import (  # noqa: PLC0415
        MLFLOW_ENABLE_PROXY_MULTIPART_DOWNLOAD,
        MLFLOW_HTTP_REQUEST_MAX_RETRIES,
        MLFLOW_HTTP_REQUEST_TIMEOUT,
    )
    from mlflow.exceptions import MlflowException  # noqa: PLC0415

    MLFLOW_HTTP_REQUEST_MAX_RETRIES.set(
        1
    )  # the watcher retries; with MLflow's default a failure is reported after minutes
    MLFLOW_HTTP_REQUEST_TIMEOUT.set(30)
    # Through MLflow, not by a presigned URL of the object store, which may not be reachable from here.
    MLFLOW_ENABLE_PROXY_MULTIPART_DOWNLOAD.set(False)
    # Both, and not as an argument: the registry's client ignores that, and MLFLOW_REGISTRY_URI may differ.
    mlflow.set_tracking_uri(request.tracking_uri)
    mlflow.set_registry_uri(request.tracking_uri)
    try:
        mlflow.artifacts.download_artifacts(
            artifact_uri=f"models:/{request.name}/{request.version}",
            dst_path=str(folder),
        )
    except (MlflowException, OSError) as error:
        reason = f"{str(error).splitlines()[0][:300]}{Route.to(request.tracking_uri).note}"
        raise ModelError(f"the model cannot be downloaded: {reason}") from error
