"""CSV files: what is read, what is left out, and what is an error."""

import hashlib
from pathlib import Path

import pytest

from src.service.training.csv_input.csv_options import CsvOptions
from src.service.training.csv_input.reader import read_csv
from src.service.training.errors import TrainingError


def _file(folder: Path, content: str | bytes) -> Path:
    path = folder / "data.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def test_types_and_names_are_kept(tmp_path: Path) -> None:
    """Numbers, booleans and text have their types; names may have blanks, accents and keywords."""
    data = read_csv(_file(tmp_path, 'edad,peso (kg),class,señal,y\n1,1.5,x,True,2\n2,,"a, b",False,3\n'), "y")
    assert {name: column.dtype.kind for name, column in data.features.items()} == {
        "edad": "f",
        "peso (kg)": "f",
        "class": "O",
        "señal": "b",
    }
    assert data.features["class"].tolist() == ["x", "a, b"]
    assert data.target.tolist() == [2, 3]


def test_the_digest_is_that_of_the_file(tmp_path: Path) -> None:
    """It is that of `sha256sum data.csv`."""
    path = _file(tmp_path, "a,y\n1,2\n")
    assert read_csv(path, "y").sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_byte_order_mark_is_no_part_of_a_name(tmp_path: Path) -> None:
    """The first column of a spreadsheet's UTF-8 file has its plain name."""
    assert read_csv(_file(tmp_path, b"\xef\xbb\xbfa,y\r\n1,2\r\n\r\n3,4\r\n"), "y").features["a"].tolist() == [1, 3]


def test_another_separator(tmp_path: Path) -> None:
    """--separator decides."""
    assert list(read_csv(_file(tmp_path, "a;b;y\n1;2;3\n"), "y", CsvOptions(separator=";")).features) == ["a", "b"]


SPANISH = '"metros";"barrio";"precio"\r\n"50,5";"norte";"260,5"\r\n"1.060,5";"sur";"s/d"\r\n"70";"sur";"NA"\r\n'


def test_the_format_is_logged_in_one_line(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Separator, marks, encoding, rows, kinds and missing values; rows without a target are logged."""
    caplog.set_level("INFO", logger="training")
    data = read_csv(_file(tmp_path, SPANISH), "precio")
    assert (
        "read as: separator ';', decimal ',', thousands '.', 3 rows, 2 numbers, 1 category, encoding utf-8, "
        "gaps written 's/d' (1), 'NA' (1)"
    ) in caplog.messages
    assert "2 of 3 rows have no value in 'precio' and are left out" in caplog.messages
    assert data.features["metros"].tolist() == [50.5]
    assert data.missing_markers == {"precio": {"s/d": 1, "NA": 1}}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_every_format_gives_the_same_table(tmp_path: Path, encoding: str, separator: str) -> None:
    """The table does not depend on how the spreadsheet was saved."""
    text = '"año";"y"\r\n"1,5";"2"\r\n"2,5";"3"\r\n'.replace(";", separator)
    data = read_csv(_file(tmp_path, text.encode(encoding)), "y")
    assert data.features.to_dict("list") == {"año": [1.5, 2.5]}
    assert data.target.tolist() == [2, 3]


def test_a_column_of_another_format_is_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Coordinates with points in a file with decimal commas."""
    data = read_csv(_file(tmp_path, "a;b;lat;y\n1,5;2,5;4.65432;3,5\n"), "y")
    assert data.features["lat"].tolist() == [4.65432]
    assert "column 'lat' has decimal '.', unlike the others" in caplog.text


@pytest.mark.parametrize(
    ("option", "options"),
    [
        ("text", CsvOptions(columns={"z": "text"})),
        ("number", CsvOptions(columns={"z": "number"})),
        ("integer", CsvOptions(columns={"z": "integer"})),
        ("date", CsvOptions(columns={"z": "date"})),
        ("ignore", CsvOptions(columns={"z": "ignore"})),
    ],
)
def test_options_name_columns_that_exist(tmp_path: Path, option: str, options: CsvOptions) -> None:
    """For an unknown name the message has the names of the header."""
    path = _file(tmp_path, "a,y\n1,2\n")
    with pytest.raises(TrainingError, match=f"--{option} z: .*no such column; it has 'a', 'y'"):
        read_csv(path, "y", options)


@pytest.mark.parametrize(
    ("option", "options"),
    [("date", CsvOptions(columns={"y": "date"})), ("ignore", CsvOptions(columns={"y": "ignore"}))],
)
def test_the_target_is_neither_a_date_nor_left_out(tmp_path: Path, option: str, options: CsvOptions) -> None:
    """--date and --ignore are an error for the target."""
    path = _file(tmp_path, "a,y\n1,2\n")
    with pytest.raises(TrainingError, match=f"--{option} y: it is the column to predict"):
        read_csv(path, "y", options)


def test_a_column_may_be_left_out(tmp_path: Path) -> None:
    """Even one that cannot be read."""
    data = read_csv(_file(tmp_path, "a;b;y\n1;2,5;3\n2;2.5;4\n"), "y", CsvOptions(columns={"b": "ignore"}))
    assert list(data.features) == ["a"]


def test_a_saved_row_index_is_left_out(tmp_path: Path) -> None:
    """The first column without a name, which pandas writes, is no feature."""
    assert list(read_csv(_file(tmp_path, ",a,y\n0,5,1\n1,6,2\n"), "y").features) == ["a"]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["True", "", "False"], [True, False]),
        (["1", "", "0"], [1, 0]),
        (["x", "NA", "y"], ["x", "y"]),
    ],
)
def test_rows_without_a_target_are_left_out(tmp_path: Path, values: list[str], expected: list[object]) -> None:
    """The others have the type that they would have without the missing values."""
    lines = [f"{number},{value}" for number, value in enumerate(values)]
    data = read_csv(_file(tmp_path, "\n".join(["a,y", *lines])), "y")
    assert data.target.tolist() == expected
    assert data.features["a"].tolist() == [0, 2]
    assert list(data.features.index) == [0, 1]


def test_booleans_with_a_missing_value_become_booleans_again(tmp_path: Path) -> None:
    """A boolean target is boolean after the rows without a value are left out."""
    assert read_csv(_file(tmp_path, "a,y\n1,True\n2,\n3,False\n"), "y").target.dtype.kind == "b"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "data.csv is empty"),
        (" \n\n", "data.csv is empty"),
        ("a,y\n", "data.csv has a header but no rows"),
        ("a,b\n1,2\n", "data.csv has no column 'y' to predict; it has 'a', 'b'$"),
        ("a:y\n1:2\n", "has no column 'y' to predict; it has 'a:y'; is another --separator needed than ','?"),
        ("a,Y\n1,2\n", "has no column 'y' to predict; it has 'a', 'Y'"),
        ("a,b,a,y\n1,2,3,4\n", "data.csv has more than one column named 'a'"),
        ("a,y\n1,2\n1,2,3\n", "line 3 has 3 values, but the header has 2"),
        ("a,b,y\n1,2,3\n1,2\n", "line 3 has 2 values, but the header has 3"),
        ('a,y\n"' + "x" * 200_000 + '",1\n', "data.csv is not a CSV file: line 2"),
    ],
)
def test_an_unusable_file_is_an_error(tmp_path: Path, content: str | bytes, message: str) -> None:
    """The message of one line has the file and the place."""
    with pytest.raises(TrainingError, match=message) as caught:
        read_csv(_file(tmp_path, content), "y")
    assert caught.value.exit_code == 2
    assert "\n" not in str(caught.value)


def test_a_missing_file_or_a_folder_is_an_error(tmp_path: Path) -> None:
    """The messages differ."""
    with pytest.raises(TrainingError, match=r"gone\.csv does not exist"):
        read_csv(tmp_path / "gone.csv", "y")
    with pytest.raises(TrainingError, match="cannot be read: Is a directory"):
        read_csv(tmp_path, "y")


def test_names_are_normalized(tmp_path: Path) -> None:
    """A decomposed accent, as a Macintosh writes it, and any blank give the same name."""
    path = _file(tmp_path, "an\u0303o;co\u0301digo\u00a0postal;y\n2024;5001;nin\u0303o\n2025;5002;ni\u00f1o\n")
    data = read_csv(path, "y", CsvOptions(columns={"c\u00f3digo postal": "text", "an\u0303o": "integer"}))
    assert list(data.features) == ["a\u00f1o", "c\u00f3digo postal"]
    assert data.features["c\u00f3digo postal"].tolist() == ["5001", "5002"]
    assert data.target.tolist() == ["ni\u00f1o", "ni\u00f1o"]


def test_the_target_needs_a_name(tmp_path: Path) -> None:
    """A column without a name cannot be the target."""
    with pytest.raises(TrainingError, match="has no column '' to predict; it has 'a'"):
        read_csv(_file(tmp_path, ",a\n1,2\n"), "")
