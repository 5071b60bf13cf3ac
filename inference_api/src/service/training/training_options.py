"""The options of a training."""

from dataclasses import dataclass, field
from pathlib import Path

from src.service.training.csv_input.csv_options import CsvOptions


@dataclass(frozen=True)
class TrainingOptions:
    """The parsed command line; `--help` describes each field."""

    tracking_uri: str
    model_name: str
    alias: str
    experiment: str
    dataset: str = "reference"
    data: Path | None = None
    target: str | None = None
    csv: CsvOptions = field(default_factory=CsvOptions)
    task: str | None = None
    seed: int = 42
    force: bool = False
    skip_if_registered: bool = False
    wait_seconds: float = 120.0
    git_commit: str | None = None
