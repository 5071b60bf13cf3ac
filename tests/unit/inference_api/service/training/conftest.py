"""Import mlflow.pyfunc without its warning about its own type hints."""

import warnings

with warnings.catch_warnings():
    warnings.filterwarnings("ignore", message=r".*Any type hint is inferred as AnyType", category=UserWarning)
    import mlflow.pyfunc  # noqa: F401 - imported here so that no later import warns
