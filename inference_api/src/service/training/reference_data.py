"""The reference regression: data whose true function is known, so that accuracy can be asserted from end to end.

``target = TRUE_INTERCEPT + sum(TRUE_COEFFICIENTS[name] * name) + noise``, with normal noise of ``NOISE_STD`` and
features drawn uniformly from ``FEATURE_RANGES``. The documented request ``EXAMPLE`` has the true value 123.456. The
data are always the same: their seed is a constant, and `--seed` only moves the split.
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
    """Return what the reference function gives for a row, without noise."""
    return TRUE_INTERCEPT + sum(weight * row[name] for name, weight in TRUE_COEFFICIENTS.items())


def reference() -> Dataset:
    """Draw the reference regression."""
    draw = np.random.default_rng(DATA_SEED)
    # Rounded, because the last bits of such numbers depend on the machine, and digest and split depend on every bit.
    ranges = FEATURE_RANGES.items()
    features = pd.DataFrame({name: draw.uniform(low, high, ROWS).round(_DECIMALS) for name, (low, high) in ranges})
    noise = draw.normal(0.0, NOISE_STD, ROWS)
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
