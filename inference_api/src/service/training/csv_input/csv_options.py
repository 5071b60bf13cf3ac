"""What the caller says about a CSV file; what is not said is detected."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class CsvOptions:
    """The options of `--help` about the file; None is detected.

    Attributes:
        separator: What separates values.
        decimal: The decimal mark, a point or a comma.
        thousands: The thousands mark; empty when there is none.
        encoding: A text encoding that Python knows.
        missing: The texts that mean a missing value, in place of the usual ones.
        columns: text, number, integer, date or ignore, by column name; the types of the other columns are detected.
    """

    separator: str | None = None
    decimal: str | None = None
    thousands: str | None = None
    encoding: str | None = None
    missing: tuple[str, ...] | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
