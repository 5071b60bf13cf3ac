"""A table to learn from: its features, its target and where it came from."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd
from sklearn.datasets import load_diabetes


@dataclass(frozen=True, eq=False)
class Dataset:
    """One table; `sha256` is of its CSV text, so that `sha256sum` of a given file answers the same.

    `marks` are the texts that stand for missing values, by column, each with its count; `rows_left_out` had no target.
    """

    name: str
    source: str
    sha256: str
    features: pd.DataFrame
    target: pd.Series
    example: pd.DataFrame | None = None
    rows_left_out: int = 0
    marks: Mapping[str, Mapping[str, int]] = field(default_factory=dict)


def csv_digest(frame: pd.DataFrame) -> str:
    """Digest a table that has no file of its own, as if it had been written to one."""
    return hashlib.sha256(frame.to_csv(index=False, lineterminator="\n").encode()).hexdigest()


def diabetes() -> Dataset:
    """Return scikit-learn's bundled diabetes study: 442 patients, in clinical units rather than scaled ones."""
    bunch = load_diabetes(scaled=False, as_frame=True)
    target = bunch.target.rename("progression")
    return Dataset(
        name="diabetes",
        source="sklearn.datasets.load_diabetes(scaled=False)",
        sha256=csv_digest(bunch.data.assign(progression=target)),
        features=bunch.data,
        target=target,
    )
