"""A Booster with the method `predict` of scikit-learn's estimators."""

from __future__ import annotations

import re
from typing import Any, Final

_PLACE: Final = re.compile(r"^\[[\d:]+\] \S+: ")
"""The time and the line of source code before XGBoost's messages; behind them is a stack trace."""
_MAX_MESSAGE: Final = 300


class NativeBooster:
    """Predicts as MLflow does with a Booster: from a `DMatrix`."""

    def __init__(self, booster: Any) -> None:
        """Take over a loaded Booster."""
        import xgboost  # noqa: PLC0415 - imported with the first model, not before

        self.booster = booster
        self._matrix = xgboost.DMatrix
        self._error = xgboost.core.XGBoostError

    def predict(self, table: Any) -> Any:
        """The raw output of the Booster's objective, such as a value or probabilities.

        Args:
            table: An array or a DataFrame.

        Raises:
            ValueError: For a value that XGBoost does not accept, such as one beyond single precision.
        """
        try:
            return self.booster.predict(self._matrix(table, nthread=1))
        except self._error as error:
            raise ValueError(plain_message(error)) from error


def plain_message(error: Exception) -> str:
    """The message of an error of XGBoost, without source code and stack trace."""
    first = str(error).partition("\n")[0]
    return _PLACE.sub("", first)[:_MAX_MESSAGE]
