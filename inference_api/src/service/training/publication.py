"""Log a fitted model to MLflow, register it, and verify the files of the registered version."""

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

from src.service.content_digest import content_digest
from src.service.feature_profile import PROFILE_FILE
from src.service.training.errors import PublicationError
from src.service.training.golden_answers import GOLDEN_ANSWERS_FILE, Predictor, golden_answers
from src.service.training.profile import feature_profile

_LOG = logging.getLogger("training")

EXAMPLE_ROWS: Final = 3


@dataclass(frozen=True)
class Candidate:
    """A fitted model to register, with its signature, the rows of its input example, and its training rows."""

    estimator: Any
    signature: ModelSignature
    example: pd.DataFrame
    features: pd.DataFrame


@dataclass(frozen=True)
class RegisteredVersion:
    """A registered version, before an alias points to it."""

    version: str
    content_sha256: str


def example_rows(features: pd.DataFrame) -> pd.DataFrame:
    """Choose the most complete rows, so that each column has a value, and a row with missing values if there is one."""
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

    Numbers of a CSV file are doubles, except in the columns of `--integer` (see `csv_input`).
    """
    return infer_signature(features, pd.Series(predictions))


def log_and_register(client: MlflowClient, name: str, candidate: Candidate) -> RegisteredVersion:
    """Log the model to the active run, register it, and verify that the registered model predicts as the fitted one.

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
        # None becomes null in JSON, which has no NaN.
        input_example=example.astype(object).where(example.notna(), None),
        serialization_format="skops",
        skops_trusted_types=trusted,
        # Without them MLflow loads the model in another process to detect them.
        pip_requirements=_requirements(),
        metadata={"example_prediction": expected},
    )
    number = str(info.registered_model_version)
    _LOG.info("registered %s version %s (skops; types to trust: %s)", name, number, ", ".join(trusted) or "none")
    uri = f"models:/{name}/{number}"
    with tempfile.TemporaryDirectory(prefix="published-") as folder:
        downloaded = Path(mlflow.artifacts.download_artifacts(artifact_uri=uri, dst_path=folder))
        model = _verified_model(downloaded, candidate, expected)
        golden = downloaded / GOLDEN_ANSWERS_FILE
        golden.write_text(golden_answers(model, example, candidate.features))
        profile = downloaded / PROFILE_FILE
        predictions = estimator.predict(candidate.features)
        profile.write_text(feature_profile(candidate.features, predictions).to_json(), encoding="utf-8")
        for added in (golden, profile):
            client.log_model_artifact(info.model_id, str(added))
        digest = content_digest(downloaded)
        # A server downloads by the version's URI: the added files must be there too.
        for added in (golden, profile):
            if mlflow.artifacts.load_text(f"{uri}/{added.name}") != added.read_text(encoding="utf-8"):
                raise PublicationError(f"{uri} does not hold the {added.name} that was added to it")
    client.set_model_version_tag(name, number, "content_sha256", digest)
    return RegisteredVersion(version=number, content_sha256=digest)


def _requirements() -> list[str]:
    installed = {name: version(name) for name in ("scikit-learn", "skops", "numpy", "pandas")}
    return [f"mlflow=={mlflow.__version__}", *(f"{name}=={number}" for name, number in installed.items())]


def _verified_model(folder: Path, candidate: Candidate, expected: list[Any]) -> Predictor:
    model: Predictor = mlflow.pyfunc.load_model(str(folder), suppress_warnings=True)
    predicted = model.predict(candidate.example).tolist()
    if not _are_close(predicted, expected):
        raise PublicationError(
            f"MLflow's model predicts {predicted} for its example, but was trained to give {expected}"
        )
    return model


def _are_close(predicted: list[Any], expected: list[Any]) -> bool:
    # The last bits may differ: BLAS computes in another order when the alignment in memory is another.
    return len(predicted) == len(expected) and all(
        math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-9) if isinstance(other, float) else one == other
        for one, other in zip(predicted, expected, strict=True)
    )
