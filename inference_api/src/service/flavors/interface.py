"""What the service needs to know of a machine-learning library."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from src.service.flavors.computation import Computation
from src.service.schema.column import Column, Kind
from src.service.schema.missing_values import Marker


@dataclass(frozen=True, slots=True)
class ModelFile:
    """What the MLmodel file says about the serialized estimator.

    Attributes:
        path: Its path below the model's folder.
        serialization_format: Its format, such as `skops`.
        library_version: Version of the library that it was saved with, or empty.
        predict_fn: Method of the estimator that predicts.
        model_class: Class of the estimator; empty when the file itself says it.
    """

    path: str
    serialization_format: str
    library_version: str
    predict_fn: str
    model_class: str = ""


@dataclass(frozen=True, slots=True)
class FittedInput:
    """The input that an estimator was fitted with.

    Attributes:
        names: Names of the columns; None when it was fitted without names.
        count: Number of columns; 0 when it is not known.
        texts: Whether the input is a sequence of texts and not a table.
    """

    names: list[str] | None
    count: int
    texts: bool


@dataclass(slots=True)
class FittedColumn:
    """What the fitted transformers show about one column.

    Attributes:
        kinds: Kinds in the order found; several of them contradict each other.
        values: Values that the column had when the model was fitted, as JSON holds them.
        markers: Markers of missing values that the transformers were fitted with.
        transformer: A number that the columns of one transformer share; they are likely of the same kind.
    """

    kinds: list[Kind] = field(default_factory=list)
    values: list[Any] = field(default_factory=list)
    markers: list[Marker] = field(default_factory=list)
    transformer: int = 0


class Flavor(Protocol):
    """One flavor of MLflow models."""

    @property
    def name(self) -> str:
        """Its key under `flavors` in the MLmodel file."""
        ...

    @property
    def library(self) -> str:
        """The module of its library, such as `sklearn`."""
        ...

    @property
    def library_name(self) -> str:
        """The library's name for people, such as `scikit-learn`."""
        ...

    @property
    def single_precision(self) -> bool:
        """Whether the library computes with 24 bits whatever the types of the columns are."""
        ...

    @property
    def may_crash(self) -> bool:
        """Whether a damaged file may end the process, so that the process that fetches must have loaded it before."""
        ...

    @property
    def loader_module(self) -> str:
        """The `loader_module` that its models have under `python_function` in the MLmodel file."""
        ...

    def model_file(self, mlmodel: Mapping[str, Any]) -> ModelFile:
        """Read the MLmodel file of a model of this flavor.

        Raises:
            ModelRefusedError: When the model cannot predict, or brings its own code.
        """
        ...

    def load(self, folder: Path, file: ModelFile, *, allow_pickle: bool) -> Any:
        """Load an estimator without running code from its file.

        Args:
            folder: The model's folder.
            file: What its MLmodel file says.
            allow_pickle: Whether formats that run code may be loaded.

        Raises:
            ModelRefusedError: For a format or a type that is not trusted, or a file that cannot be read.
        """
        ...

    def import_for_pyfunc(self) -> None:
        """Import what `mlflow.pyfunc` needs and `load` leaves out; call it before the first `load`."""
        ...

    def pyfunc_audit(self) -> AbstractContextManager[None]:
        """A block in which `mlflow.pyfunc` loads nothing that `load` would refuse."""
        ...

    def installed_version(self) -> str:
        """Version of the installed library."""
        ...

    def estimator_name(self, estimator: Any) -> str:
        """Name of the estimator's class in its library."""
        ...

    def fitted_input(self, estimator: Any) -> FittedInput:
        """The input that an estimator was fitted with."""
        ...

    def fitted_columns(self, estimator: Any, count: int) -> list[FittedColumn]:
        """What an estimator shows about each of `count` input columns, in order."""
        ...

    def accept_arrays(self, estimator: Any) -> Callable[[], None]:
        """Have the estimator predict for an array as it does for a DataFrame of these values, without a warning.

        Returns:
            A function that undoes it.
        """
        ...

    def direct_computation(self, estimator: Any, method: str, columns: Sequence[Column]) -> Computation | None:
        """Predictions from fitted attributes without the estimator's own method, or None when none is known."""
        ...

    def class_labels(self, estimator: Any) -> list[Any]:
        """The classes in the order of the columns of the estimator's `predict_proba`, as plain values.

        Raises:
            NoProbabilitiesError: When the estimator has no probabilities; says why.
        """
        ...
