"""A fitted model as MLflow keeps it: the run with its evidence, then a registered version whose files are proven."""

import hashlib
import logging
import math
import tempfile
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import mlflow
import mlflow.artifacts
import mlflow.pyfunc
import mlflow.sklearn
import pandas as pd
import skops.io
from mlflow import MlflowClient
from mlflow.models import ModelSignature, infer_signature

from src.service.training.errors import PublicationError
from src.service.training.golden_answers import FILE, Predictor, verification

_LOG = logging.getLogger("training")

EXAMPLE_ROWS: Final = 3
# MLflow adds this file to a download: it is not part of what was logged.
_ADDED_BY_DOWNLOAD: Final = "registered_model_meta"


@dataclass(frozen=True)
class Candidate:
    """A fitted model with what MLflow is told about its input."""

    estimator: Any
    signature: ModelSignature
    example: pd.DataFrame
    features: pd.DataFrame


@dataclass(frozen=True)
class Published:
    """A registered version; no alias points to it yet."""

    version: str
    content_sha256: str


def example_rows(features: pd.DataFrame) -> pd.DataFrame:
    """Choose rows that show the model's input: the most complete ones, each column with a value, and one with gaps."""
    order = features.isna().sum(axis=1).sort_values(kind="stable").index
    chosen = list(order[:EXAMPLE_ROWS])
    for _, column in features.items():  # noqa: PERF102 - a DataFrame has no values() of columns
        if column[chosen].isna().all():
            chosen.append(column.first_valid_index())
    if features.isna().any(axis=None) and not features.loc[chosen].isna().any(axis=None):
        chosen.append(order[-1])
    return features.loc[chosen].reset_index(drop=True)


def infer_input(features: pd.DataFrame, predictions: Any) -> ModelSignature:
    """Infer the signature from all rows, so that a column is optional exactly if a value is missing in some row.

    Numbers of a file are doubles here, whole or not (see csv_columns), unless it was said that a column is of integers.
    """
    return infer_signature(features, pd.Series(predictions))


def log_and_register(client: MlflowClient, name: str, candidate: Candidate) -> Published:
    """Log the model to the active run, register it, and prove that what MLflow gives back is what was trained.

    Raises:
        PublicationError: The registered files do not predict as the fitted model does, or are not complete.
    """
    estimator, example = candidate.estimator, candidate.example
    expected = estimator.predict(example).tolist()
    trusted = skops.io.get_untrusted_types(data=skops.io.dumps(estimator))
    info = mlflow.sklearn.log_model(
        estimator,
        name="model",
        registered_model_name=name,
        signature=candidate.signature,
        # As objects with None, missing values become null; NaN is no JSON.
        input_example=example.astype(object).where(example.notna(), None),
        serialization_format="skops",
        skops_trusted_types=trusted,
        # Named here, MLflow need not load the model in another process to find them out.
        pip_requirements=_requirements(),
        metadata={"example_prediction": expected},
    )
    number = str(info.registered_model_version)
    _LOG.info("registered %s version %s (skops; types to trust: %s)", name, number, ", ".join(trusted) or "none")
    uri = f"models:/{name}/{number}"
    with tempfile.TemporaryDirectory(prefix="published-") as folder:
        downloaded = Path(mlflow.artifacts.download_artifacts(artifact_uri=uri, dst_path=folder))
        record = downloaded / FILE
        record.write_text(verification(_proven_model(downloaded, candidate, expected), example, candidate.features))
        client.log_model_artifact(info.model_id, str(record))
        digest = content_digest(downloaded)
        # Under the version's own name, as a server will ask: what was added must be part of it.
        if mlflow.artifacts.load_text(f"{uri}/{FILE}") != record.read_text():
            raise PublicationError(f"{uri} does not hold the {FILE} that was added to it")
    client.set_model_version_tag(name, number, "content_sha256", digest)
    return Published(version=number, content_sha256=digest)


def _requirements() -> list[str]:
    installed = {name: version(name) for name in ("scikit-learn", "skops", "numpy", "pandas")}
    return [f"mlflow=={mlflow.__version__}", *(f"{name}=={number}" for name, number in installed.items())]


def _proven_model(folder: Path, candidate: Candidate, expected: list[Any]) -> Predictor:
    model: Predictor = mlflow.pyfunc.load_model(str(folder), suppress_warnings=True)
    found = model.predict(candidate.example).tolist()
    if not _agree(found, expected):
        raise PublicationError(f"MLflow's model predicts {found} for its example, but was trained to give {expected}")
    return model


def _agree(found: list[Any], expected: list[Any]) -> bool:
    # Numbers may differ in their last bits: BLAS takes another way for another alignment in memory.
    return len(found) == len(expected) and all(
        math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-9) if isinstance(other, float) else one == other
        for one, other in zip(found, expected, strict=True)
    )


def content_digest(folder: Path) -> str:
    """SHA-256 over one line `<sha256>  <relative path>` per file, sorted by path: what a server compares."""
    files = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    files.pop(_ADDED_BY_DOWNLOAD, None)
    lines = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {name}\n" for name, path in sorted(files.items())]
    return hashlib.sha256("".join(lines).encode()).hexdigest()
