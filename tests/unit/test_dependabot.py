"""Dependabot looks at every folder that pins something."""

from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
# The files that Dependabot reads in a folder.
PINS = {
    "pip": "requirements*.txt",
    "docker": "Dockerfile*",
    "docker-compose": "docker-compose*.yml",
    "github-actions": ".github/workflows/*.yml",
}


@pytest.fixture(scope="module")
def updates() -> dict[str, dict[str, Any]]:
    """The entries of the file by ecosystem."""
    read = yaml.safe_load((ROOT / ".github" / "dependabot.yml").read_text(encoding="utf-8"))
    return {entry["package-ecosystem"]: entry for entry in read["updates"]}


@pytest.mark.parametrize("ecosystem", PINS)
def test_every_folder_with_pins_is_looked_at(updates: dict[str, dict[str, Any]], ecosystem: str) -> None:
    """The folders named are those of the repository, and each has a file to update."""
    folders = [ROOT, *(path for path in ROOT.iterdir() if path.is_dir() and not path.name.startswith("."))]
    expected = {"/" if folder == ROOT else f"/{folder.name}" for folder in folders if any(folder.glob(PINS[ecosystem]))}

    assert set(updates[ecosystem]["directories"]) == expected


def test_updates_come_weekly_and_grouped(updates: dict[str, dict[str, Any]]) -> None:
    """One pull request a week for each ecosystem."""
    assert updates.keys() == PINS.keys()
    for ecosystem, entry in updates.items():
        assert entry["schedule"] == {"interval": "weekly"}, ecosystem
        assert [group["patterns"] for group in entry["groups"].values()] == [["*"]], ecosystem
