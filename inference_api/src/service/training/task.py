"""Regression or classification: found from the target, or checked against what was asked for."""

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
    """What kind of answer is learnt."""

    REGRESSION = "regression"
    CLASSIFICATION = "classification"


def choose_task(target: pd.Series, asked: str | None) -> tuple[Task, pd.Series]:
    """Decide the task and bring the target into its type: floats, or labels that are text, integers or booleans.

    Args:
        target: The column to predict, without missing values.
        asked: The task to use whatever the target looks like; None to find it.

    Returns:
        The task and the target ready for it.

    Raises:
        TrainingError: The target cannot be learnt this way; the message says why.
    """
    found, reason = _found(target)
    task = Task(asked) if asked else found
    _LOG.info("task: %s (%s)", task, f"asked for; the target {reason}" if asked else f"the target {reason}")
    if len(target) < MIN_ROWS:
        raise TrainingError(f"{len(target)} usable rows are too few: at least {MIN_ROWS} are needed")
    ready = _numbers(target) if task is Task.REGRESSION else _labels(target)
    if ready.nunique() < 2:  # noqa: PLR2004 - two is what "more than one" means
        kind = "class" if task is Task.CLASSIFICATION else "value"
        raise TrainingError(
            f"target {target.name!r} has only one {kind} ({ready.tolist()[0]!r}): there is nothing to learn"
        )
    if task is Task.CLASSIFICATION:
        _check_classes(ready)
    return task, ready


def _found(target: pd.Series) -> tuple[Task, str]:
    if target.dtype.kind == "b":
        return Task.CLASSIFICATION, "is boolean"
    if target.dtype.kind not in "iuf":
        return Task.CLASSIFICATION, "is text"
    distinct = target.nunique()
    if not _integral(target):
        return Task.REGRESSION, "has fractions"
    if distinct <= MAX_INTEGER_CLASSES and len(target) >= distinct * MIN_ROWS_PER_CLASS:
        return Task.CLASSIFICATION, f"has only {distinct} different integers"
    return Task.REGRESSION, f"has {distinct} different integers"


def _integral(target: pd.Series) -> bool:
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
        if not _integral(target):
            raise TrainingError(f"target {target.name!r} has fractions or infinite values: classes need whole numbers")
        return target.astype("int64")
    # numpy's own strings would give labels that no JSON encoder knows.
    return target.astype(str).astype(object)


def _check_classes(labels: pd.Series) -> None:
    counts = labels.value_counts()
    rare = counts[counts < MIN_ROWS_PER_CLASS]
    if len(rare):
        shown = ", ".join(f"{label!r} has {count}" for label, count in list(rare.to_dict().items())[:3])
        more = f" and {len(rare) - 3} more" if len(rare) > 3 else ""  # noqa: PLR2004 - a sentence, not a list
        raise TrainingError(
            f"target {labels.name!r}: each class needs at least {MIN_ROWS_PER_CLASS} rows, but {shown}{more}",
        )
