"""MLflow's pyfunc warns about its own type hints while it is imported; the tests are about ours."""

import warnings

with warnings.catch_warnings():
    warnings.filterwarnings("ignore", message=r".*Any type hint is inferred as AnyType", category=UserWarning)
    import mlflow.pyfunc  # noqa: F401 - imported here so that no later import warns
