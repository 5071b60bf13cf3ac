"""How a CSV file is written and what its columns are, where the caller says so; else it is found from the file."""

from dataclasses import dataclass


@dataclass(frozen=True)
class CsvOptions:
    """What the caller decides about the file; each field is described by `--help`, None and empty are found.

    Attributes:
        separator: What stands between two values.
        decimal: The decimal mark, a point or a comma.
        thousands: What groups thousands; empty when nothing does.
        encoding: A text encoding that Python knows.
        missing: The texts that are gaps, in place of the usual ones.
        text: Columns that are text, with each value as it stands.
        number: Columns of numbers.
        integer: Columns of whole numbers, which take nothing else later.
        date: Columns of dates.
        ignore: Columns to leave out.
    """

    separator: str | None = None
    decimal: str | None = None
    thousands: str | None = None
    encoding: str | None = None
    missing: tuple[str, ...] | None = None
    text: tuple[str, ...] = ()
    number: tuple[str, ...] = ()
    integer: tuple[str, ...] = ()
    date: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
