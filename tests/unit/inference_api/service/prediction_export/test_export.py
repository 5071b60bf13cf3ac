"""The table of a prediction log, as CSV and as Parquet."""

import csv
import io
import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet

from src.service.prediction_export.__main__ import main
from src.service.prediction_export.log_reader import LogReader, Selection
from src.service.prediction_export.table import Table

NAME = "predictions-host-20261129T100000Z-{}.jsonl"
ROOT = Path(__file__).parents[5] / "inference_api"


def record(day: int = 1, version: str = "1", prediction: Any = 1.5, **inputs: Any) -> dict[str, Any]:
    """A record as the service writes it."""
    return {
        "time": f"2026-11-{day:02}T08:00:00.250Z",
        "request_id": f"id-{day}",
        "row": 0,
        "model": "houses",
        "model_version": version,
        "inputs": inputs,
        "prediction": prediction,
    }


def write(folder: Path, *records: dict[str, Any] | bytes, number: int = 1) -> None:
    """Put records, or raw bytes, into one file of a log."""
    lines = [part if isinstance(part, bytes) else json.dumps(part).encode() + b"\n" for part in records]
    (folder / NAME.format(number)).write_bytes(b"".join(lines))


def exported(folder: Path, *arguments: str) -> list[dict[str, str]]:
    """The rows of the CSV."""
    output = folder / "out.csv"
    assert main(["--folder", str(folder), "--output", str(output), *arguments]) == 0
    with output.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def exported_parquet(folder: Path) -> pa.Table:
    """The Parquet table."""
    output = folder / "out.parquet"
    assert main(["--folder", str(folder), "--output", str(output)]) == 0
    return parquet.read_table(output)


def test_the_columns(tmp_path: Path) -> None:
    """Record, inputs in their order, prediction and classes; each value is exact and missing values are empty."""
    write(
        tmp_path,
        {**record(metros=0.1 + 0.2, barrio='nor"te,\r\n', nuevo=True), "probabilities": {"a b": 0.25, "c": 0.75}},
        record(2, metros=None, barrio="", nuevo=False),
    )
    first, second = exported(tmp_path)
    assert first == {
        "time": "2026-11-01T08:00:00.250Z",
        "request_id": "id-1",
        "row": "0",
        "model": "houses",
        "model_version": "1",
        "metros": "0.30000000000000004",
        "barrio": 'nor"te,\r\n',
        "nuevo": "true",
        "prediction": "1.5",
        "probability_a b": "0.25",
        "probability_c": "0.75",
    }
    assert (second["metros"], second["barrio"], second["nuevo"], second["probability_c"]) == ("", "", "false", "")


def test_the_types_of_parquet(tmp_path: Path) -> None:
    """Each column has the type of its values; the time is a timestamp."""
    write(
        tmp_path,
        record(number=1.5, count=2**63 - 1, flag=True, text="a", gap=None, mixed=1, huge=2**64, exact=2**53 + 1),
        record(2, prediction=2, number=2, count=-1, flag=None, text=None, gap=None, mixed="x", huge=1, exact=0.5),
    )
    table = exported_parquet(tmp_path)
    assert {field.name: str(field.type) for field in table.schema} == {
        "time": "timestamp[ms, tz=UTC]",
        "request_id": "string",
        "row": "int64",
        "model": "string",
        "model_version": "string",
        "number": "double",
        "count": "int64",
        "flag": "bool",
        "text": "string",
        "gap": "string",
        "mixed": "string",
        "huge": "string",
        "exact": "string",
        "prediction": "double",
    }
    rows = table.to_pylist()
    assert rows[0]["time"] == datetime(2026, 11, 1, 8, 0, 0, 250_000, UTC)
    assert [(row["number"], row["count"], row["flag"]) for row in rows] == [(1.5, 2**63 - 1, True), (2.0, -1, None)]
    assert [(row["mixed"], row["huge"], row["exact"]) for row in rows] == [
        ("1", str(2**64), str(2**53 + 1)),
        ("x", "1", "0.5"),
    ]


def test_several_outputs(tmp_path: Path) -> None:
    """They are one JSON text."""
    write(tmp_path, record(prediction=[1.5, ["á", None]], x=1.0))
    assert exported(tmp_path)[0]["prediction"] == '[1.5,["á",null]]'
    assert exported_parquet(tmp_path).to_pylist()[0]["prediction"] == '[1.5,["á",null]]'


def test_an_input_keeps_its_name(tmp_path: Path) -> None:
    """The record's own column of that name gets another one."""
    write(tmp_path, {**record(time="noon", row=7, record_row=8, probability_a=9), "probabilities": {"a": 0.5}})
    [found] = exported(tmp_path)
    assert (found["time"], found["row"], found["record_row"], found["probability_a"]) == ("noon", "7", "8", "9")
    assert (found["record_time"], found["record_record_row"]) == ("2026-11-01T08:00:00.250Z", "0")
    assert found["record_probability_a"] == "0.5"
    assert str(exported_parquet(tmp_path).schema.field("record_time").type) == "timestamp[ms, tz=UTC]"


def test_versions_with_other_inputs(tmp_path: Path) -> None:
    """The table has the inputs of all; one version alone has its own only."""
    write(tmp_path, record(a=1.0, b=2.0), record(2, "2", b=3.0, c=4.0))
    assert [[row[name] for name in "abc"] for row in exported(tmp_path)] == [["1.0", "2.0", ""], ["", "3.0", "4.0"]]
    [only] = exported(tmp_path, "--model-version", "2")
    assert (only["model_version"], "a" in only, only["c"]) == ("2", False, "4.0")


@pytest.mark.parametrize(
    ("arguments", "days"),
    [
        ([], [1, 2, 3]),
        (["--since", "2026-11-02"], [2, 3]),
        (["--since", "2026-11-02T08:00:00.250"], [2, 3]),
        (["--since", "2026-11-02T10:00:00.250+02:00"], [2, 3]),
        (["--until", "2026-11-02T08:00:00.250Z"], [1]),
        (["--since", "2026-11-01T09:00", "--until", "2026-11-03"], [2]),
    ],
)
def test_a_period(tmp_path: Path, arguments: list[str], days: list[int]) -> None:
    """From the first moment on, before the second; without an offset both are UTC."""
    write(tmp_path, record(1, x=1), record(2, x=1))
    write(tmp_path, record(3, x=1), number=2)
    assert [row["request_id"] for row in exported(tmp_path, *arguments)] == [f"id-{day}" for day in days]


@pytest.mark.parametrize(
    "damage",
    [
        b'{"time": "2026-11-01T08:00:00.2',
        b"\0" * 100 + b"\n",
        b"\xff\n",
        b"[1, 2]\n",
        b"{}\n",
        b"null\n",
        b'{"time": "soon", "request_id": "a"}\n',
        json.dumps({**record(x=1), "inputs": 3}).encode() + b"\n",
        json.dumps(record(x=1)).encode(),
    ],
)
def test_lines_that_are_damaged(tmp_path: Path, capsys: pytest.CaptureFixture[str], damage: bytes) -> None:
    """They are left out and counted; whole lines before them and other files are read."""
    write(tmp_path, record(1, x=1), damage)
    write(tmp_path, record(2, x=1), number=2)
    assert [row["request_id"] for row in exported(tmp_path)] == ["id-1", "id-2"]
    assert "lines left out, cut or no records: 1\n" in capsys.readouterr().err


def test_a_log_that_grows_meanwhile(tmp_path: Path) -> None:
    """Both readings give the records of the start, so that no row has a column that the header lacks."""
    write(tmp_path, record(1, x=1))
    reader = LogReader(tmp_path, Selection())
    table, count = Table.of(reader.records())
    with (tmp_path / NAME.format(1)).open("ab") as file:
        file.write(json.dumps(record(2, y=2)).encode() + b"\n")
    assert (count, next(map(table.row, reader.records()))[:2]) == (1, ["2026-11-01T08:00:00.250Z", "id-1"])
    assert len(list(reader.records())) == 1


def test_many_records(tmp_path: Path) -> None:
    """Parquet is written in several parts; none is lost."""
    write(tmp_path, *[{**record(x=number), "row": number} for number in range(25_001)])
    assert exported_parquet(tmp_path).column("x").to_pylist() == list(range(25_001))


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_to_the_standard_output(tmp_path: Path, kind: str) -> None:
    """The table goes through a pipe; what is told goes to standard error."""
    write(tmp_path, record(1, x=0.1))
    command = [sys.executable, "-m", "src.service.prediction_export", "--folder", str(tmp_path), "--format", kind]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
    if kind == "csv":
        assert next(csv.DictReader(io.StringIO(run.stdout.decode())))["x"] == "0.1"
    else:
        assert parquet.read_table(pa.BufferReader(run.stdout)).to_pylist()[0]["x"] == 0.1
    assert run.stderr.decode() == "standard output: records 1, columns 7, files 1\n"


@pytest.mark.parametrize(
    ("arguments", "code", "text"),
    [
        (["--folder", "{}"], 1, "has no prediction log: PREDICTION_LOG_PERCENT switches it on"),
        (["--folder", "{}/absent"], 1, "absent: No such file or directory"),
        (["--output", "table.xlsx"], 2, "--output must end in .csv or .parquet"),
        (["--since", "yesterday"], 2, "'yesterday' is no date or time in ISO 8601"),
    ],
)
def test_errors(tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], code: int, text: str) -> None:
    """The message says what is missing; 1 and 2 tell a failure and a wrong option apart."""
    given = [argument.format(tmp_path) for argument in arguments]
    try:
        found = main(given)
    except SystemExit as exit_:
        found = int(str(exit_.code))
    assert found == code
    assert text in capsys.readouterr().err


def test_nothing_is_left_of_an_export_that_fails(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file has its name only when it is complete; an older one stays."""
    write(tmp_path, record(1, x=1))
    assert main(["--folder", str(tmp_path), "--output", str(tmp_path / "absent/out.csv")]) == 1
    assert "No such file or directory" in capsys.readouterr().err
    assert main(["--folder", str(tmp_path), "--output", str(tmp_path / "out.csv"), "--since", "2027-01-01"]) == 1
    assert [path.name for path in tmp_path.iterdir()] == [NAME.format(1)]
