"""The errors of a training, each with its exit code."""

from typing import ClassVar


class TrainingError(Exception):
    """A problem that the caller can solve: wrong options, unusable data, MLflow not reachable."""

    exit_code: ClassVar[int] = 2


class PublicationError(TrainingError):
    """The model could not be stored in MLflow; the alias was not changed."""

    exit_code: ClassVar[int] = 1
