"""One download, in a child process: `python -m src.service.fetching.worker` with a request as JSON on standard input.

A broken download cannot hurt the serving process, and where MLflow must be asked for the reference answers, a child
takes its 200 MiB away again. A version that brings these answers (`src.service.verification.golden_answers`), and
whose files the tracking server hands out, needs neither MLflow nor scikit-learn here. The child answers with one JSON
line on standard output: `{"ok": true}` with the bundle at the destination, or `{"kind": ..., "detail": ...}`.
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
from src.service.fetching.download import download
from src.service.fetching.request import FetchRequest
from src.service.fetching.signature_inference import complete_array, find_signature
from src.service.flavors.sklearn.fitted_columns import fitted_columns, takes_texts
from src.service.flavors.sklearn.loader import load_estimator
from src.service.flavors.sklearn.version import both_versions, served_with
from src.service.registry.bundle import Bundle, Check, content_digest
from src.service.schema.column import Column
from src.service.schema.sample_rows import EXAMPLE_ROWS, default_row, example_rows, random_rows
from src.service.schema.signature import Signature, logged_signature
from src.service.schema.validator import Schema
from src.service.verification.golden_answers import read_golden_answers
from src.service.verification.pyfunc_reference import PyfuncReference, reason_of


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
    example = evidence.examples[0] if evidence.examples else evidence.checks[0].row
    bundle = Bundle(
        name=request.name,
        version=request.version,
        run_id=request.run_id,
        source=request.source,
        model_file=model_file,
        serialization_format=_serialization_format(flavor),
        predict_fn=_predict_fn(mlmodel),
        sklearn_version=_sklearn_version(flavor),
        named=evidence.signature.named,
        columns=evidence.signature.columns,
        example={name: value for name, value in example.items() if value is not None},
        checks=evidence.checks,
        logged=_logged(mlmodel, evidence.examples),
        content_sha256=digest,
        digest_verified=bool(request.content_sha256),
        sequence=evidence.signature.sequence,
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
    if flavor and not function:
        raise ModelRefusedError("the estimator has no method predict, so that MLflow logged nothing that answers")
    if not flavor or function.get("loader_module") != "mlflow.sklearn":
        names = ", ".join(sorted(set(flavors) - {"python_function"})) or function.get("loader_module", "none")
        raise ModelRefusedError(f"the model's flavor is {names}; this service serves the sklearn flavor")
    if function.get("code") or flavor.get("code"):
        raise ModelRefusedError("the model brings code of its own (code_paths), which this service does not run")
    return flavor


def _serialization_format(flavor: Mapping[str, Any]) -> str:
    return str(flavor.get("serialization_format", "pickle"))


def _sklearn_version(flavor: Mapping[str, Any]) -> str:
    return str(flavor.get("sklearn_version", ""))


def _recorded(request: FetchRequest, folder: Path, mlmodel: Mapping[str, Any]) -> _Evidence | None:
    """The trainer's record, which counts only where the registry vouches for it by the digest of the files.

    The model itself is audited, loaded and held against it by the serving process.
    """
    signature = logged_signature(mlmodel)
    if signature is None or not request.content_sha256:
        return None
    record = read_golden_answers(folder, signature.columns)
    return _Evidence(signature, record.examples, record.checks) if record else None


def _asked(request: FetchRequest, folder: Path, mlmodel: Mapping[str, Any], model_file: Path) -> _Evidence:
    """What MLflow answers here and now; it trusts what the model itself says, so that the audit comes first.

    Raises:
        ModelRefusedError: When MLflow has no answer at all.
    """
    import skops.io  # noqa: F401, PLC0415 - whole, for MLflow; src.service.flavors.sklearn.loader alone would import it lean

    flavor = sklearn_flavor(mlmodel)
    try:
        estimator = load_estimator(model_file, _serialization_format(flavor), allow_pickle=request.allow_pickle)
    except ModelRefusedError as error:
        if (saved_with := _sklearn_version(flavor)) in {"", served_with()}:
            raise
        raise ModelRefusedError(f"{error.detail} ({both_versions(saved_with)})") from error
    reference = PyfuncReference(folder, estimator, _predict_fn(mlmodel))
    logged = _input_example(folder)
    signature = logged_signature(mlmodel) or find_signature(estimator, logged, reference.has_answer)
    if signature.tensor and not signature.sequence:
        signature = complete_array(signature, estimator, logged, reference.has_answer)
    if takes_texts(estimator) and not signature.sequence:
        raise ModelRefusedError(
            "the model takes a sequence of texts, but its signature says a table, of which it would get the column "
            "names: log it with signature=infer_signature(numpy.array(texts), model.predict(texts))"
        )
    columns = signature.columns
    examples = [] if logged is None else example_rows(logged, columns)
    known = {
        column.name: fact.values
        for column, fact in zip(columns, fitted_columns(estimator, len(columns)), strict=True)
        if _of_kind(column, fact.kinds)
    }
    schema = Schema(columns, {})
    rows = [*(examples or [default_row(columns, known)]), *random_rows(columns, examples, known)]
    checks = reference.checks(signature, schema, rows)
    if not checks:
        raise ModelRefusedError(
            f"mlflow.pyfunc gives no repeatable finite answer for any of {len(rows)} rows that were tried: "
            f"{reference.reason} ({both_versions(_sklearn_version(flavor))})"
        )
    return _Evidence(signature, examples, checks)


def _of_kind(column: Column, kinds: Sequence[str]) -> bool:
    """Whether values of these kinds are values of the column."""
    return len(kinds) == 1 and (column.kind in {kinds[0], "any"} or (column.kind, kinds[0]) == ("number", "integer"))


def _predict_fn(mlmodel: Mapping[str, Any]) -> str:
    return str(mlmodel["flavors"]["python_function"].get("predict_fn", "predict"))


def _input_example(folder: Path) -> Any:
    """The logged input example; as it stands in its file where MLflow's own conversion refuses it.

    It makes int64 of an optional `long`, which fails for an example with a gap.
    """
    from mlflow.models import Model  # noqa: PLC0415 - see the module's docstring

    model = Model.load(str(folder))
    try:
        return model.load_input_example(str(folder))
    except Exception:  # noqa: BLE001 - whatever it is, the example is only where rows to compare are taken from
        return _frame_in_file(folder, model.saved_input_example_info or {})


def _frame_in_file(folder: Path, info: Mapping[str, Any]) -> Any:
    """A DataFrame's example without conversions, or None for any other."""
    import pandas as pd  # noqa: PLC0415 - MLflow is here already

    try:
        found = json.loads((folder / str(info.get("artifact_path"))).read_text(encoding="utf-8"))
        return pd.DataFrame(found["data"], columns=found["columns"], dtype=object)
    except (OSError, ValueError, LookupError, TypeError):
        return None


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
        return _failed(error)
    except (OSError, MemoryError) as error:  # the machine's, and perhaps of this moment only
        traceback.print_exc()
        return _failed(ModelError(f"the model cannot be fetched: {reason_of(error)}"))
    except Exception as error:  # noqa: BLE001 - a model may be broken in any way, and the reason is one sentence
        traceback.print_exc()
        return _failed(ModelRefusedError(f"the version cannot be made ready to serve: {reason_of(error)}"))
    sys.stdout.write('{"ok": true}\n')
    return 0


def _failed(error: ApiError) -> int:
    sys.stdout.write(json.dumps({"kind": error.kind, "detail": error.detail}) + "\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
