"""Grafana's dashboards: the committed files, and what Grafana expects of them."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import Dashboard

from monitoring.dashboards.files import BOARDS, FOLDER, text_of

ROOT = Path(__file__).parents[3]
GRID_COLUMNS = 24


def read(name: str) -> dict[str, Any]:
    """A committed dashboard."""
    found: dict[str, Any] = json.loads((FOLDER / name).read_text(encoding="utf-8"))
    return found


def panels_of(name: str) -> list[dict[str, Any]]:
    """The panels of a committed dashboard that show something."""
    return [panel for panel in read(name)["panels"] if panel["type"] != "row"]


def test_the_files_are_those_of_the_generator() -> None:
    """`python -m monitoring.dashboards` would change nothing, and no other file is there."""
    assert {path.name for path in FOLDER.iterdir()} == set(BOARDS)
    assert [name for name in BOARDS if (FOLDER / name).read_text(encoding="utf-8") != text_of(name)] == []


@pytest.mark.parametrize("name", BOARDS)
def test_the_files_have_grafana_s_schema(name: str) -> None:
    """Grafana's own types read the file and write the same: no field is unknown or of another type."""
    committed = read(name)
    assert json.loads(json.dumps(Dashboard.from_json(committed), cls=JSONEncoder)) == committed


@pytest.mark.parametrize("name", BOARDS)
def test_panels_do_not_overlap(name: str) -> None:
    """Each cell of the grid belongs to one panel, each panel has a number of its own, and no row is left half empty."""
    cells: set[tuple[int, int]] = set()
    panels = read(name)["panels"]
    for panel in panels:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= GRID_COLUMNS
        mine = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not mine & cells, panel["title"]
        cells |= mine
    assert len({panel["id"] for panel in panels}) == len(panels)
    assert len(cells) == GRID_COLUMNS * (1 + max(y for _, y in cells))


@pytest.mark.parametrize("name", BOARDS)
def test_every_query_goes_to_the_provisioned_data_source(name: str) -> None:
    """Panels name the data source by the identifier that Grafana gives to it at its start."""
    provisioned = yaml.safe_load((ROOT / "monitoring/grafana/datasources/prometheus.yml").read_text())["datasources"]
    [source] = [{"type": one["type"], "uid": one["uid"]} for one in provisioned]
    assert panels_of(name)
    for panel in panels_of(name):
        assert panel["targets"], panel["title"]
        assert [query["datasource"] for query in panel["targets"]] == [source] * len(panel["targets"])


def test_grafana_finds_the_files() -> None:
    """The folders of the data source, of the provider and of the dashboards are mounted where Grafana looks."""
    grafana = yaml.safe_load((ROOT / "docker-compose-api.yml").read_text())["services"]["grafana"]
    mounts = {target: source for source, target, *_ in (volume.split(":") for volume in grafana["volumes"])}
    [provider] = yaml.safe_load((ROOT / "monitoring/grafana/providers/taller5.yml").read_text())["providers"]

    assert ROOT / mounts[provider["options"]["path"]] == FOLDER
    assert mounts["/etc/grafana/provisioning/dashboards"] == "./monitoring/grafana/providers"
    assert mounts["/etc/grafana/provisioning/datasources"] == "./monitoring/grafana/datasources"
    home = Path(grafana["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"])
    assert str(home.parent) == provider["options"]["path"]
    assert home.name in BOARDS


def test_one_picture_shows_the_users_and_the_service() -> None:
    """The dashboard of the load test has Locust's figures and those of the service, on one screen."""
    queries = " ".join(query["expr"] for panel in panels_of("load_test.json") for query in panel["targets"])
    names = set(re.findall(r"\b(?:locust|inference|process)_\w+", queries))
    assert names >= {
        "locust_users",
        "locust_requests_total",
        "locust_failures_total",
        "locust_response_time_seconds",
        "inference_request_duration_seconds_bucket",
        "process_cpu_seconds_total",
        "inference_cpu_throttled_periods_total",
        "inference_memory_bytes",
    }
    # Grafana draws 30 pixels for each line of the grid: 720 are a window of a laptop.
    assert max(panel["gridPos"]["y"] + panel["gridPos"]["h"] for panel in panels_of("load_test.json")) <= 24
