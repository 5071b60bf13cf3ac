"""docs/performance.md and its charts."""

import json
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

from benchmarks.page import write_page
from benchmarks.results import Results
from tests.unit.benchmarks.examples import rates, results
from tests.unit.locust.capacity.trial.servers import step_of

MEASURED = results(
    [
        *rates("lane", 50_000, 60_000),
        *rates("fastapi", 500, 400),
        *rates("httptools", 80_000, 90_000),
        *rates("lane-v2", 6_000),
        *rates("mlserver", 300),
        *[replace(one, kind="batch") for one in (*rates("lane", 10_000), *rates("mlserver", 1_000))],
    ]
)
STEP = replace(step_of(10_000, achieved=5659, p99_ms=29), api_cores=0.094, throttled=3, periods=290)
TRIAL = {
    "via": "gateway",
    "limits": {"cpus": 0.15, "memory_mib": 160, "replicas": 1},
    "holds": True,
    "step": STEP.to_json(),
}


def _page(folder: Path, measured: Results) -> str:
    write_page(measured, folder / "performance.md")
    return (folder / "performance.md").read_text(encoding="utf-8")


def test_the_page_states_machine_noise_and_command(tmp_path: Path) -> None:
    """The page has what a reader needs to compare the figures or to repeat the run."""
    write_page(MEASURED, tmp_path / "performance.md")
    text = (tmp_path / "performance.md").read_text(encoding="utf-8")

    assert "Example CPU, 2 núcleos, 24.0 GiB, máquina virtual; Linux 6; Python 3.11.7; wrk 4.1.0" in text
    assert "2 rondas intercaladas de 3 s" in text
    assert 'make bench ARGS="--repeats 2"' in text
    assert "uvicorn 1.2.3" in text


def test_goals_are_evaluated(tmp_path: Path) -> None:
    """A goal is met or not met by the median; without a measurement its row says so."""
    write_page(MEASURED, tmp_path / "performance.md")
    rows = [line for line in (tmp_path / "performance.md").read_text(encoding="utf-8").splitlines() if "÷" in line]

    assert any("Protocol de httptools" in row and "0.646 [0.625-0.667] | sí |" in row for row in rows)
    assert any("el mejor de los demás" in row and "125 [100-150] | sí |" in row for row in rows)
    assert any("lotes de 100 filas: vía rápida ÷ MLServer | >= 8 | 10.0 [10.0-10.0] | sí |" in row for row in rows)
    assert any("RandomForest(100), lotes de 100 filas: vía rápida ÷ MLServer | >= 1.2 |  | no" in row for row in rows)
    assert any("V2 ÷ MLServer | >= 25 | 20.0 [20.0-20.0] | no |" in row for row in rows)
    assert any("`mlflow models serve` | >= 100 |  | no se midió |" in row for row in rows)


def test_rows_per_second_of_each_protocol(tmp_path: Path) -> None:
    """A request with many rows counts as many; a protocol that was not measured has no row."""
    text = _page(tmp_path, MEASURED)

    assert "| LinearRegression: Esta API, vía rápida | /predict | 55 000 [50 000-60 000] | 1 000 000 [" in text
    assert "| LinearRegression: MLServer (sklearn) | /v2/models/{model}/infer | 300 [" in text
    assert "`/invocations` | /invocations" not in text
    assert "Filas por segundo" not in _page(tmp_path, results(rates("asgi", 1)))


def test_notes_are_included_unchanged(tmp_path: Path) -> None:
    """A second run has the hand-written notes once as well."""
    notes = "## A dónde va cada microsegundo\n\n| a | b |\n|---|---|\n| send | 14 |"
    (tmp_path / "performance.notes.md").write_text(notes + "\n", encoding="utf-8")
    for _ in range(2):
        write_page(MEASURED, tmp_path / "performance.md")

    assert (tmp_path / "performance.md").read_text(encoding="utf-8").count(notes) == 1


def test_trials_with_users_are_a_section(tmp_path: Path) -> None:
    """The trials are read from the file beside the page."""
    (tmp_path / "performance.users.jsonl").write_text(json.dumps(TRIAL) + "\n", encoding="utf-8")
    write_page(MEASURED, tmp_path / "performance.md")
    text = (tmp_path / "performance.md").read_text(encoding="utf-8")

    assert "| gateway | 10 000 | 0.15 | 160 | sí | 5 659 (99%) | 0 | 10 | 14 | 29 | 0.094 |" in text
    assert "| 17 | 100 | 3/290 |" in text


def test_charts_are_small_and_well_formed(tmp_path: Path) -> None:
    """Each model has a chart, which the page includes."""
    page, plot = write_page(MEASURED, tmp_path / "performance.md")

    assert plot.stat().st_size < 100_000
    bars = ET.fromstring(plot.read_text(encoding="utf-8")).findall("{http://www.w3.org/2000/svg}rect")
    # The background and one for each server.
    assert len(bars) == 6
    assert float(bars[1].attrib["width"]) > float(bars[2].attrib["width"])
    assert f"({plot.name})" in page.read_text(encoding="utf-8")
