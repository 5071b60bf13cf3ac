"""The held-out rows: chosen by their content, so that they are the same in every training on the same data."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from pandas.util import hash_array, hash_pandas_object

from src.service.training.task import Task

HELD_OUT_SHARE: Final = 0.2
_EXACT: Final = 2.0**53


@dataclass(frozen=True, eq=False)
class Split:
    """The rows to learn from and the rows to judge by."""

    train_features: pd.DataFrame
    train_target: pd.Series
    held_out_features: pd.DataFrame
    held_out_target: pd.Series


def hold_out(features: pd.DataFrame, target: pd.Series, task: Task, seed: int) -> Split:
    """Hold out the fifth of the rows (of each class) whose hash of content and seed is lowest.

    The order of the rows does not matter, and when rows are added nearly all held-out rows stay held out. So a champion
    trained on yesterday's file is not judged on rows it has learnt.
    """
    content = hash_pandas_object(pd.concat([_as_written(features), target], axis=1), index=False).to_numpy()
    # pandas' own hash_key only reaches text columns.
    rank = pd.Series(hash_array(content + np.uint64(seed)), index=features.index)
    strata = target if task is Task.CLASSIFICATION else pd.Series(0, index=features.index)
    chosen = [
        group.sort_values(kind="stable").index[: max(1, round(len(group) * HELD_OUT_SHARE))]
        for _, group in rank.groupby(strata.to_numpy())
    ]
    held_out = features.index.isin(np.concatenate(chosen))
    return Split(
        train_features=features[~held_out],
        train_target=target[~held_out],
        held_out_features=features[held_out],
        held_out_target=target[held_out],
    )


def _as_written(features: pd.DataFrame) -> pd.DataFrame:
    """Take whole numbers for integers, so that 75 and 75.0 hold the same rows out.

    Earlier versions of the trainer kept integers; their champions are judged on the rows that they did not learn.
    """
    whole = [
        name
        for name, column in features.items()
        if column.dtype.kind == "f" and column.notna().all() and ((column % 1 == 0) & (column.abs() < _EXACT)).all()
    ]
    return features.astype(dict.fromkeys(whole, "int64"))
