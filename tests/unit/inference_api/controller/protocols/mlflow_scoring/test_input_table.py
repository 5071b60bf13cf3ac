"""Which column of a request is which column of the model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from src.controller.protocols.mlflow_scoring.errors import InvalidInputError
from src.controller.protocols.mlflow_scoring.input_table import InputTable
from src.service.schema.column import Column

NAMED = (Column("a", "number", "float64"), Column("b", "number", "float64", required=False))
ONE = NAMED[:1]
UNNAMED = tuple(Column(f"feature{place}", "number", "float64") for place in (1, 2))


def table(names: Sequence[str] | None, *columns: list[Any], is_frame: bool = True) -> InputTable:
    """A table of these columns."""
    return InputTable.of_columns(names, columns, len(columns[0]), is_frame=is_frame)


def test_by_name() -> None:
    """The order makes no difference, an optional column may be missing, others are dropped as in MLflow."""
    assert table(["b", "a"], [1], [2]).values_of(NAMED, named=True) == {"a": [2], "b": [1]}
    assert table(["z", "a"], [1], [2]).values_of(NAMED, named=True) == {"a": [2]}


def test_a_required_column_is_missing() -> None:
    """The error names it, and what the request has in its place."""
    with pytest.raises(InvalidInputError, match="inputs 'a' are missing; the request has also 'A'"):
        table(["A", "b"], [1], [2]).values_of(NAMED, named=True)
    with pytest.raises(InvalidInputError, match="does not name its columns"):
        table(None, [1], [2], is_frame=False).values_of(NAMED, named=True)


def test_the_only_column_needs_no_name() -> None:
    """As in MLflow: an array is the only column's; a DataFrame has names."""
    assert table(None, [1, 2], is_frame=False).values_of(ONE, named=True) == {"a": [1, 2]}
    with pytest.raises(InvalidInputError, match="'a' are missing"):
        table(None, [1, 2]).values_of(ONE, named=True)


@pytest.mark.parametrize("names", [None, ["x", "y"], ["y", "x"], ["feature1", "feature2"], ["feature1", "y"]])
def test_by_position(names: list[str] | None) -> None:
    """A model without names takes the columns of a DataFrame in their order, whatever they are called."""
    assert table(names, [1], [2]).values_of(UNNAMED, named=False) == {"feature1": [1], "feature2": [2]}


def test_what_position_does_not_tell() -> None:
    """The service's own names in another order, another number of columns, and a mapping are refused."""
    with pytest.raises(InvalidInputError, match="in another order"):
        table(["feature2", "feature1"], [1], [2]).values_of(UNNAMED, named=False)
    with pytest.raises(InvalidInputError, match="takes 2 columns; the request has 3"):
        table(None, [1], [2], [3]).values_of(UNNAMED, named=False)
    with pytest.raises(InvalidInputError, match="have no names"):
        table(["feature1", "feature2"], [1], [2], is_frame=False).values_of(UNNAMED, named=False)
