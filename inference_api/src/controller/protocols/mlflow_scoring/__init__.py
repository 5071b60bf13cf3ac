"""MLflow's scoring protocol, as `mlflow models serve` answers it: `POST /invocations`."""
