"""What can go wrong in training, with the exit code that tells it to scripts."""

from typing import ClassVar


class TrainingError(Exception):
    """Something the caller can put right: wrong options, unusable data, MLflow out of reach."""

    exit_code: ClassVar[int] = 2


class PublicationError(TrainingError):
    """The model could not be stored as it was trained; the alias was left alone."""

    exit_code: ClassVar[int] = 1
