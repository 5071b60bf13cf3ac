"""A model of LightGBM that predicts with one thread, and without the checks of its scikit-learn interface.

Those take 200 us for a row that the Booster predicts in 15, and warn of arrays without names.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np


class OneThreadModel:
    """Predicts what the model itself does.

    Attributes:
        model: A Booster, or an estimator of the scikit-learn interface.
        booster: The Booster that predicts.
        classes_: The labels of a classifier; None for other models.
    """

    def __init__(self, model: Any) -> None:
        """Take over a loaded model."""
        self.model = model
        self.booster = getattr(model, "booster_", model)
        # A classifier with an objective of its own returns what the Booster does.
        labelled = hasattr(model, "predict_proba") and not callable(model.objective_)
        self.classes_ = model.classes_ if labelled else None
        # Early stopping of the prediction is the only parameter of fitting that changes it.
        parameters = model.get_params() if hasattr(model, "get_params") else {}
        self._parameters = {name: value for name, value in parameters.items() if name.startswith("pred")}
        self._like_frames = False

    def treat_arrays_as_frames(self) -> Callable[[], None]:
        """Convert integers of an array to double precision, as LightGBM does those of a DataFrame.

        Those of an array it converts to single precision.

        Returns:
            A function that undoes it.
        """
        self._like_frames = True

        def undo() -> None:
            self._like_frames = False

        return undo

    def predict(self, table: Any) -> Any:
        """The labels of a classifier; else what the Booster predicts.

        Args:
            table: An array or a DataFrame.
        """
        found = self._raw(table)
        if self.classes_ is None:
            return found
        return self.classes_[found.argmax(axis=1) if found.ndim > 1 else (found > 1.0 - found).astype(int)]

    def predict_proba(self, table: Any) -> Any:
        """The probability of each class of a classifier.

        Args:
            table: An array or a DataFrame.
        """
        found = self._raw(table)
        return found if found.ndim > 1 else np.column_stack((1.0 - found, found))

    def _raw(self, table: Any) -> Any:
        if self._like_frames and isinstance(table, np.ndarray):
            table = table.astype(np.result_type(table.dtype, np.float32), copy=False)
        return self.booster.predict(table, num_threads=1, **self._parameters)
