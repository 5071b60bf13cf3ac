"""The reference regression: data with a known true function, so that end-to-end tests can check predictions.

``target = TRUE_INTERCEPT + sum(TRUE_COEFFICIENTS[name] * name) + noise``, with normal noise of ``NOISE_STD`` and
uniform features in ``FEATURE_RANGES``. The documented request ``EXAMPLE`` has the true value 123.456. The data are
always the same: their seed is a constant, and `--seed` changes only the split and the folds.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import numpy as np
import pandas as pd

from src.service.training.dataset import Dataset, csv_digest

TRUE_COEFFICIENTS: Final[Mapping[str, float]] = MappingProxyType(
    {"feature1": 12.0, "feature2": -4.0, "feature3": 22.82},
)
TRUE_INTERCEPT: Final = 50.0
NOISE_STD: Final = 1.0
FEATURE_RANGES: Final[Mapping[str, tuple[float, float]]] = MappingProxyType(
    {"feature1": (0.0, 10.0), "feature2": (0.0, 5.0), "feature3": (0.0, 2.0)},
)
EXAMPLE: Final[Mapping[str, float]] = MappingProxyType({"feature1": 5.3, "feature2": 2.1, "feature3": 0.8})
ROWS: Final = 1000
DATA_SEED: Final = 20240501
_DECIMALS: Final = 6


def true_value(row: Mapping[str, float]) -> float:
    """Return the value of the true function for a row, without noise."""
    return TRUE_INTERCEPT + sum(weight * row[name] for name, weight in TRUE_COEFFICIENTS.items())


def reference() -> Dataset:
    """Generate the data of the reference regression."""
    generator = np.random.default_rng(DATA_SEED)
    # The last bits depend on the machine, and the digest and the split depend on every bit: round.
    ranges = FEATURE_RANGES.items()
    features = pd.DataFrame({name: generator.uniform(low, high, ROWS).round(_DECIMALS) for name, (low, high) in ranges})
    noise = generator.normal(0.0, NOISE_STD, ROWS)
    exact = sum((weight * features[name] for name, weight in TRUE_COEFFICIENTS.items()), start=TRUE_INTERCEPT + noise)
    target = pd.Series(exact, name="target").round(_DECIMALS)
    return Dataset(
        name="reference",
        source=f"src.service.training.reference_data, seed {DATA_SEED}",
        sha256=csv_digest(features.assign(target=target)),
        features=features,
        target=target,
        example=pd.DataFrame([dict(EXAMPLE)]),
    )
