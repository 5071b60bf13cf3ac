"""Choose regression or classification: by the target or by the option, and check that the target fits."""

import logging
from enum import StrEnum
from typing import Final

import numpy as np
import pandas as pd

from src.service.training.errors import TrainingError
from src.service.training.magnitude import too_large

_LOG = logging.getLogger("training")

MIN_ROWS: Final = 20
MIN_ROWS_PER_CLASS: Final = 5
MAX_INTEGER_CLASSES: Final = 10


class Task(StrEnum):
    """What is predicted."""

    REGRESSION = "regression"
    CLASSIFICATION = "classification"


def choose_task(target: pd.Series, requested: str | None) -> tuple[Task, pd.Series]:
    """Choose the task and cast the target to its type: floats, or labels that are text, integers or booleans.

    Args:
        target: The column to predict, without missing values.
        requested: The task to use; None to detect it from the target.

    Returns:
        The task and the cast target.

    Raises:
        TrainingError: The task is not possible with this target; the message says why.
    """
    detected, reason = _detected_task(target)
    task = Task(requested) if requested else detected
    _LOG.info("task: %s (%s)", task, f"asked for; the target {reason}" if requested else f"the target {reason}")
    if len(target) < MIN_ROWS:
        raise TrainingError(f"{len(target)} usable rows are too few: at least {MIN_ROWS} are needed")
    cast = _numbers(target) if task is Task.REGRESSION else _labels(target)
    if cast.nunique() < 2:  # noqa: PLR2004 - at least two values
        kind = "class" if task is Task.CLASSIFICATION else "value"
        raise TrainingError(
            f"target {target.name!r} has only one {kind} ({cast.tolist()[0]!r}): there is nothing to learn"
        )
    if task is Task.CLASSIFICATION:
        _check_classes(cast)
    return task, cast


def _detected_task(target: pd.Series) -> tuple[Task, str]:
    if target.dtype.kind == "b":
        return Task.CLASSIFICATION, "is boolean"
    if target.dtype.kind not in "iuf":
        return Task.CLASSIFICATION, "is text"
    distinct = target.nunique()
    if not _is_integral(target):
        return Task.REGRESSION, "has fractions"
    if distinct <= MAX_INTEGER_CLASSES and len(target) >= distinct * MIN_ROWS_PER_CLASS:
        return Task.CLASSIFICATION, f"has only {distinct} different integers"
    return Task.REGRESSION, f"has {distinct} different integers"


def _is_integral(target: pd.Series) -> bool:
    values = target.to_numpy(dtype=float)
    return bool(np.isfinite(values).all() and (values == np.floor(values)).all())


def _numbers(target: pd.Series) -> pd.Series:
    if target.dtype.kind not in "iufb":
        raise TrainingError(f"target {target.name!r} is text: a regression needs numbers")
    numbers = target.astype("float64")
    problem = too_large(numbers)
    if problem:
        raise TrainingError(f"target {target.name!r} {problem}")
    return numbers


def _labels(target: pd.Series) -> pd.Series:
    if target.dtype.kind == "b":
        return target
    if target.dtype.kind in "iuf":
        if not _is_integral(target):
            raise TrainingError(f"target {target.name!r} has fractions or infinite values: classes need whole numbers")
        return target.astype("int64")
    # Labels of numpy's string type cannot be encoded as JSON.
    return target.astype(str).astype(object)


def _check_classes(labels: pd.Series) -> None:
    counts = labels.value_counts()
    rare = counts[counts < MIN_ROWS_PER_CLASS]
    if len(rare):
        shown = ", ".join(f"{label!r} has {count}" for label, count in list(rare.to_dict().items())[:3])
        more = f" and {len(rare) - 3} more" if len(rare) > 3 else ""  # noqa: PLR2004 - three are shown
        raise TrainingError(
            f"target {labels.name!r}: each class needs at least {MIN_ROWS_PER_CLASS} rows, but {shown}{more}",
        )
