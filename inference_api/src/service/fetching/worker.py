"""Fetches one version in a process of its own: `python -m src.service.fetching.worker`, a JSON request on stdin.

A failing download cannot harm the serving process, and the 200 MiB of MLflow, where it must predict the reference
answers, are free again when the process ends. A version with golden answers (`src.service.verification.golden_answers`)
whose files the tracking server delivers needs neither MLflow nor scikit-learn here. The result is one JSON line on
stdout: `{"ok": true}` with the bundle at the destination, or `{"kind": ..., "detail": ...}`.
"""

from __future__ import annotations

import json
import sys
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from src.errors import ApiError, ModelError, ModelRefusedError
from src.service.child_process import end_before_parent
from src.service.content_digest import content_digest
from src.service.fetching.download import download
from src.service.fetching.request import FetchRequest
from src.service.fetching.signature_inference import complete_array, find_signature
from src.service.flavors.interface import Flavor, ModelFile
from src.service.flavors.table import find_flavor
from src.service.flavors.versions import both_versions
from src.service.registry.bundle import Bundle, Check
from src.service.schema.column import Column
from src.service.schema.sample_rows import EXAMPLE_ROWS, default_row, example_rows, random_rows
from src.service.schema.signature import Signature, logged_signature
from src.service.schema.validator import Schema
from src.service.verification.golden_answers import read_golden_answers
from src.service.verification.pyfunc_reference import PyfuncReference, reason_of


@dataclass(frozen=True, slots=True)
class _ReferenceData:
    """The model's input, and rows with the predictions of `mlflow.pyfunc`."""

    signature: Signature
    examples: list[dict[str, Any]]
    checks: tuple[Check, ...]


def fetch(request: FetchRequest) -> Bundle:
    """Download a version, compare digests, and find the reference answers of `mlflow.pyfunc`.

    Raises:
        ModelError: When the files cannot be downloaded.
        ModelRefusedError: When they are not a model that this service serves.
    """
    destination = Path(request.destination)
    folder = download(request, destination)
    digest = content_digest(folder)
    if request.content_sha256 and digest != request.content_sha256:
        raise ModelRefusedError("the downloaded files do not match the digest in the registry (tag content_sha256)")
    mlmodel = yaml.safe_load((folder / "MLmodel").read_text(encoding="utf-8"))
    flavor = find_flavor(mlmodel)
    file = flavor.model_file(mlmodel)
    if not (folder / file.path).resolve().is_relative_to(folder.resolve()):
        raise ModelRefusedError(f"the model file {file.path!r} lies outside the model's folder")
    data = None if flavor.may_crash else _from_golden_answers(request, folder, mlmodel)
    data = data or _from_pyfunc(request, folder, mlmodel, flavor, file)
    example = data.examples[0] if data.examples else data.checks[0].row
    bundle = Bundle(
        name=request.name,
        version=request.version,
        run_id=request.run_id,
        source=request.source,
        model_file=file.path,
        serialization_format=file.serialization_format,
        predict_fn=file.predict_fn,
        library_version=file.library_version,
        named=data.signature.named,
        columns=data.signature.columns,
        example={name: value for name, value in example.items() if value is not None},
        checks=data.checks,
        logged=_logged_predictions(mlmodel, data.examples),
        content_sha256=digest,
        digest_verified=bool(request.content_sha256),
        sequence=data.signature.sequence,
        flavor=flavor.name,
        model_class=file.model_class,
    )
    bundle.write(destination)
    return bundle


def _from_golden_answers(request: FetchRequest, folder: Path, mlmodel: Mapping[str, Any]) -> _ReferenceData | None:
    """The golden answers beside the model, trusted only when the registry has the digest of the files.

    The serving process loads the model and compares its predictions with them.
    """
    signature = logged_signature(mlmodel)
    if signature is None or not request.content_sha256:
        return None
    golden = read_golden_answers(folder, signature.columns)
    return _ReferenceData(signature, golden.examples, golden.checks) if golden else None


def _from_pyfunc(
    request: FetchRequest, folder: Path, mlmodel: Mapping[str, Any], flavor: Flavor, file: ModelFile
) -> _ReferenceData:
    """What MLflow predicts now. MLflow trusts what the model says about itself, so the flavor audits the file first.

    Raises:
        ModelRefusedError: When MLflow has no prediction for any row.
    """
    flavor.import_for_pyfunc()
    try:
        estimator = flavor.load(folder, file, allow_pickle=request.allow_pickle)
    except ModelRefusedError as error:
        if file.library_version in {"", flavor.installed_version()}:
            raise
        raise ModelRefusedError(f"{error.detail} ({both_versions(flavor, file.library_version)})") from error
    reference = PyfuncReference(flavor, folder, estimator, file.predict_fn)
    logged = _input_example(folder)
    fitted = flavor.fitted_input(estimator)
    signature = logged_signature(mlmodel)
    if signature is None:
        signature = find_signature(flavor, estimator, logged, reference.has_answer)
    if signature.tensor and not signature.sequence:
        signature = complete_array(signature, flavor, estimator, logged, reference.has_answer)
    if fitted.texts and not signature.sequence:
        raise ModelRefusedError(
            "the model takes a sequence of texts, but its signature says a table, of which it would get the column "
            "names: log it with signature=infer_signature(numpy.array(texts), model.predict(texts))"
        )
    columns = signature.columns
    examples = [] if logged is None else example_rows(logged, columns)
    known = {
        column.name: shown.values
        for column, shown in zip(columns, flavor.fitted_columns(estimator, len(columns)), strict=True)
        if _of_kind(column, shown.kinds)
    }
    schema = Schema(columns, {})
    rows = [*(examples or [default_row(columns, known)]), *random_rows(columns, examples, known)]
    checks = reference.checks(signature, schema, rows)
    if not checks:
        raise ModelRefusedError(
            f"mlflow.pyfunc gives no repeatable finite answer for any of {len(rows)} rows that were tried: "
            f"{reference.reason} ({both_versions(flavor, file.library_version)})"
        )
    return _ReferenceData(signature, examples, checks)


def _of_kind(column: Column, kinds: Sequence[str]) -> bool:
    """Whether values of these kinds are values of the column."""
    return len(kinds) == 1 and (column.kind in {kinds[0], "any"} or (column.kind, kinds[0]) == ("number", "integer"))


def _input_example(folder: Path) -> Any:
    """The logged input example, without MLflow's conversion when that fails.

    The conversion makes int64 of an optional `long`, which fails for an example with a missing value.
    """
    from mlflow.models import Model  # noqa: PLC0415 - see the module's docstring

    model = Model.load(str(folder))
    try:
        return model.load_input_example(str(folder))
    except Exception:  # noqa: BLE001 - any error: the example is only a source of rows to compare
        return _read_frame(folder, model.saved_input_example_info or {})


def _read_frame(folder: Path, info: Mapping[str, Any]) -> Any:
    """An example that is a DataFrame, without conversions; None for any other."""
    import pandas as pd  # noqa: PLC0415 - MLflow has imported it already

    try:
        found = json.loads((folder / str(info.get("artifact_path"))).read_text(encoding="utf-8"))
        return pd.DataFrame(found["data"], columns=found["columns"], dtype=object)
    except (OSError, ValueError, LookupError, TypeError):
        return None


def _logged_predictions(mlmodel: Mapping[str, Any], examples: list[dict[str, Any]]) -> tuple[Check, ...]:
    """The input example's rows with the predictions that the trainer logged for them, if it did."""
    predictions = (mlmodel.get("metadata") or {}).get("example_prediction")
    if not isinstance(predictions, list) or len(examples) != min(len(predictions), EXAMPLE_ROWS):
        return ()  # some rows did not fit the signature, so it is not known which prediction belongs to which row
    return tuple(Check(row, prediction) for row, prediction in zip(examples, predictions, strict=False))


def main() -> int:
    """Read a request from stdin, fetch, and write the result to stdout."""
    end_before_parent()
    try:
        fetch(FetchRequest(**json.load(sys.stdin)))
    except ApiError as error:
        return _failed(error)
    except (OSError, MemoryError) as error:  # of the machine, and possibly temporary
        traceback.print_exc()
        return _failed(ModelError(f"the model cannot be fetched: {reason_of(error)}"))
    except Exception as error:  # noqa: BLE001 - a model may be broken in any way; the error becomes the reason
        traceback.print_exc()
        return _failed(ModelRefusedError(f"the version cannot be made ready to serve: {reason_of(error)}"))
    sys.stdout.write('{"ok": true}\n')
    return 0


def _failed(error: ApiError) -> int:
    sys.stdout.write(json.dumps({"kind": error.kind, "detail": error.detail}) + "\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
