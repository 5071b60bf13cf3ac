"""From a spreadsheet's file to a prediction over HTTP, with a real registry and the real API."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import mlflow
import numpy as np
import pandas as pd
import pytest
from mlflow import MlflowClient
from scoring_comparison import compare_forms
from scoring_server import scoring_server
from service_process import Service

from src.service.training.csv_input.csv_options import CsvOptions
from src.service.training.trainer import TrainingResult, train
from src.service.training.training_options import TrainingOptions

pytestmark = [
    pytest.mark.integration,
    # MLflow compares a pandas index with a range while it reads and writes tables.
    pytest.mark.filterwarnings("ignore:Operation with .* is deprecated:pandas.errors.Pandas4Warning"),
]

ROWS = 200
CODES = {"05001": 5.0, "11001": 80.0, "08001": 40.0}
FIRST_DAY = pd.Timestamp("2020-01-01")


def price(row: dict[str, Any]) -> float:
    """The exact price of a house: 3 per square metre, 20 more in the north, half a unit more per day."""
    days = (pd.Timestamp(row["día"]) - FIRST_DAY).days
    metres, in_the_north, garage = float(row["metros"]), row["barrio"] == "norte", bool(row["garaje"])
    return float(3 * metres + 20 * in_the_north + CODES[row["código"]] + 7 * garage + days / 2)


def spanish(number: float) -> str:
    """1234.5 as `1.234,5`."""
    return f"{number:,.1f}".translate(str.maketrans(",.", ".,"))


@pytest.fixture(scope="module")
def trained(mlflow_server: str, tmp_path_factory: pytest.TempPathFactory) -> TrainingResult:
    """A version trained on a file as a Spanish Excel writes it, in the encoding of Windows."""
    draw = np.random.default_rng(3)
    lines = ["sep=;", "metros;barrio;código;garaje;día;precio"]
    for _ in range(ROWS):
        row = {
            "metros": float(draw.integers(40, 2000)),
            "barrio": str(draw.choice(["norte", "sur"])),
            "código": str(draw.choice(list(CODES))),
            "garaje": bool(draw.random() < 0.5),
            "día": FIRST_DAY + pd.Timedelta(days=int(draw.integers(0, 900))),
        }
        garage = "VERDADERO" if row["garaje"] else "FALSO"
        lines.append(
            f'"{row["metros"]:.0f}";"{row["barrio"]}";{row["código"]};{garage};{row["día"]:%d/%m/%Y};'
            f"{spanish(price(row))}"
        )
    # A few rows have a marker in place of a value, two of them in the target.
    for place, mark in ((9, "s/d"), (19, "?"), (29, "-")):
        lines[place] = lines[place].replace(lines[place].split(";")[4], mark)
    for place in (39, 49):
        lines[place] = lines[place].rpartition(";")[0] + ";s/d"
    path = tmp_path_factory.mktemp("spreadsheet") / "casas.csv"
    path.write_bytes("\r\n".join(lines).encode("cp1252"))
    options = TrainingOptions(
        tracking_uri=mlflow_server,
        model_name="casas",
        alias="champion",
        experiment="tests",
        data=path,
        target="precio",
        csv=CsvOptions(columns={"día": "date"}),
    )
    before = mlflow.get_tracking_uri()
    outcome = train(options)
    mlflow.set_tracking_uri(before)
    mlflow.set_registry_uri(before)
    return outcome


@pytest.fixture(scope="module")
def service(serve: Callable[..., Service], trained: TrainingResult) -> Service:
    """The API with that version."""
    started = serve(trained.name)
    started.wait_version(trained.version)
    return started


def test_the_run_has_the_table_of_its_columns(mlflow_server: str, trained: TrainingResult, tmp_path: Path) -> None:
    """An artifact has each column's kind, range or categories, missing values and accepted values."""
    found = MlflowClient(mlflow_server).download_artifacts(trained.run_id, "columns.csv", str(tmp_path))
    table = pd.read_csv(found, dtype=str, keep_default_na=False).set_index("column")
    assert table["kind"].to_dict() == {
        "metros": "number",
        "barrio": "category",
        "código": "category",
        "garaje": "boolean",
        "día": "date",
        "precio": "target, number",
    }
    assert table.loc["código", "values"] == "3: 05001, 08001, 11001"
    assert table.loc["día", "gaps"] == "3, written 's/d' (1), '?' (1), '-' (1)"


@pytest.mark.parametrize("metres", [75, 75.5, 1234.25, 7.5e1])
@pytest.mark.parametrize("day", ["2021-06-30", "2021-06-30T00:00:00", "2024-12-31T00:00:00Z"])
def test_column_of_whole_numbers_accepts_fractions(service: Service, metres: float, day: str) -> None:
    """The file has whole areas, and 75.5 is accepted; a code keeps its leading zero, and a date its day."""
    row = {"metros": metres, "barrio": "norte", "código": "05001", "garaje": True, "día": day}
    answer = service.predict(row)
    assert answer.status_code == 200, answer.text
    # The rows without a day make the fit slightly inexact.
    truth = price({**row, "día": day.removesuffix("Z")})
    assert answer.json()["prediction"] == pytest.approx(truth, rel=0.01)


def test_column_with_missing_values_is_optional(service: Service) -> None:
    """Days were missing in the file: null and an absent field get the same prediction."""
    row = {"metros": 75.5, "barrio": "sur", "código": "11001", "garaje": False}
    absent, null = service.predict(row), service.predict(row | {"día": None})
    assert (absent.status_code, null.status_code) == (200, 200), absent.text + null.text
    assert absent.json() == null.json()


def test_code_is_a_text(service: Service) -> None:
    """The number 5001 is refused, because it is not the code 05001; the error names the field."""
    row = {"metros": 75.5, "barrio": "sur", "código": 5001, "garaje": False, "día": "2021-06-30T00:00:00"}
    answer = service.predict(row)
    assert answer.status_code == 422
    assert [problem["field"] for problem in answer.json()["fields"]] == ["código"]


@pytest.mark.filterwarnings("ignore::UserWarning")  # MLflow's server warns about integer columns
def test_mlflow_server_answers_the_same(service: Service, trained: TrainingResult, mlflow_server: str) -> None:
    """`/invocations` answers the rows in each form as MLflow's own server does with the trained version."""
    mlflow.set_tracking_uri(mlflow_server)
    mlflow.set_registry_uri(mlflow_server)
    rows = pd.DataFrame(
        {
            "metros": [75.5, 1234.25, 40.0],
            "barrio": ["norte", "sur", "norte"],
            "código": list(CODES),
            "garaje": [True, False, True],
            "día": pd.to_datetime(pd.Series(["2021-06-30", "2024-12-31", None])),
        }
    )
    reference = mlflow.pyfunc.load_model(f"models:/{trained.name}/{trained.version}")
    with scoring_server(reference) as port, httpx.Client(base_url=f"http://127.0.0.1:{port}") as theirs:
        assert len(compare_forms(service.client, theirs, rows)) > 5
