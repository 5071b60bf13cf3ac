"""The table of the columns."""

import pandas as pd

from src.service.training.column_table import aligned_lines, column_table
from src.service.training.dataset import Dataset
from src.service.training.feature_columns import split_columns


def test_each_column_has_a_row() -> None:
    """Kind, range or categories, missing values with their texts, and the values that a request may have."""
    features = pd.DataFrame(
        {
            "metros": [40.5, None, 60.0, 70.0],
            "pisos": [1, 2, 3, 4],
            "barrio": ["norte", "sur", "norte", "sur"],
            "garaje": [True, False, True, True],
            "día": pd.to_datetime(["2024-01-01", "2024-01-02", "2024-01-03", "2024-01-04"]),
            "nota": ["a\nb", "a\nb", "c", "c"],
            "id": ["a", "b", "c", "d"],
        }
    )
    target = pd.Series([1.5, 2.5, 3.5, 4.5], name="precio")
    dataset = Dataset("casas", "casas.csv", "", features, target, missing_markers={"metros": {"s/d": 1}})
    kept = features.drop(columns="id")
    table = column_table(dataset, kept, target, split_columns(kept))
    assert table.to_numpy().tolist() == [
        [
            "metros",
            "number",
            "40.5 to 70",
            "1, written 's/d' (1)",
            "a number, with or without fraction (null or absent: a gap)",
        ],
        ["pisos", "integer", "4: 1, 2, 3, 4", "0", "a whole number"],
        ["barrio", "category", "2: norte, sur", "0", "a text; one that is not among the categories counts as unknown"],
        ["garaje", "boolean", "2: false, true", "0", "true or false"],
        [
            "día",
            "date",
            "2024-01-01 to 2024-01-04",
            "0",
            "a date (ISO 8601) such as 2024-01-01",
        ],
        ["nota", "category", "2: a\nb, c", "0", "a text; one that is not among the categories counts as unknown"],
        ["id", "left out", "", "0", "nothing: it is not a field of the request"],
        ["precio", "target, number", "1.5 to 4.5", "0", "nothing: it is the answer"],
    ]
    assert len(aligned_lines(table)) == 9
    assert not any("\n" in line for line in aligned_lines(table))
