"""XGBoost models behind the interface of flavors."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any, Final

from src.errors import ModelRefusedError, NoProbabilitiesError
from src.service.flavors.computation import Computation
from src.service.flavors.interface import FittedColumn, FittedInput, ModelFile
from src.service.flavors.lazy_imports import deferred_imports
from src.service.flavors.mlmodel import configurations
from src.service.flavors.xgboost.native_booster import NativeBooster, plain_message
from src.service.flavors.xgboost.tree_sums import find_computation
from src.service.flavors.xgboost.ubjson import check_ubjson
from src.service.schema.column import Column

_BOOSTER: Final = "xgboost.core.Booster"
_ESTIMATORS: Final = ("XGBClassifier", "XGBRegressor", "XGBRFClassifier", "XGBRFRegressor", "XGBRanker", "XGBModel")
_CLASSES: Final = (_BOOSTER, *(f"xgboost.sklearn.{name}" for name in _ESTIMATORS))
"""MLflow imports and calls whatever class the MLmodel file names."""


class XGBoostFlavor:
    """The `xgboost` flavor of MLflow: files in UBJSON or JSON, which hold data only."""

    name = library = "xgboost"
    library_name = "XGBoost"
    single_precision = may_crash = True
    loader_module = "mlflow.xgboost"

    def model_file(self, mlmodel: Mapping[str, Any]) -> ModelFile:
        """Read the MLmodel file."""
        xgboost, pyfunc = configurations(mlmodel, self.name, "data")
        model_class = xgboost.get("model_class", _BOOSTER)
        if model_class not in _CLASSES:
            raise ModelRefusedError(f"the model's class is {model_class}; served are {', '.join(_CLASSES)}")
        return ModelFile(
            path=xgboost["data"],
            serialization_format=str(xgboost.get("model_format", "xgb")),
            library_version=str(xgboost.get("xgb_version", "")),
            predict_fn=str(pyfunc.get("predict_fn", "predict")),
            model_class=model_class,
        )

    def load(self, folder: Path, file: ModelFile, *, allow_pickle: bool) -> Any:  # noqa: ARG002 - there are no pickles
        """Load an estimator, or a Booster behind the method `predict` of estimators."""
        with deferred_imports():
            import xgboost  # noqa: PLC0415 - imported with the first model, not before

        path = folder / file.path
        is_booster = file.model_class == _BOOSTER
        found = (xgboost if is_booster else xgboost.sklearn).__dict__[file.model_class.rpartition(".")[2]]()
        try:
            if path.suffix != ".json":  # XGBoost goes by the suffix as well
                check_ubjson(path)
            found.load_model(path)
        except Exception as error:
            raise ModelRefusedError(
                f"the {file.serialization_format} file cannot be loaded: {plain_message(error)}"
            ) from error
        _booster(found).set_param({"nthread": 1})
        return NativeBooster(found) if is_booster else found.set_params(n_jobs=1)

    def import_for_pyfunc(self) -> None:
        """Import XGBoost completely."""
        import xgboost  # noqa: F401, PLC0415 - `load` leaves out pandas

    def pyfunc_audit(self) -> AbstractContextManager[None]:
        """Nothing to audit: no format runs code."""
        return nullcontext()

    def installed_version(self) -> str:
        """Version of the installed XGBoost."""
        import xgboost  # noqa: PLC0415 - as above

        return str(xgboost.__version__)

    def estimator_name(self, estimator: Any) -> str:
        """Name of its class in XGBoost."""
        return "Booster" if isinstance(estimator, NativeBooster) else type(estimator).__name__

    def fitted_input(self, estimator: Any) -> FittedInput:
        """The columns that the Booster knows."""
        booster = _booster(estimator)
        return FittedInput(booster.feature_names, booster.num_features(), texts=False)

    def fitted_columns(self, estimator: Any, count: int) -> list[FittedColumn]:  # noqa: ARG002 - the same for all
        """All columns are numbers, and a missing value is NaN."""
        return [FittedColumn(kinds=["number"], markers=["nan"]) for _ in range(count)]

    def accept_arrays(self, estimator: Any) -> Callable[[], None]:
        """Remove the Booster's names, which an array does not have."""
        booster = _booster(estimator)
        names, booster.feature_names = booster.feature_names, None

        def undo() -> None:
            booster.feature_names = names

        return undo

    def direct_computation(self, estimator: Any, method: str, columns: Sequence[Column]) -> Computation | None:  # noqa: ARG002 - as above
        """The sums of the trees' leaves."""
        if method != "predict":
            return None
        classes = estimator.classes_ if hasattr(estimator, "predict_proba") else None
        # After early stopping an estimator adds the trees up to its best round, a Booster all of them.
        stopped = not isinstance(estimator, NativeBooster) and hasattr(estimator.get_booster(), "best_iteration")
        booster = _booster(estimator)
        return find_computation(booster, classes, booster.best_iteration + 1 if stopped else 0)

    def class_labels(self, estimator: Any) -> list[Any]:
        """The numbers of the classes: XGBoost knows no other labels."""
        name = self.estimator_name(estimator)
        if not hasattr(estimator, "predict_proba"):
            raise NoProbabilitiesError(f"{name} has no classes")
        shape = json.loads(_booster(estimator).save_config())["learner"]["learner_model_param"]
        if shape["num_target"] != "1":
            raise NoProbabilitiesError(f"{name} has classes of several outputs")
        labels: list[Any] = estimator.classes_.tolist()
        return labels


def _booster(estimator: Any) -> Any:
    if isinstance(estimator, NativeBooster):
        return estimator.booster
    return estimator.get_booster() if hasattr(estimator, "get_booster") else estimator
