"""Register models as users do: with the client of MLflow."""

from importlib import import_module
from typing import Any

import mlflow
import sklearn
import skops.io


def register(server: str, name: str, estimator: Any, *, alias: str = "champion", **options: Any) -> str:
    """Log and register an estimator and set the alias.

    Args:
        server: MLflow's base URL.
        name: Registered model.
        estimator: A fitted estimator.
        alias: Alias to move.
        options: Further arguments of `log_model`.

    Returns:
        The new version.
    """
    mlflow.set_tracking_uri(server)
    mlflow.set_registry_uri(server)
    library = type(estimator).__module__.partition(".")[0]
    flavor = import_module(f"mlflow.{library if library in {'lightgbm', 'xgboost'} else 'sklearn'}")
    if flavor is mlflow.sklearn and "serialization_format" not in options:
        options["skops_trusted_types"] = skops.io.get_untrusted_types(data=skops.io.dumps(estimator))
    # Without it MLflow loads the model in another process to detect the requirements.
    options.setdefault("pip_requirements", [f"scikit-learn=={sklearn.__version__}"])
    # Experiment 0 exists in every server; the client would use the one of an earlier server.
    with mlflow.start_run(experiment_id="0"):
        info = flavor.log_model(estimator, name="model", registered_model_name=name, **options)
    version = str(info.registered_model_version)
    mlflow.MlflowClient(server).set_registered_model_alias(name, alias, version)
    return version
