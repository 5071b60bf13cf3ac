"""The ports, folder, environment and model of one server."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmarks.prepared import PreparedModel

ROOT = Path(__file__).resolve().parents[1]
HOME = ROOT / ".bench"


@dataclass(frozen=True, slots=True)
class Place:
    """The values that a server's command line may need.

    Attributes:
        port: The port on which it has to listen.
        second_port: Another free port.
        folder: A folder for its files.
        programs: The folder `bin` of its environment.
        registry: URL of MLflow.
        model: The model that it serves.
    """

    port: int
    second_port: int
    folder: Path
    programs: Path
    registry: str
    model: PreparedModel

    @property
    def python(self) -> str:
        """The environment's interpreter."""
        return str(self.programs / "python")

    @property
    def files(self) -> Mapping[str, str]:
        """Variables that tell a peer's program where the model is."""
        return {
            "MODEL_FOLDER": str(self.model.mlflow),
            "MODEL_JOBLIB": str(self.model.joblib),
            "MODEL_DESCRIPTION": str(self.model.folder / "description.json"),
        }
