"""MLflow warns about its own type hints while it is imported: here, so that no later import warns."""

import warnings

with warnings.catch_warnings():
    warnings.filterwarnings("ignore", message=r".*Any type hint is inferred as AnyType", category=UserWarning)
    import mlflow.pyfunc  # noqa: F401 - see above
