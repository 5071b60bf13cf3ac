"""Markers of missing values."""

from src.service.schema.column import Column
from src.service.schema.missing_values import MARKERS, MAX_CHOICES, default_markers, marker_choices


def optional(count: int) -> list[Column]:
    """Text columns in which a value may be missing."""
    return [Column(f"c{place}", "string", "str", required=False) for place in range(count)]


def test_default_markers() -> None:
    """Without fitted markers the default of each kind comes first."""
    columns = [Column(kind, kind, "object", required=False) for kind in MARKERS]
    assert default_markers(columns) == ("nan", "nan", "none", "nan", "nan", "none")
    assert marker_choices(columns, [()] * len(columns))[0] == default_markers(columns)


def test_fitted_markers_come_first() -> None:
    """Markers of the fitted transformers come first, for each column separately."""
    assert marker_choices(optional(3), [["none"], [], ["na", "nan"]])[0] == ("none", "nan", "na")


def test_markers_of_another_kind_are_left_out() -> None:
    """A marker that is not possible for the kind is left out."""
    assert marker_choices([Column("when", "datetime", "datetime64[ns]", required=False)], [["none"]]) == [("nan",)]


def test_required_columns_have_no_choice() -> None:
    """Required columns have one choice."""
    assert marker_choices([Column("x", "number", "float64")], [["none"]]) == [("nan",)]


def test_all_choices_of_a_few_columns() -> None:
    """For two columns every combination is tried once."""
    found = marker_choices(optional(2), [(), ()])
    assert len(found) == len(set(found)) == 9


def test_few_choices_of_many_columns() -> None:
    """For many columns only a few are tried, including the same marker for all columns."""
    found = marker_choices(optional(40), [()] * 40)
    assert len(found) <= MAX_CHOICES + 4
    assert {("none",) * 40, ("na",) * 40, ("nan",) * 40} <= set(found)
