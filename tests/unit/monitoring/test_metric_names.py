"""The metrics of rules, dashboards and README are those that the service has."""

import json
import re
from pathlib import Path

import pytest
import yaml

from monitoring.dashboards.files import BOARDS, text_of
from src.controller.inference import create_app
from src.service.metrics.cgroup import CgroupCollector
from src.settings import Settings

ROOT = Path(__file__).parents[3]
NAME = re.compile(r"\binference_\w+")
SUFFIX = re.compile(r"_(?:total|bucket|sum|count|created)$")


@pytest.fixture(scope="module")
def families(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The names of the service's own metrics, without the suffixes of their series."""
    settings = Settings(
        mlflow_tracking_uri="http://127.0.0.1:9",
        prediction_log_percent=1,
        prediction_log_dir=tmp_path_factory.mktemp("log"),
    )
    text: str = create_app(settings).state.metrics.text().decode()
    found = re.findall(r"^# TYPE (inference_\w+) ", text, re.MULTILINE)
    # Absent where there is no limit.
    found += [family.name for family in CgroupCollector().describe()]
    return {SUFFIX.sub("", name) for name in found}


def without_suffixes(text: str) -> set[str]:
    """The names of the service's metrics in a text."""
    return {SUFFIX.sub("", name) for name in NAME.findall(text)}


def test_the_rules_use_metrics_that_exist(families: set[str]) -> None:
    """Each alert is about metrics of the service, of the gateway, or of Prometheus itself."""
    files = (ROOT / "monitoring/prometheus/rules").glob("*.yml")
    rules = [rule for path in files for group in yaml.safe_load(path.read_text())["groups"] for rule in group["rules"]]
    assert without_suffixes(" ".join(rule["expr"] for rule in rules)) <= families


def test_the_dashboards_use_metrics_that_exist(families: set[str]) -> None:
    """Each panel is about metrics that exist."""
    boards = [json.loads(text_of(name)) for name in BOARDS]
    queries = [query["expr"] for board in boards for panel in board["panels"] for query in panel.get("targets", ())]
    assert without_suffixes(" ".join(queries)) <= families


@pytest.mark.parametrize(("name", "headline"), [("README.md", "## Monitoreo"), ("README.en.md", "## Monitoring")])
def test_readme_has_every_metric(name: str, headline: str, families: set[str]) -> None:
    """The table has exactly the service's own metrics."""
    section = (ROOT / name).read_text(encoding="utf-8").partition(f"\n{headline}\n")[2].partition("\n## ")[0]
    rows = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `inference_")]
    assert without_suffixes(" ".join(rows)) == families
