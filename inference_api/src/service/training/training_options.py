"""What one training was asked to do."""

from dataclasses import dataclass, field
from pathlib import Path

from src.service.training.csv_input.options import CsvOptions


@dataclass(frozen=True)
class Options:
    """The command line after parsing; each field is described by `--help`."""

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
