"""The example rows of a registered model."""

import numpy as np
import pandas as pd

from src.service.training.publication import example_rows


def test_examples_of_a_complete_table_are_its_first_rows() -> None:
    """Without missing values the first three rows are the example."""
    table = pd.DataFrame({"x": range(10, 20)}, index=range(5, 15))
    assert example_rows(table)["x"].tolist() == [10, 11, 12]


def test_examples_end_with_missing_values() -> None:
    """The first row is complete, so that a person can copy it; the last one shows that values may be missing."""
    table = pd.DataFrame({"x": [np.nan, 1.0, 2.0, 3.0, 4.0], "t": ["a", "b", None, "d", "e"]})
    chosen = example_rows(table)
    assert chosen["x"].tolist()[:3] == [1.0, 3.0, 4.0]
    assert chosen.isna().any(axis=None)
    assert len(chosen) == 4


def test_examples_give_each_column_a_value() -> None:
    """MLflow cannot infer the type of a column that is missing in all example rows."""
    table = pd.DataFrame({"x": [1.0, 2.0, 3.0, np.nan, np.nan], "t": [None, None, None, None, "e"], "u": ["u"] * 5})
    assert example_rows(table).notna().any().all()
