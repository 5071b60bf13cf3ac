"""Registers a model and writes its files for every server: `python -m benchmarks.preparation NAME FOLDER`.

MLFLOW_TRACKING_URI is the URL of the registry. It is a separate process, because MLflow and scikit-learn take seconds
to import and much memory.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import joblib
import mlflow
import mlflow.pyfunc
import mlflow.sklearn
import sklearn
import skops.io

from benchmarks.models import fitted, rows_of
from benchmarks.prepared import BATCH_ROWS, made_with

_ROOT = Path(__file__).resolve().parents[1]
_ALIAS = "champion"


def prepare(name: str, folder: Path) -> None:
    """Register the model and write its files, the rows to send, and the predictions of pyfunc for them."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    folder = folder.resolve()
    if name == "linear":
        _train_reference()
    else:
        _register(name)
    local = mlflow.artifacts.download_artifacts(f"models:/{name}@{_ALIAS}", dst_path=str(folder / "mlflow"))
    joblib.dump(_without_names(mlflow.sklearn.load_model(local)), folder / "model.joblib")
    rows = rows_of(name, BATCH_ROWS, seed=3)
    answers = mlflow.pyfunc.load_model(local).predict(rows)
    description = {
        "made_with": made_with(),
        "model": str(Path(local).relative_to(folder)),
        "columns": list(rows.columns),
        "rows": json.loads(rows.to_json(orient="values")),
        "answers": [float(answer) for answer in answers],
    }
    # Last: a folder with this file is complete.
    (folder / "description.json").write_text(json.dumps(description), encoding="utf-8")


def _without_names(estimator: Any) -> Any:
    """Let a model of numbers take plain arrays without a warning: the peers are faster without DataFrames."""
    if not hasattr(estimator, "steps"):
        del estimator.feature_names_in_
    return estimator


def _train_reference() -> None:
    command = [sys.executable, "-m", "src.service.training_standalone", "--model-name", "linear", "--force"]
    subprocess.run(command, cwd=_ROOT / "inference_api", check=True)  # noqa: S603 - this project's own trainer


def _register(name: str) -> None:
    estimator, rows = fitted(name)
    with mlflow.start_run():
        info = mlflow.sklearn.log_model(
            estimator,
            name="model",
            registered_model_name=name,
            input_example=rows[:3],
            skops_trusted_types=skops.io.get_untrusted_types(data=skops.io.dumps(estimator)),
            # MLflow would start an interpreter and load the model to find out what it imports.
            pip_requirements=[f"scikit-learn=={sklearn.__version__}"],
        )
    mlflow.MlflowClient().set_registered_model_alias(name, _ALIAS, str(info.registered_model_version))


if __name__ == "__main__":
    prepare(sys.argv[1], Path(sys.argv[2]))
