"""One download, in a process of its own: `python -m src.service.fetch` with a request as JSON on standard input.

A broken download cannot hurt the serving process, and where MLflow must be asked for the reference answers, a child
takes its 200 MiB away again. A version that brings these answers (`src.service.record`), and whose files the tracking
server hands out, needs neither MLflow nor scikit-learn here. The child answers with one JSON line on standard output:
`{"ok": true}` with the bundle at the destination, or `{"kind": ..., "detail": ...}`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from src.errors import ApiError, ModelRefusedError
from src.service.bundle import Bundle, Check, content_digest
from src.service.download import download
from src.service.fetch_request import FetchRequest
from src.service.loading import load_estimator
from src.service.record import read_record
from src.service.reference import Reference
from src.service.samples import EXAMPLE_ROWS, default_row, example_rows, random_rows
from src.service.schema import Schema
from src.service.signature import Signature, logged_signature, signature_of


@dataclass(frozen=True, slots=True)
class _Evidence:
    """What the model's input looks like, and how `mlflow.pyfunc` answers."""

    signature: Signature
    examples: list[dict[str, Any]]
    checks: tuple[Check, ...]


def fetch(request: FetchRequest) -> Bundle:
    """Download, compare digests, and find the reference answers of `mlflow.pyfunc`.

    Raises:
        ModelError: When MLflow cannot deliver the files.
        ModelRefusedError: When they are not a model that this service serves.
    """
    destination = Path(request.destination)
    folder = download(request, destination)
    digest = content_digest(folder)
    if request.content_sha256 and digest != request.content_sha256:
        raise ModelRefusedError("the downloaded files do not match the digest in the registry (tag content_sha256)")
    mlmodel = yaml.safe_load((folder / "MLmodel").read_text(encoding="utf-8"))
    flavor = sklearn_flavor(mlmodel)
    model_file = flavor["pickled_model"]
    if not (folder / model_file).resolve().is_relative_to(folder.resolve()):
        raise ModelRefusedError(f"the model file {model_file!r} lies outside the model's folder")
    evidence = _recorded(request, folder, mlmodel) or _asked(request, folder, mlmodel, folder / model_file)
    columns = evidence.signature.columns
    example = evidence.examples[0] if evidence.examples else default_row(columns)
    bundle = Bundle(
        name=request.name,
        version=request.version,
        run_id=request.run_id,
        source=request.source,
        model_file=model_file,
        serialization_format=_serialization_format(flavor),
        predict_fn=mlmodel["flavors"]["python_function"].get("predict_fn", "predict"),
        sklearn_version=str(flavor.get("sklearn_version", "")),
        named=evidence.signature.named,
        columns=columns,
        example={name: value for name, value in example.items() if value is not None},
        checks=evidence.checks,
        logged=_logged(mlmodel, evidence.examples),
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


def _serialization_format(flavor: Mapping[str, Any]) -> str:
    return str(flavor.get("serialization_format", "pickle"))


def _recorded(request: FetchRequest, folder: Path, mlmodel: Mapping[str, Any]) -> _Evidence | None:
    """The trainer's record, which counts only where the registry vouches for it by the digest of the files.

    The model itself is audited, loaded and held against it by the serving process.
    """
    signature = logged_signature(mlmodel)
    if signature is None or not request.content_sha256:
        return None
    record = read_record(folder, signature.columns)
    return _Evidence(signature, record.examples, record.checks) if record else None


def _asked(request: FetchRequest, folder: Path, mlmodel: Mapping[str, Any], model_file: Path) -> _Evidence:
    """What MLflow answers here and now; it trusts what the model itself says, so that the audit comes first."""
    import skops.io  # noqa: F401, PLC0415 - whole, for MLflow; src.service.loading alone would import it lean

    serialization_format = _serialization_format(sklearn_flavor(mlmodel))
    estimator = load_estimator(model_file, serialization_format, allow_pickle=request.allow_pickle)
    signature = signature_of(mlmodel, estimator)
    examples = _examples(folder, signature)
    schema = Schema(signature.columns, examples[0] if examples else default_row(signature.columns))
    rows = [*(examples or [schema.example]), *random_rows(signature.columns, examples)]
    return _Evidence(signature, examples, Reference(folder, signature).checks(schema, rows))


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
