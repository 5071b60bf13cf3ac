"""The rows of a request, column by column, and which of the columns is which of the model's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from src.controller.protocols.mlflow_scoring.errors import InvalidInputError, InvalidRequestError
from src.service.schema.column import Column

_MAX_NAMES: Final = 300


@dataclass(frozen=True, slots=True)
class InputTable:
    """What a request holds.

    Attributes:
        names: The columns' names; None when they are told apart by their position.
        columns: The values of each column.
        count: Number of rows.
        is_frame: Whether it is a DataFrame, else an array or a mapping of arrays: MLflow treats them differently.
    """

    names: Sequence[str] | None
    columns: Sequence[Sequence[Any]]
    count: int
    is_frame: bool

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
        if names is None and not self.is_frame and len(columns) == len(self.columns) == 1:
            names = [columns[0].name]  # MLflow takes an array for the only column
        found = dict(zip(names or (), self.columns, strict=names is not None))
        wanted = {column.name: column.required for column in columns}
        if found.keys() == wanted.keys():
            return found
        missing = [name for name, required in wanted.items() if required and name not in found]
        if missing:
            extra = _listed([name for name in found if name not in wanted])
            hint = f"; the request has also {extra}" if extra else ""
            hint = "; the request does not name its columns" if names is None else hint
            raise InvalidInputError(f"the model's inputs {_listed(missing)} are missing{hint}")
        return {name: values for name, values in found.items() if name in wanted}

    def _by_position(self, columns: Sequence[Column]) -> Mapping[str, Sequence[Any]]:
        own = [column.name for column in columns]
        if len(self.columns) != len(own):
            raise InvalidInputError(f"the model takes {len(own)} columns; the request has {len(self.columns)}")
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
        return dict(zip(own, self.columns, strict=True))


def checked(names: Sequence[str]) -> Sequence[str]:
    """The names, each of which must be there once.

    Raises:
        InvalidRequestError: When one is there twice.
    """
    if len(set(names)) < len(names):
        twice = next(name for place, name in enumerate(names) if name in names[:place])
        raise InvalidRequestError(f"the column {twice[:_MAX_NAMES]!r} is there twice")
    return names


def _listed(names: Sequence[str]) -> str:
    return ", ".join(map(repr, names))[:_MAX_NAMES]
