"""The detected type of a column, and the log messages about it."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import pandas as pd
import pytest

from src.service.training.csv_input.column_texts import TypedColumn
from src.service.training.csv_input.column_types import read_columns
from src.service.training.csv_input.csv_options import CsvOptions
from src.service.training.errors import TrainingError

NO_OPTIONS = CsvOptions()


def _read(
    texts: Sequence[str],
    options: CsvOptions = NO_OPTIONS,
    separator: str = ",",
    others: Mapping[str, Sequence[str]] = MappingProxyType({}),
) -> TypedColumn:
    columns = {"x": texts, **others}
    return read_columns(columns, list(range(2, len(texts) + 2)), options, "y", separator)["x"]


@pytest.fixture(autouse=True)
def _info_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", logger="training")


@pytest.mark.parametrize(
    ("texts", "kind", "values"),
    [
        (["1", "2"], "number", [1.0, 2.0]),
        (["1,5", "2"], "number", [1.5, 2.0]),
        (["1.234,5", "2"], "number", [1234.5, 2.0]),
        (["0", "0.5", "00.5"], "number", [0.0, 0.5, 0.5]),
        (["VERDADERO", "FALSO"], "boolean", [True, False]),
        (["true", "FALSE", "True"], "boolean", [True, False, True]),
        (["sí", "no"], "category", ["sí", "no"]),
        (["007", "12"], "category", ["007", "12"]),
        (["00", "1"], "category", ["00", "1"]),
        (["1234567890123456789", "12"], "category", ["1234567890123456789", "12"]),
        (["+", "-"], "category", ["+", "-"]),
        (["300 123 4567", "1"], "category", ["300 123 4567", "1"]),
        (["10.0.0.1", "10.0.0.2"], "category", ["10.0.0.1", "10.0.0.2"]),
        (["A1", "A2", "3"], "category", ["A1", "A2", "3"]),
        (["2024-01-05", "2024-01-06"], "category", ["2024-01-05", "2024-01-06"]),
    ],
)
def test_the_kind_is_detected(texts: list[str], kind: str, values: list[object]) -> None:
    """Numbers are doubles, whole or not; codes and words are categories."""
    column = _read(texts)
    assert (column.kind, column.data.tolist()) == (kind, values)


@pytest.mark.parametrize(
    "marker",
    [
        "?",
        "-",
        "--",
        "s/d",
        "S/D",
        "n/a",
        "N/D",
        "NaN",
        "NULL",
        ".",
        "*",
        "sin dato",
        "#N/D",
        "Err:502",
        "#¡DIV/0!",
        "NA",
    ],
)
def test_a_marker_among_numbers_is_a_missing_value(marker: str, caplog: pytest.LogCaptureFixture) -> None:
    """For any count; the log has the marker and the count."""
    column = _read(["1,5", marker, "2", marker])
    assert column.kind == "number"
    assert column.data.isna().tolist() == [False, True, False, True]
    assert column.missing_markers == {marker: 2}
    assert f"column 'x': 2 gaps are written {marker!r} (2)" in caplog.text


def test_a_few_words_among_numbers_are_missing_values(caplog: pytest.LogCaptureFixture) -> None:
    """Up to a tenth of the values, with a warning; with more words the column is text, with a warning too."""
    few = _read(["1"] * 18 + ["abierto"] * 2)
    assert (few.kind, few.missing_markers) == ("number", {"abierto": 2})
    assert "'abierto' (2) among them are taken for gaps; --text x makes it text" in caplog.text
    assert _read(["1"] * 17 + ["abierto"] * 3).kind == "category"
    assert "column 'x' is text, though most values are numbers: 'abierto' (3) are not" in caplog.text


def test_markers_in_text_are_logged_or_kept(caplog: pytest.LogCaptureFixture) -> None:
    """NA and None are missing values as in pandas, which is logged; --missing and --text keep them."""
    texts = ["NA", "DE", "None", "", "Na"]
    assert _read(texts).data.isna().tolist() == [True, False, True, True, False]
    assert "column 'x': 2 gaps are written 'NA' (1), 'None' (1); --missing or --text x keeps them" in caplog.text
    for options in (CsvOptions(missing=("",)), CsvOptions(columns={"x": "text"})):
        assert _read(texts, options).data.isna().tolist() == [False, False, False, True, False]
    assert _read(texts, CsvOptions(missing=("DE",))).data.isna().tolist() == [False, True, False, True, False]


def test_missing_may_be_a_number(caplog: pytest.LogCaptureFixture) -> None:
    """-999 is a number unless --missing names it, in any format; a text of --missing that the file lacks is logged."""
    texts = ["1,5", "-999", "-999,0"]
    assert _read(texts).data.tolist() == [1.5, -999.0, -999.0]
    assert _read(texts, CsvOptions(missing=("-999", "nunca"))).data.isna().tolist() == [False, True, True]
    assert "--missing 'nunca' is nowhere in the file" in caplog.text


def test_a_code_is_logged_and_may_be_a_number(caplog: pytest.LogCaptureFixture) -> None:
    """05001 is not 5001; missing values do not change that."""
    column = _read(["05001", "11001", "s/d"])
    assert column.data.tolist()[:2] == ["05001", "11001"]
    assert column.data.isna().tolist() == [False, False, True]
    assert "column 'x' is a code, not a number: it has values with leading zeros, such as '05001'" in caplog.text
    assert _read(["05001", "s/d"], CsvOptions(columns={"x": "number"})).data.tolist()[0] == 5001


@pytest.mark.parametrize(
    ("texts", "others", "separator", "values", "message"),
    [
        (["1.234", "2.345"], {}, ";", [1234, 2345], "decimal ',' is usual with separator ';'"),
        (["1.234", "2.345"], {}, ",", [1.234, 2.345], "decimal '.' is usual with separator ','"),
        (["1,234", "2,345"], {}, ",", [1234, 2345], "decimal '.' is usual with separator ','"),
        (["1.234", "2.345"], {"z": ["1,5", "2"]}, ",", [1234, 2345], "other columns have decimal ','"),
        (["1.234", "2.345"], {"z": ["1.5", "2"]}, ";", [1.234, 2.345], "other columns have decimal '.'"),
        (["1.234", "1500"], {}, ";", [1.234, 1500], "other numbers of the column have no thousands mark"),
    ],
)
def test_ambiguous_numbers_are_decided_and_logged(  # noqa: PLR0913, PLR0917 - each is a parameter or a fixture
    texts: list[str],
    others: dict[str, list[str]],
    separator: str,
    values: list[float],
    message: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """By the column itself, by the others, by the separator; the options decide otherwise."""
    assert _read(texts, separator=separator, others=others).data.tolist() == values
    assert message in caplog.text
    assert "--decimal and --thousands decide otherwise" in caplog.text


@pytest.mark.parametrize(
    ("options", "values"),
    [
        (CsvOptions(decimal="."), [1.234, 2.345]),
        (CsvOptions(decimal=","), [1234, 2345]),
        (CsvOptions(thousands="."), [1234, 2345]),
        (CsvOptions(thousands=",", decimal="."), [1.234, 2.345]),
    ],
)
def test_options_decide_without_a_message(
    options: CsvOptions, values: list[float], caplog: pytest.LogCaptureFixture
) -> None:
    """What the options say is not logged."""
    assert _read(["1.234", "2.345"], options).data.tolist() == values
    assert not caplog.text


@pytest.mark.parametrize(
    ("texts", "options", "message"),
    [
        (
            ["50,5", "60,5"],
            CsvOptions(decimal="."),
            r"column 'x' has 2 value\(s\) such as '50,5' \(line 2\) that are not",
        ),
        (["1.5", "1.234,5"], CsvOptions(thousands=""), "not numbers with decimal '.' and no thousands mark: correct"),
        (["12.5", "50,5", "3.5"], NO_OPTIONS, r"such as '50,5' \(line 3\) .* as '12.5' \(line 2\) is: write them all"),
        (["1", "norte"], CsvOptions(columns={"x": "number"}), "--number x: line 3 has 'norte', which is no number"),
        (["1", "1,5"], CsvOptions(columns={"x": "integer"}), "--integer x: line 3 has '1,5', which is no whole number"),
        (
            ["1", ""],
            CsvOptions(columns={"x": "integer"}),
            "--integer x: line 3 has '', which is no whole number; --number x takes",
        ),
        (
            ["2024-01-01", "pronto"],
            CsvOptions(columns={"x": "date"}),
            "--date x: line 3 has 'pronto', which is no date",
        ),
    ],
)
def test_an_option_that_does_not_fit_is_an_error(texts: list[str], options: CsvOptions, message: str) -> None:
    """The message has the column, the line and the value."""
    with pytest.raises(TrainingError, match=message):
        _read(texts, options)


def test_integers_and_dates_have_their_types() -> None:
    """The options determine the type that MLflow infers."""
    assert _read(["1", "2"], CsvOptions(columns={"x": "integer"})).data.dtype == "int64"
    dates = _read(["31/12/2024", "s/d"], CsvOptions(columns={"x": "date"}))
    assert dates.data.dtype == "datetime64[ns]"
    assert (dates.data[0], dates.missing_markers) == (pd.Timestamp("2024-12-31"), {"s/d": 1})


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        (["€ 1,5", "€ 2,5"], "column 'x': '€' is left out, '€ 1,5' is read as 1.5"),
        (["12 %", "13 %"], "column 'x': '%' is left out, '12 %' is read as 12"),
        (["(12)", "13"], "column 'x': '(12)' is read as -12"),
        (["12-", "13"], "column 'x': '12-' is read as -12"),
        (["12 %", "0.12"], "column 'x' is text: its numbers have different signs (none, '%')"),
        (["€ 5", "$ 5"], "column 'x' is text: its numbers have different signs ('$', '€')"),
        (["20241231", "20250101"], "column 'x' looks like dates and is read as numbers; --date x reads dates"),
        (["31/12/2024", "01/01/2025"], "column 'x' looks like dates and is read as text; --date x reads dates"),
        ([f"{number} m2" for number in range(30)], "column 'x' is text: values such as '0 m2' have letters"),
        ([f"{number * 7919 % 1009}" for number in range(30)], "column 'x': all values are different whole numbers"),
        ([f"{number}" for number in range(30)], "column 'x': all values are different whole numbers"),
    ],
)
def test_doubtful_types_are_logged(texts: list[str], message: str, caplog: pytest.LogCaptureFixture) -> None:
    """Units, dates and identifiers."""
    _read(texts)
    assert message in caplog.text


def test_an_ordered_column_of_different_numbers_is_no_identifier(caplog: pytest.LogCaptureFixture) -> None:
    """Areas from 40 to 69 are measurements, unless the column has the name of an identifier."""
    numbers = [str(number) for number in range(40, 70)]
    _read(numbers)
    assert not caplog.text
    read_columns({"id_casa": numbers}, list(range(30)), NO_OPTIONS, "y", ",")
    assert "column 'id_casa': all values are different whole numbers: an identifier?" in caplog.text


def test_telephone_numbers_are_codes(caplog: pytest.LogCaptureFixture) -> None:
    """They are no quantities; a plus before an ordinary number is a sign."""
    assert _read(["+573001234567", "+573009999999"]).kind == "category"
    assert "it has values like telephone numbers, such as '+573001234567'" in caplog.text
    assert _read(["+5", "+573001"]).data.tolist() == [5.0, 573001.0]


@pytest.mark.parametrize(
    ("texts", "sentinel"),
    [
        (["1", "2", "3", "-999", "-999"], "-999 (2)"),
        (["0,5", "0,7", "9999", "9999,0"], "9999 (2)"),
        (["1", "50", "98", "99", "99"], None),
        (["1", "2", "3", "-999"], None),
        (["-998", "-999", "-999", "0"], None),
    ],
)
def test_a_sentinel_is_logged(texts: list[str], sentinel: str | None, caplog: pytest.LogCaptureFixture) -> None:
    """It stays a number: repeated nines, farther from the others than these are from each other."""
    assert not _read(texts).data.isna().any()
    assert ("a gap?" in caplog.text) == (sentinel is not None)
    assert sentinel is None or f"column 'x': {sentinel} lies far from the other values" in caplog.text


def test_a_hyphen_in_text_is_kept_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    """It may be a category, as of blood groups; in a column that has nothing else it is a missing value."""
    assert _read(["+", "-", "+"]).data.tolist() == ["+", "-", "+"]
    assert "column 'x': '-' (1) count as values like the others; --missing TEXT makes them gaps" in caplog.messages
    assert _read(["-", "-"]).data.isna().all()


def test_without_a_thousands_mark_the_only_mark_is_decimal(caplog: pytest.LogCaptureFixture) -> None:
    """With --thousands none the only mark of a number is the decimal mark, whatever other columns have."""
    others = {"z": ["2,5", "3,5"]}
    assert _read(["4.081", "5.120"], CsvOptions(thousands=""), ";", others).data.tolist() == [4.081, 5.12]
    assert "two numbers" not in caplog.text


def test_rising_numbers_of_many_digits_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    """They may be numbers of cards or orders."""
    _read([str(4000123412341234 + 3 * number) for number in range(30)])
    assert "column 'x': all values are different whole numbers: an identifier?" in caplog.text


def test_several_formats_in_a_column_are_an_error() -> None:
    """An ambiguous number does not have the format of the others."""
    with pytest.raises(
        TrainingError, match=r"column 'x' has 1 value\(s\) such as '1.234' \(line 2\) that are not numbers"
    ):
        _read(["1.234", "1 234"], NO_OPTIONS, ",", {"z": ["2,5", "3,5"]})


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        (["1,5", "2", "roto"] * 9, "column 'y' is text, though most values are numbers: 'roto' (9) are not"),
        (["1,5 €", "2 $"] * 9, "column 'y' is text: its numbers have different signs ('$', '€')"),
        ([f"{number} m2" for number in range(25)], "column 'y' is text: values such as '0 m2' have letters"),
        (["1,5", "2", "-999", "-999"], "column 'y': -999 (2) lies far from the other values"),
    ],
)
def test_a_target_that_is_nearly_numbers_is_logged_too(
    texts: list[str], message: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Otherwise the only message would be an error about classes."""
    read_columns({"y": texts}, list(range(2, len(texts) + 2)), NO_OPTIONS, "y", ";")
    assert message in caplog.text
