"""One download, in a process of its own: `python -m src.service.fetch` with a request as JSON on standard input.

A child keeps MLflow and its 100 MiB out of the serving process, and a broken download cannot hurt it. It answers with
one JSON line on standard output: `{"ok": true}` with the bundle at the destination, or `{"kind": ..., "detail": ...}`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from src.errors import ApiError, ModelError, ModelRefusedError
from src.service.bundle import MODEL_FOLDER, Bundle, Check, content_digest
from src.service.fetcher import FetchRequest
from src.service.loading import load_estimator
from src.service.reference import Reference
from src.service.samples import EXAMPLE_ROWS, default_row, example_rows, random_rows
from src.service.schema import Schema
from src.service.signature import Signature, signature_of


def fetch(request: FetchRequest) -> Bundle:
    """Download, compare digests, load safely, and ask `mlflow.pyfunc` for the reference answers.

    Raises:
        ModelError: When MLflow cannot deliver the files.
        ModelRefusedError: When they are not a model that this service serves.
    """
    destination = Path(request.destination)
    folder = _download(request, destination)
    digest = content_digest(folder)
    if request.content_sha256 and digest != request.content_sha256:
        raise ModelRefusedError("the downloaded files do not match the digest in the registry (tag content_sha256)")
    mlmodel = yaml.safe_load((folder / "MLmodel").read_text(encoding="utf-8"))
    flavor = sklearn_flavor(mlmodel)
    model_file = flavor["pickled_model"]
    if not (folder / model_file).resolve().is_relative_to(folder.resolve()):
        raise ModelRefusedError(f"the model file {model_file!r} lies outside the model's folder")
    serialization_format = flavor.get("serialization_format", "pickle")
    estimator = load_estimator(folder / model_file, serialization_format, allow_pickle=request.allow_pickle)
    signature = signature_of(mlmodel, estimator)
    examples = _examples(folder, signature)
    schema = Schema(signature.columns, examples[0] if examples else default_row(signature.columns))
    rows = [*(examples or [schema.example]), *random_rows(signature.columns, examples)]
    bundle = Bundle(
        name=request.name,
        version=request.version,
        run_id=request.run_id,
        source=request.source,
        model_file=model_file,
        serialization_format=serialization_format,
        predict_fn=mlmodel["flavors"]["python_function"].get("predict_fn", "predict"),
        sklearn_version=str(flavor.get("sklearn_version", "")),
        named=signature.named,
        columns=signature.columns,
        example={name: value for name, value in schema.example.items() if value is not None},
        checks=Reference(folder, signature).checks(schema, rows),
        logged=_logged(mlmodel, examples),
        content_sha256=digest,
        digest_verified=bool(request.content_sha256),
    )
    bundle.write(destination)
    return bundle


def sklearn_flavor(mlmodel: Mapping[str, Any]) -> dict[str, Any]:
    """The configuration of the scikit-learn flavor.

    Raises:
        ModelRefusedError: When the model is of another flavor, or brings code of its own.
    """
    flavors: dict[str, Any] = mlmodel.get("flavors", {})
    function = flavors.get("python_function", {})
    flavor: dict[str, Any] = flavors.get("sklearn", {})
    if not flavor or function.get("loader_module") != "mlflow.sklearn":
        names = ", ".join(sorted(set(flavors) - {"python_function"})) or function.get("loader_module", "none")
        raise ModelRefusedError(f"the model's flavor is {names}; this service serves the sklearn flavor")
    if function.get("code") or flavor.get("code"):
        raise ModelRefusedError("the model brings code of its own (code_paths), which this service does not run")
    return flavor


def _download(request: FetchRequest, destination: Path) -> Path:
    import mlflow.artifacts  # noqa: PLC0415 - see the module's docstring
    from mlflow.environment_variables import (  # noqa: PLC0415
        MLFLOW_ENABLE_PROXY_MULTIPART_DOWNLOAD,
        MLFLOW_HTTP_REQUEST_MAX_RETRIES,
        MLFLOW_HTTP_REQUEST_TIMEOUT,
    )
    from mlflow.exceptions import MlflowException  # noqa: PLC0415

    MLFLOW_HTTP_REQUEST_MAX_RETRIES.set(1)  # the watcher tries again by itself; MLflow's default is minutes of silence
    MLFLOW_HTTP_REQUEST_TIMEOUT.set(30)
    # Through MLflow, not from the object store by a presigned URL: only MLflow needs to reach the store.
    MLFLOW_ENABLE_PROXY_MULTIPART_DOWNLOAD.set(False)
    # Both, and not as an argument: that does not reach the registry's client, and MLFLOW_REGISTRY_URI may differ.
    mlflow.set_tracking_uri(request.tracking_uri)
    mlflow.set_registry_uri(request.tracking_uri)
    folder = destination / MODEL_FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    try:
        mlflow.artifacts.download_artifacts(
            artifact_uri=f"models:/{request.name}/{request.version}",
            dst_path=str(folder),
        )
    except (MlflowException, OSError) as error:
        raise ModelError(f"the model cannot be downloaded: {str(error).splitlines()[0][:300]}") from error
    if not (folder / "MLmodel").is_file():
        raise ModelRefusedError("the version's artifacts hold no MLmodel file")
    return folder


def _examples(folder: Path, signature: Signature) -> list[dict[str, Any]]:
    from mlflow.models import Model  # noqa: PLC0415 - see the module's docstring

    example = Model.load(str(folder)).load_input_example(str(folder))
    return [] if example is None else example_rows(example, signature.columns)


def _logged(mlmodel: Mapping[str, Any], examples: list[dict[str, Any]]) -> tuple[Check, ...]:
    """The input example with the predictions that the trainer logged for it, when it did."""
    predictions = (mlmodel.get("metadata") or {}).get("example_prediction")
    if not isinstance(predictions, list) or len(examples) != min(len(predictions), EXAMPLE_ROWS):
        return ()  # some rows do not fit the signature: which prediction belongs to which is not known
    return tuple(Check(row, prediction) for row, prediction in zip(examples, predictions, strict=False))


def main() -> int:
    """Read a request, fetch, answer on standard output."""
    try:
        fetch(FetchRequest(**json.load(sys.stdin)))
    except ApiError as error:
        sys.stdout.write(json.dumps({"kind": error.kind, "detail": error.detail}) + "\n")
        return 1
    sys.stdout.write('{"ok": true}\n')
    return 0


if __name__ == "__main__":
    sys.exit(main())
