"""The held-out rows: chosen by a hash of their content, so that each training on the same data chooses the same."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from pandas.util import hash_array, hash_pandas_object

from src.service.training.magnitude import LARGEST_EXACT_INTEGER
from src.service.training.task import Task

HELD_OUT_SHARE: Final = 0.2


@dataclass(frozen=True, eq=False)
class HoldoutSplit:
    """The training rows and the held-out rows."""

    train_features: pd.DataFrame
    train_target: pd.Series
    held_out_features: pd.DataFrame
    held_out_target: pd.Series


def hold_out(features: pd.DataFrame, target: pd.Series, task: Task, seed: int) -> HoldoutSplit:
    """Hold out the fifth of the rows (of each class) whose hash of content and seed is lowest.

    The order of the rows does not matter, and when rows are added, nearly all held-out rows stay held out: a champion
    that was trained on an earlier file is hardly evaluated on its own training rows.
    """
    content = hash_pandas_object(pd.concat([_with_integers(features), target], axis=1), index=False).to_numpy()
    # The hash_key of pandas changes the hashes of text columns only.
    rank = pd.Series(hash_array(content + np.uint64(seed)), index=features.index)
    strata = target if task is Task.CLASSIFICATION else pd.Series(0, index=features.index)
    chosen = [
        group.sort_values(kind="stable").index[: max(1, round(len(group) * HELD_OUT_SHARE))]
        for _, group in rank.groupby(strata.to_numpy())
    ]
    held_out = features.index.isin(np.concatenate(chosen))
    return HoldoutSplit(
        train_features=features[~held_out],
        train_target=target[~held_out],
        held_out_features=features[held_out],
        held_out_target=target[held_out],
    )


def _with_integers(features: pd.DataFrame) -> pd.DataFrame:
    """Cast columns of whole numbers to integers, so that 75 and 75.0 have the same hash.

    Earlier versions of the trainer kept integers: their champions are evaluated on the rows that they held out.
    """
    whole = [
        name
        for name, column in features.items()
        if column.dtype.kind == "f"
        and column.notna().all()
        and ((column % 1 == 0) & (column.abs() < LARGEST_EXACT_INTEGER)).all()
    ]
    return features.astype(dict.fromkeys(whole, "int64"))
