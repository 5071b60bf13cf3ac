"""A table to learn from: its features, its target and its source."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd
from sklearn.datasets import load_diabetes


@dataclass(frozen=True, eq=False)
class Dataset:
    """One table; `sha256` is that of its CSV text, which `sha256sum` prints for a file.

    `example` has rows for the start of the input example, `rows_left_out` counts the rows without a target, and
    `missing_markers` has, by column, the texts that mean a missing value, each with its count.
    """

    name: str
    source: str
    sha256: str
    features: pd.DataFrame
    target: pd.Series
    example: pd.DataFrame | None = None
    rows_left_out: int = 0
    missing_markers: Mapping[str, Mapping[str, int]] = field(default_factory=dict)


def csv_digest(frame: pd.DataFrame) -> str:
    """SHA-256 of a table as CSV text, for a table that is not read from a file."""
    return hashlib.sha256(frame.to_csv(index=False, lineterminator="\n").encode()).hexdigest()


def diabetes() -> Dataset:
    """Return the diabetes data of scikit-learn: 442 patients, in clinical units and not scaled."""
    bunch = load_diabetes(scaled=False, as_frame=True)
    target = bunch.target.rename("progression")
    return Dataset(
        name="diabetes",
        source="sklearn.datasets.load_diabetes(scaled=False)",
        sha256=csv_digest(bunch.data.assign(progression=target)),
        features=bunch.data,
        target=target,
    )
