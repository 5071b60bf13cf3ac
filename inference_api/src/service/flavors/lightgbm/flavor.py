"""LightGBM models behind the interface of flavors."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import Any, Final

from src.errors import ModelRefusedError, NoProbabilitiesError
from src.service.flavors.computation import Computation
from src.service.flavors.interface import FittedColumn, FittedInput, ModelFile
from src.service.flavors.lazy_imports import deferred_imports
from src.service.flavors.lightgbm.one_thread_model import OneThreadModel
from src.service.flavors.mlmodel import configurations
from src.service.flavors.sklearn.loader import audited_skops_files, load_estimator
from src.service.schema.column import Column

_LOG: Final = logging.getLogger(__name__)
_BOOSTER: Final = "lightgbm.basic.Booster"
_TEXT: Final = "text"
_TRUSTED: Final = frozenset(
    {
        _BOOSTER,  # restored from LightGBM's text format
        "collections.OrderedDict",  # metrics of the evaluation while it was fitted
        *(f"lightgbm.sklearn.{name}" for name in ("LGBMClassifier", "LGBMModel", "LGBMRanker", "LGBMRegressor")),
    }
)
"""What a skops file may name beside the types of scikit-learn."""


class LightGBMFlavor:
    """The `lightgbm` flavor of MLflow: a Booster is a text file, an estimator a skops file or a pickle."""

    name = library = "lightgbm"
    library_name = "LightGBM"
    single_precision = False
    may_crash = True
    loader_module = "mlflow.lightgbm"

    def model_file(self, mlmodel: Mapping[str, Any]) -> ModelFile:
        """Read the MLmodel file."""
        lightgbm, pyfunc = configurations(mlmodel, self.name, "data")
        model_class = str(lightgbm.get("model_class", _BOOSTER))
        is_booster = model_class == _BOOSTER
        return ModelFile(
            path=lightgbm["data"],
            serialization_format=_TEXT if is_booster else str(lightgbm.get("serialization_format", "cloudpickle")),
            library_version=str(lightgbm.get("lgb_version", "")),
            predict_fn=str(pyfunc.get("predict_fn", "predict")),
            model_class=model_class,
        )

    def load(self, folder: Path, file: ModelFile, *, allow_pickle: bool) -> Any:
        """Load a Booster or an estimator."""
        with deferred_imports():
            import lightgbm  # noqa: PLC0415 - imported with the first model, not before

        lightgbm.register_logger(_LOG)  # it would print
        path = folder / file.path
        if file.serialization_format == _TEXT:
            try:
                _check_complete(path)
                return OneThreadModel(lightgbm.Booster(model_file=path))
            except Exception as error:
                raise ModelRefusedError(f"the text file cannot be loaded: {type(error).__name__}: {error}") from error
        found = load_estimator(path, file.serialization_format, allow_pickle=allow_pickle, also_trusted=_TRUSTED)
        if not isinstance(found, lightgbm.LGBMModel):
            raise ModelRefusedError(
                f"the model file holds a {type(found).__name__}, which is no estimator of LightGBM: "
                "log it with mlflow.sklearn.log_model"
            )
        if not getattr(found.__dict__.get("_Booster"), "_handle", None):
            raise ModelRefusedError("the model file holds an estimator without a Booster, which was not fitted")
        return OneThreadModel(found)

    def import_for_pyfunc(self) -> None:
        """Import LightGBM and skops completely, as MLflow uses them."""
        import lightgbm  # noqa: F401, PLC0415 - `load` leaves out pandas
        import skops.io  # noqa: F401, PLC0415 - and a part of scikit-learn

    def pyfunc_audit(self) -> AbstractContextManager[None]:
        """Audit the skops files that MLflow loads."""
        return audited_skops_files(_TRUSTED)

    def installed_version(self) -> str:
        """Version of the installed LightGBM."""
        import lightgbm  # noqa: PLC0415 - as above

        return str(lightgbm.__version__)

    def estimator_name(self, estimator: OneThreadModel) -> str:
        """Name of its class in LightGBM."""
        return type(estimator.model).__name__

    def fitted_input(self, estimator: OneThreadModel) -> FittedInput:
        """The columns that the Booster knows, which has names of its own for columns without names."""
        names = estimator.booster.feature_name()
        named = names != [f"Column_{index}" for index in range(len(names))]
        return FittedInput(names if named else None, len(names), texts=False)

    def fitted_columns(self, estimator: Any, count: int) -> list[FittedColumn]:  # noqa: ARG002 - the same for all
        """All columns are numbers, and a missing value is NaN."""
        return [FittedColumn(kinds=["number"], markers=["nan"]) for _ in range(count)]

    def accept_arrays(self, estimator: OneThreadModel) -> Callable[[], None]:
        """Convert integers as LightGBM does those of a DataFrame."""
        return estimator.treat_arrays_as_frames()

    def direct_computation(self, estimator: Any, method: str, columns: Sequence[Column]) -> Computation | None:  # noqa: ARG002 - as above
        """None: LightGBM's own method predicts."""
        return None

    def class_labels(self, estimator: OneThreadModel) -> list[Any]:
        """The labels that the classifier was fitted with."""
        if estimator.classes_ is None:
            raise NoProbabilitiesError(f"{self.estimator_name(estimator)} has no classes")
        labels: list[Any] = estimator.classes_.tolist()
        return labels


def _check_complete(path: Path) -> None:
    """Check the last line, which LightGBM's own reader does not need; a truncated tree ends the process.

    Raises:
        ValueError: When there is none.
    """
    with path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as data:
        place = data.rfind(b"\npandas_categorical:")
        complete = place > 0 and b"\n" not in data[place:].strip()
    if not complete:
        raise ValueError("the file has no last line 'pandas_categorical:...'; it was truncated, or is not LightGBM's")
