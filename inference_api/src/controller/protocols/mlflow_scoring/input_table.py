"""The rows of a request, column by column, and which of the columns is which of the model's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

from src.controller.protocols.mlflow_scoring.errors import InvalidInputError, InvalidRequestError
from src.service.schema.column import Column

_MAX_NAMES: Final = 300


@dataclass(frozen=True, slots=True)
class InputTable:
    """What a request holds.

    Attributes:
        names: The columns' names; None when they are told apart by their position.
        width: Number of columns.
        column: The values of the column at a place.
        count: Number of rows.
        is_frame: Whether it is a DataFrame, else an array or a mapping of arrays: MLflow treats them differently.
    """

    names: Sequence[str] | None
    width: int
    column: Callable[[int], Sequence[Any]]
    count: int
    is_frame: bool

    @classmethod
    def of_columns(
        cls, names: Sequence[str] | None, columns: Sequence[Sequence[Any]], count: int, *, is_frame: bool
    ) -> Self:
        """The table of columns that are all there."""
        return cls(names, len(columns), columns.__getitem__, count, is_frame)

    def values_of(self, columns: Sequence[Column], *, named: bool) -> Mapping[str, Sequence[Any]]:
        """The values of the model's columns, by their name; optional columns may be left out.

        Args:
            columns: The model's columns.
            named: Whether the model tells its columns apart by their names, else by their positions.

        Raises:
            InvalidInputError: When a column is missing, or it is not clear which one is which.
        """
        if named:
            return self._by_name(columns)
        return self._by_position(columns)

    def _by_name(self, columns: Sequence[Column]) -> Mapping[str, Sequence[Any]]:
        names = self.names
        if names is None and not self.is_frame and len(columns) == self.width == 1:
            names = [columns[0].name]  # MLflow takes an array for the only column
        places = {name: place for place, name in enumerate(names or ())}
        missing = [column.name for column in columns if column.required and column.name not in places]
        if missing:
            wanted = {column.name for column in columns}
            extra = _listed([name for name in places if name not in wanted])
            hint = f"; the request has also {extra}" if extra else ""
            hint = "; the request does not name its columns" if names is None else hint
            raise InvalidInputError(f"the model's inputs {_listed(missing)} are missing{hint}")
        return {column.name: self.column(places[column.name]) for column in columns if column.name in places}

    def _by_position(self, columns: Sequence[Column]) -> Mapping[str, Sequence[Any]]:
        own = [column.name for column in columns]
        if self.width != len(own):
            raise InvalidInputError(f"the model takes {len(own)} columns; the request has {self.width}")
        if self.names is not None:
            if not self.is_frame:
                raise InvalidInputError(
                    "the model's inputs have no names: send `inputs` or `instances` as an array with a row for each "
                    "prediction, or a DataFrame, whose columns are taken in their order"
                )
            if list(self.names) != own and set(self.names) == set(own):
                raise InvalidInputError(
                    f"the columns have the model's names in another order; send them as {_listed(own)}"
                )
        return {name: self.column(place) for place, name in enumerate(own)}


def distinct(names: Sequence[str]) -> Sequence[str]:
    """The names, when each is there once.

    Raises:
        InvalidRequestError: When one is there twice.
    """
    if len(set(names)) < len(names):
        twice = Counter(names).most_common(1)[0][0]
        raise InvalidRequestError(f"the column {twice[:_MAX_NAMES]!r} is there twice")
    return names


def _listed(names: Sequence[str]) -> str:
    return ", ".join(map(repr, names))[:_MAX_NAMES]
