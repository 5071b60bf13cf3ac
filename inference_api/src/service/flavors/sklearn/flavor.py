"""scikit-learn models behind the interface of flavors."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from src.service.flavors.computation import Computation
from src.service.flavors.interface import FittedColumn, FittedInput, ModelFile
from src.service.flavors.mlmodel import configurations
from src.service.flavors.sklearn.class_labels import class_labels
from src.service.flavors.sklearn.direct.lookup import find_computation
from src.service.flavors.sklearn.fitted_columns import find_fitted_columns, fitted_input
from src.service.flavors.sklearn.loader import audited_skops_files, load_estimator
from src.service.flavors.sklearn.sub_estimators import remove_feature_names
from src.service.schema.column import Column


class SklearnFlavor:
    """The `sklearn` flavor of MLflow."""

    name = library = "sklearn"
    library_name = "scikit-learn"
    single_precision = may_crash = False
    loader_module = "mlflow.sklearn"

    def model_file(self, mlmodel: Mapping[str, Any]) -> ModelFile:
        """Read the MLmodel file."""
        sklearn, pyfunc = configurations(mlmodel, self.name, "pickled_model")
        return ModelFile(
            path=sklearn["pickled_model"],
            serialization_format=str(sklearn.get("serialization_format", "pickle")),
            library_version=str(sklearn.get("sklearn_version", "")),
            predict_fn=str(pyfunc.get("predict_fn", "predict")),
        )

    def load(self, folder: Path, file: ModelFile, *, allow_pickle: bool) -> Any:
        """Load an estimator."""
        return load_estimator(folder / file.path, file.serialization_format, allow_pickle=allow_pickle)

    def import_for_pyfunc(self) -> None:
        """Import skops completely, as MLflow uses it."""
        import skops.io  # noqa: F401, PLC0415 - `load` alone imports less of scikit-learn

    def pyfunc_audit(self) -> AbstractContextManager[None]:
        """Audit the skops files that MLflow loads."""
        return audited_skops_files()

    def installed_version(self) -> str:
        """Version of the installed scikit-learn."""
        import sklearn  # noqa: PLC0415 - imported with the first model, not before

        return str(sklearn.__version__)

    def estimator_name(self, estimator: Any) -> str:
        """Name of its class."""
        return type(estimator).__name__

    def fitted_input(self, estimator: Any) -> FittedInput:
        """The input of the first step that changes anything."""
        return fitted_input(estimator)

    def fitted_columns(self, estimator: Any, count: int) -> list[FittedColumn]:
        """What the transformers inside the estimator show."""
        return find_fitted_columns(estimator, count)

    def accept_arrays(self, estimator: Any) -> Callable[[], None]:
        """Remove `feature_names_in_` from the estimator and its sub-estimators."""
        return remove_feature_names(estimator)

    def direct_computation(self, estimator: Any, method: str, columns: Sequence[Column]) -> Computation | None:
        """The computation for the estimator's class."""
        return find_computation(estimator, method, columns)

    def class_labels(self, estimator: Any) -> list[Any]:
        """The attribute `classes_`."""
        return class_labels(estimator)
