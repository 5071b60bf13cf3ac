"""What stands for a missing value."""

from src.service.schema.column import Column
from src.service.schema.missing_values import MARKERS, MAX_CHOICES, default_markers, marker_choices


def optional(count: int) -> list[Column]:
    """Text columns in which a value may be missing."""
    return [Column(f"c{place}", "string", "str", required=False) for place in range(count)]


def test_usual_marks() -> None:
    """Without anything known, each kind has its usual mark first."""
    columns = [Column(kind, kind, "object", required=False) for kind in MARKERS]
    assert default_markers(columns) == ("nan", "nan", "none", "nan", "nan", "none")
    assert marker_choices(columns, [()] * len(columns))[0] == default_markers(columns)


def test_fitted_marks_come_first() -> None:
    """What the transformers were fitted with is tried first, each column for itself."""
    assert marker_choices(optional(3), [["none"], [], ["na", "nan"]])[0] == ("none", "nan", "na")


def test_marks_of_another_kind_do_not_count() -> None:
    """A mark that a column of that kind cannot hold is left out."""
    assert marker_choices([Column("when", "datetime", "datetime64[ns]", required=False)], [["none"]]) == [("nan",)]


def test_required_columns_have_no_choice() -> None:
    """Where no value can be missing there is nothing to choose."""
    assert marker_choices([Column("x", "number", "float64")], [["none"]]) == [("nan",)]


def test_all_choices_of_a_few_columns() -> None:
    """For two columns every combination is there, once."""
    found = marker_choices(optional(2), [(), ()])
    assert len(found) == len(set(found)) == 9


def test_few_choices_of_many_columns() -> None:
    """For many columns there are a few, and all columns alike are among them."""
    found = marker_choices(optional(40), [()] * 40)
    assert len(found) <= MAX_CHOICES + 4
    assert {("none",) * 40, ("na",) * 40, ("nan",) * 40} <= set(found)
