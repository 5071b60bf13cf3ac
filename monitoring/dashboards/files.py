"""The files that Grafana reads, and what belongs into each."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from grafana_foundation_sdk.builders.dashboard import Dashboard
from grafana_foundation_sdk.cog.encoder import JSONEncoder

from monitoring.dashboards.load_test import load_test
from monitoring.dashboards.models import models
from monitoring.dashboards.service import service

FOLDER: Final = Path(__file__).parents[1] / "grafana" / "dashboards"
BOARDS: Final[Mapping[str, Callable[[], Dashboard]]] = {
    "service.json": service,
    "models.json": models,
    "load_test.json": load_test,
}


def text_of(name: str) -> str:
    """What belongs into a file.

    Args:
        name: One of `BOARDS`.
    """
    return json.dumps(BOARDS[name]().build(), cls=JSONEncoder, indent=2, ensure_ascii=False, sort_keys=True) + "\n"


def write(folder: Path = FOLDER) -> None:
    """Write all files.

    Args:
        folder: Where to.
    """
    for name in BOARDS:
        (folder / name).write_text(text_of(name), encoding="utf-8")
