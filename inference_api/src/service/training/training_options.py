"""The options of a training."""

from dataclasses import dataclass, field
from enum import Enum, auto
from pathlib import Path

from src.service.training.csv_input.csv_options import CsvOptions


class ChallengerAction(Enum):
    """What is done with the challenger.

    Attributes:
        NONE: Nothing: the new version competes with the champion.
        TRAIN: The new version becomes the challenger.
        SET: Its percentages are set, without a training.
        PROMOTE: It becomes the champion, without a training.
        WITHDRAW: Its alias is removed, without a training.
    """

    NONE = auto()
    TRAIN = auto()
    SET = auto()
    PROMOTE = auto()
    WITHDRAW = auto()


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
    challenger_alias: str = "challenger"
    action: ChallengerAction = ChallengerAction.NONE
    shadow_percent: float | None = None
    canary_percent: float | None = None

    @property
    def trains(self) -> bool:
        """Whether a model is trained."""
        return self.action in {ChallengerAction.NONE, ChallengerAction.TRAIN}
