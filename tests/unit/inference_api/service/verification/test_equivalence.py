"""Verification that a direct computation predicts what the estimator does."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import LinearRegression
from sklearn.neural_network import MLPRegressor

from src.service.flavors.computation import Computation, Matrix
from src.service.flavors.sklearn.flavor import SklearnFlavor
from src.service.prediction.encoders import FrameEncoder, MatrixEncoder
from src.service.prediction.method import EstimatorMethod
from src.service.registry.bundle import Bundle
from src.service.schema.column import Column
from src.service.schema.validator import Schema
from src.service.verification.equivalence import equivalent_computation
from src.service.verification.verify import WARM_UP_CALLS, verify_model
from tests.unit.inference_api.doubles import bundle_of, checked_bundle
from tests.unit.inference_api.service.flavors.sklearn.direct.test_defining_class import Halved

FLAVOR = SklearnFlavor()
DATA = pd.DataFrame(np.random.default_rng(8).normal(5, 3, (40, 3)), columns=["a", "b", "c"])
TARGET = DATA.sum(axis=1)
ARRAY = DATA.to_numpy()


class FixedComputation(SklearnFlavor):
    """Offers one computation, whatever the estimator is."""

    def __init__(self, computation: Computation) -> None:
        """Keep the computation."""
        self._computation = computation

    def direct_computation(self, estimator: Any, method: str, columns: Sequence[Column]) -> Computation:  # noqa: ARG002 - see above
        """The computation."""
        return self._computation


def prove(bundle: Bundle, estimator: Any, flavor: SklearnFlavor = FLAVOR) -> tuple[Computation | None, str]:
    """The computation and the reason for an estimator that takes a matrix."""
    method = EstimatorMethod(estimator, bundle.predict_fn, MatrixEncoder(bundle.columns))
    answers = [check.answer for check in bundle.checks]
    return equivalent_computation(flavor, bundle, Schema(bundle.columns, bundle.example), method, answers)


def pair(estimator: Any) -> tuple[Bundle, Any]:
    """A bundle with the estimator, fitted without names as the service leaves it."""
    estimator.fit(ARRAY, TARGET)
    return checked_bundle(type(estimator)(**estimator.get_params()).fit(DATA, TARGET), DATA), estimator


@pytest.mark.parametrize("estimator", [LinearRegression(), RandomForestRegressor(5, random_state=1)])
def test_equal_answers_serve(estimator: Any) -> None:
    """A known computation with equal predictions serves; the reason has the number of rows."""
    computation, reason = prove(*pair(estimator))
    assert computation is not None
    name = type(estimator).__name__
    assert reason == f"{name}.predict computed from its fitted attributes gave equal answers for 5 rows"


@pytest.mark.parametrize("estimator", [Halved(), MLPRegressor(max_iter=2000, tol=1)])
def test_unknown_estimators(estimator: Any) -> None:
    """An overridden `predict` and models without a computation are left to scikit-learn."""
    computation, reason = prove(*pair(estimator))
    assert computation is None
    assert reason == f"no direct computation of this {type(estimator).__name__}.predict is known"


def test_a_frame_stays_with_the_estimator() -> None:
    """A model that needs a DataFrame, without a known ColumnTransformer, has no computation."""
    bundle, estimator = pair(LinearRegression())
    schema = Schema(bundle.columns, bundle.example)
    method = EstimatorMethod(estimator, "predict", FrameEncoder(bundle.columns))
    assert equivalent_computation(FLAVOR, bundle, schema, method, [check.answer for check in bundle.checks]) == (
        None,
        "no direct computation of this LinearRegression.predict is known",
    )


def test_without_any_check() -> None:
    """Without a verification row only the estimator serves."""
    _bundle, estimator = pair(LinearRegression())
    computation, reason = prove(bundle_of(), estimator)
    assert computation is None
    assert reason == "there is no verification row to prove a direct computation with"


class Wrong:
    """Answers a little more than it should."""

    def __init__(self, factor: float, *, alone: bool) -> None:
        """Be wrong by a factor, for rows alone or for several together only."""
        self._factor = factor
        self._alone = alone

    def __call__(self, matrix: Matrix) -> Matrix:
        """The sum of the columns, or not quite."""
        total: Matrix = matrix.sum(axis=1)
        return total * self._factor if (len(matrix) == 1) == self._alone else total


@pytest.mark.parametrize("alone", [True, False])
def test_other_answers_do_not_serve(alone: bool) -> None:  # noqa: FBT001 - a case
    """A computation that differs in the eighth digit does not serve; the reason has both values."""
    flavor = FixedComputation(Computation(Wrong(1 + 1e-8, alone=alone)))
    computation, reason = prove(*pair(LinearRegression()), flavor)
    assert computation is None
    assert reason.startswith("computed directly a row's answer is " if alone else "computed directly an answer of ")
    assert " instead of " in reason


def test_nothing_compared() -> None:
    """A computation that leaves every row to the estimator does not serve."""
    flavor = FixedComputation(Computation(lambda matrix: matrix[:, 0] * np.nan))
    assert prove(*pair(LinearRegression()), flavor) == (
        None,
        "the direct computation leaves every verification row to the estimator",
    )


def test_estimator_of_another_version() -> None:
    """With unexpected fitted attributes the model serves without the computation."""
    bundle, estimator = pair(RandomForestRegressor(3))
    del estimator.n_outputs_
    computation, reason = prove(bundle, estimator)
    assert computation is None
    assert reason.startswith("the direct computation of RandomForestRegressor.predict fails: AttributeError")


class Counted:
    """Predicts correctly, and counts its calls.

    Attributes:
        calls: How often it was asked.
    """

    def __init__(self) -> None:
        """Start without calls."""
        self.calls = 0

    def __call__(self, matrix: Matrix) -> Matrix:
        """The sum of the columns."""
        self.calls += 1
        total: Matrix = matrix.sum(axis=1)
        return total


def test_the_path_that_serves_is_warmed_up() -> None:
    """The time of a call, by which a slow model moves to a thread, is that of the computation when that serves."""
    counted = Counted()
    bundle, estimator = pair(LinearRegression())
    path = verify_model(
        FixedComputation(Computation(counted)), bundle, Schema(bundle.columns, bundle.example), estimator
    )
    assert path.method.computation is not None
    assert path.seconds_per_call < float("inf")
    assert path.fallback_seconds < float("inf")
    assert counted.calls == len(bundle.checks) + 1 + WARM_UP_CALLS
