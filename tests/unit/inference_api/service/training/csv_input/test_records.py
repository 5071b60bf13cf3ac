"""Records: the separator is detected, and the error of an invalid line has its number."""

from pathlib import Path

import pytest

from src.service.training.csv_input.records import read_records
from src.service.training.errors import TrainingError

PATH = Path("data.csv")


@pytest.mark.parametrize(
    ("text", "separator"),
    [
        ("a,b,y\n1,2,3\n", ","),
        ("a;b;y\n1,5;2,5;3,5\n", ";"),
        ('"a","b","y"\n"1,5","2;2","3,5"\n', ","),
        ("a\tb\ty\n1,5\tx, z\t3\n", "\t"),
        ("a|b|y\n1|2;3|3\n", "|"),
        ("a, m2;b;y\n1,5;2;3\n", ";"),
        ("a;y;b\n1,5;2,5;3,5\n2,5;3,5;4,5\n", ";"),
        ("sep=|\na|y\n1;2|3\n", "|"),
        ('"sep=;"\r\na;y\r\n1;2\r\n', ";"),
        ("y\n1,5\n2,5\n", ";"),
    ],
)
def test_the_separator_is_detected(text: str, separator: str) -> None:
    """By the target in the header, the same number of values per line, or the first line of Excel."""
    records = read_records(PATH, text, "y", None)
    assert records.separator == separator
    assert "y" in records.names


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_every_line_ending_is_accepted(ending: str) -> None:
    """Those of Windows, Unix and the old Macintosh."""
    assert read_records(PATH, ending.join(["a;y", "1;2", "3;4", ""]), "y", None).columns == [["1", "3"], ["2", "4"]]


def test_surrounding_blanks_are_removed() -> None:
    """Also no-break spaces; a quotation mark may follow a blank, and line breaks within quotation marks stay."""
    records = read_records(PATH, 'a , y\n x ,"1"\n"p, q", "2"\n\u00a0z\u00a0,"3\n4"\n', "y", None)
    assert (records.names, records.columns) == (["a", "y"], [["x", "p, q", "z"], ["1", "2", "3\n4"]])
    assert records.lines == [2, 3, 5]


def test_what_spreadsheets_add_is_left_out() -> None:
    """Empty columns and lines at the end, formulas that keep zeros, and the line of totals."""
    text = 'a;y;;\n="05001";1;;\n="05002";2\n;;;\nTotal;3;;\n;;;\n'
    records = read_records(PATH, text, "y", None)
    assert (records.names, records.columns) == (["a", "y"], [["05001", "05002"], ["1", "2"]])
    assert records.notes == [
        "2 line(s) without any value are left out",
        "line 5, which begins with 'Total', is left out: it sums up the others",
    ]


def test_a_category_named_total_is_no_total() -> None:
    """When other rows have the same word it is a value."""
    assert read_records(PATH, "a;y\nTotal;1\nsur;2\nTotal;3\n", "y", None).notes == []


@pytest.mark.parametrize(
    ("text", "separator", "message"),
    [
        ("a;y\n1;2\n", ",", "it has 'a;y'; is another --separator needed than ','"),
        ("a;y\n1,5;2\n", ",", r"line 2 has 2 values, but the header has 1 \(separator ','\)"),
        ("sep=;\na;y\n1;2\n1;2;3\n", None, "line 4 has 3 values, but the header has 2"),
        ("a;b;y\n1;2;3\n1;2\n", None, "line 3 has 2 values, but the header has 3"),
        ("a;y;;\n1;2;;5\n", None, "line 2 has 4 values, but the header has 2"),
        ('a;y\n1;2\n3;"4\n5;6\n', None, "quotation mark that is never closed, at line 3 or after it"),
        ("Informe;\na;y\n1;2\n", None, "no column 'y' in its first line, but line 2 has it: delete the lines above"),
        ("1;2\n3;4\n", None, "it has '1', '2'; the first line must be the names of the columns"),
        ("a;a ;y\n1;2;3\n", None, "more than one column named 'a'"),
        ("a;y\n;\n", None, "has a header but no rows"),
    ],
)
def test_an_invalid_line_is_an_error(text: str, separator: str | None, message: str) -> None:
    """The message has the line number, as editors count, and what to do."""
    with pytest.raises(TrainingError, match=message):
        read_records(PATH, text, "y", separator)


@pytest.mark.parametrize("name", ["precio\n(COP)", "precio\r\n(COP)", "precio\u00a0(COP)", "precio \n (COP)"])
def test_a_name_has_one_line(name: str) -> None:
    """A line break or a no-break space in a name becomes a blank."""
    assert read_records(PATH, f'a;"{name}"\n1;2\n', "precio (COP)", None).names == ["a", "precio (COP)"]


@pytest.mark.parametrize("text", ["'a','y'\n'1,5','2,5'\n", "a,y\n'1,5','2,5'\n"])
def test_values_may_be_in_apostrophes(text: str) -> None:
    """When all values of a line are; a single word may have one."""
    records = read_records(PATH, text, "y", None)
    assert (records.names, records.columns) == (["a", "y"], [["1,5"], ["2,5"]])
    assert records.notes == ['values stand between "\'"']
    assert read_records(PATH, "a,y\nO'Higgins,1\n", "y", None).columns == [["O'Higgins"], ["1"]]


@pytest.mark.parametrize("last", ["Total;;9", ";TOTAL:;9", ";;\nTotal general;;9"])
def test_a_total_below_the_rows_is_left_out(last: str) -> None:
    """Whichever column has the word."""
    records = read_records(PATH, f"a;b;y\n1;x;4\n2;x;5\n{last}\n", "y", None)
    assert records.columns == [["1", "2"], ["x", "x"], ["4", "5"]]
    assert any("it sums up the others" in note for note in records.notes)


@pytest.mark.parametrize(("separator", "found"), [(",", ";"), ("|", ";"), ("\t", ";")])
def test_the_error_of_a_wrong_separator_has_the_detected_one(separator: str, found: str) -> None:
    """With any other error."""
    with pytest.raises(TrainingError, match=f"; without --separator it is read with '{found}'$"):
        read_records(PATH, "a;b;y\n1,5;x;2,5\n", "y", separator)


def test_a_decimal_comma_between_commas_is_an_error() -> None:
    """Such a number needs quotation marks."""
    with pytest.raises(TrainingError, match=r"line 2 has 4 values, .*; a decimal comma needs quotation marks around"):
        read_records(PATH, "a,y\n1,5,2,5\n", "y", None)


def test_invisible_characters_are_removed() -> None:
    """A table that was copied from a web page may have them around values and names."""
    records = read_records(PATH, "\u200ea;\u200by\n\u200b1,5;\u20602,5\u200f\n", "y", None)
    assert (records.names, records.columns) == (["a", "y"], [["1,5"], ["2,5"]])


def test_a_header_of_numbers_is_logged() -> None:
    """Years may be names, but the header may be missing."""
    assert read_records(PATH, "1;2,5\n3;4\n", "2,5", None).notes == [
        "all columns have numbers for names ('1', '2,5'): is line 1 the header?"
    ]
    assert not read_records(PATH, "a;2024\n3;4\n", "2024", None).notes
