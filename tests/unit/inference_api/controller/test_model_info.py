"""The response of `GET /model`."""

from dataclasses import replace
from datetime import UTC, datetime

import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression

from src.controller.model_info import describe
from src.service.challenger.agreement import Agreement
from src.service.challenger.status import ChallengerStatus
from src.service.challenger.traffic import Traffic
from src.service.drift.monitor import DriftMonitor
from src.service.drift.sliding_counts import WindowSize
from src.service.feature_profile import CategoryProfile, FeatureProfile, NumberProfile
from src.service.flavors.sklearn.flavor import SklearnFlavor
from src.service.lifecycle.serving_state import ReloadError, ServingState
from src.service.metrics.metrics import Metrics
from src.service.prediction.micro_batcher import MicroBatcher
from src.service.registry.bundle import Check
from src.service.schema.column import Column
from src.service.schema.validator import Schema
from src.service.verification.verify import verify_model
from src.settings import Settings
from tests.unit.inference_api.doubles import EXAMPLE, FEATURES, checked_bundle, computed, model_of, regression

DATA = pd.DataFrame([[float(row), 1.0, 2.0] for row in range(5)], columns=[column.name for column in FEATURES])
ERROR = ReloadError("the reason", "model_refused", datetime(2026, 1, 2, tzinfo=UTC))
ERROR_JSON = {"error": "model_refused", "detail": "the reason", "at": "2026-01-02T00:00:00+00:00"}


def test_before_the_first_model() -> None:
    """Without a model the response has the expected name and alias, and why no model serves."""
    assert describe(ServingState(last_error=ERROR), Settings()) == {
        "name": "linear_regression_model",
        "alias": "champion",
        "version": None,
        "ready": False,
        "last_reload_error": ERROR_JSON,
        "challenger": None,
        "warnings": [],
    }


def test_serving() -> None:
    """The response has the model's version, run, signature, example, number of checks and load time."""
    model = model_of(regression(), version="7", run_id="abc", checks=(Check(EXAMPLE, 1.0),))
    found = describe(ServingState(MicroBatcher(model, Metrics(), 10)), Settings())
    assert found["last_reload_error"] is None
    assert (found["version"], found["ready"], found["run_id"]) == ("7", True, "abc")
    assert (found["flavor"], found["estimator"], found["input_path"]) == ("sklearn", "LinearRegression", "matrix")
    assert found["signature"][0] == {"name": "feature1", "type": "number", "dtype": "float64", "required": True}
    assert found["example"] == EXAMPLE
    assert found["verified_rows"] == 1
    assert found["loaded_since"] == "2026-01-02T03:04:05+00:00"


def test_prediction_path() -> None:
    """The response has the prediction path with the reason: the estimator, or a computation proven equal."""
    estimator = LinearRegression().fit(DATA, DATA["feature1"])
    bundle = checked_bundle(estimator, DATA)
    way = verify_model(SklearnFlavor(), bundle, Schema(bundle.columns, bundle.example), estimator)
    plain = model_of(regression())
    quick = replace(computed(plain, way.method.computation), path_reason=way.reason)
    assert describe(ServingState(MicroBatcher(plain, Metrics(), 10)), Settings())["predict_path"] == "scikit-learn"
    found = describe(ServingState(MicroBatcher(quick, Metrics(), 10)), Settings())
    assert found["predict_path"] == "direct"
    assert found["predict_path_reason"] == (
        "LinearRegression.predict computed from its fitted attributes gave equal answers for 5 rows"
    )


def test_without_a_profile() -> None:
    """A model without a profile has no drift figures and no choices, and the response says why."""
    model = replace(model_of(regression()), profile_reason="the version has no profile.json")
    found = describe(ServingState(MicroBatcher(model, Metrics(), 10)), Settings())
    assert found["drift"] == {
        "profile": False,
        "reason": "the version has no profile.json",
        "rows": 0,
        "since": None,
        "columns": {"feature1": None, "feature2": None, "feature3": None},
        "prediction": None,
    }
    assert found["choices"] == {}


def test_drift() -> None:
    """The response has the figure of each column and of the predictions, and the texts of the training rows."""
    columns = (Column("x", "number", "float64"), Column("barrio", "string", "str"))
    texts = CategoryProfile(("norte", "sur"), (60, 40))
    profile = FeatureProfile(100, {"x": NumberProfile("number", (1.5,), (50, 50)), "barrio": texts}, None)
    model = replace(model_of(regression(), columns), profile=profile)
    off = describe(ServingState(MicroBatcher(model, Metrics(), 10)), Settings())
    assert (off["drift"]["profile"], off["drift"]["rows"]) == (True, 0)
    assert off["drift"]["reason"] == "DRIFT_WINDOW_ROWS or DRIFT_WINDOW_SECONDS is 0"
    monitor = DriftMonitor("7", columns, profile, WindowSize(10_000, 3600.0))
    serving = ServingState(MicroBatcher(model, Metrics(), 10), drift=monitor)
    few = describe(serving, Settings())
    assert few["drift"]["reason"] == "not enough rows yet: all figures need 100"
    monitor.observe([(1.0, "norte"), (2.0, "sur")] * 100, [1.0] * 200)
    monitor.count_portion()
    found = describe(serving, Settings())
    assert found["choices"] == {"barrio": ["norte", "sur"]}
    assert (found["drift"]["reason"], found["drift"]["rows"], found["drift"]["prediction"]) == (None, 200, None)
    assert found["drift"]["columns"] == {"x": 0.0, "barrio": pytest.approx(0.0405, abs=1e-4)}
    assert datetime.fromisoformat(found["drift"]["since"]).tzinfo is not None


def test_failed_reload() -> None:
    """While the old version serves, the response also has the reason why the new one does not."""
    serving = ServingState(MicroBatcher(model_of(regression()), Metrics(), 10), ERROR)
    found = describe(serving, Settings())
    assert (found["ready"], found["last_reload_error"]) == (True, ERROR_JSON)


def test_cache_that_cannot_be_written() -> None:
    """The cache's problem is one of the warnings, without a model and with the model's own warnings."""
    waiting = ServingState(cache_problem="the cache is full")
    serving = ServingState(
        MicroBatcher(replace(model_of(regression()), warnings=("old",)), Metrics(), 10),
        cache_problem="the cache is full",
    )
    assert describe(waiting, Settings())["warnings"] == ["the cache is full"]
    assert describe(serving, Settings())["warnings"] == ["old", "the cache is full"]


def test_challenger() -> None:
    """The version beside it has its state, its reason, its traffic and how far its answers are from the champion's."""
    status = ChallengerStatus("8", "refused", Traffic(10.0, 2.5, ("a wrong tag",)), "it has no column 'x'")
    status.since = ERROR.at
    expected = {
        "version": "8",
        "alias": "challenger",
        "state": "refused",
        "reason": "it has no column 'x'",
        "since": "2026-01-02T00:00:00+00:00",
        "shadow_percent": 10.0,
        "canary_percent": 2.5,
        "problems": ["a wrong tag"],
        "path": None,
        "agreement": None,
    }
    assert describe(ServingState(challenger_status=status), Settings())["challenger"] == expected
    status.state, status.reason, status.path = "serving", "", "direct"
    status.agreement = Agreement(rows=4, agreeing=3, numbers=4, absolute=2.0, relative=1.0)
    found = describe(ServingState(challenger_status=status), Settings())["challenger"]
    assert (found["reason"], found["path"]) == (None, "direct")
    assert found["agreement"] == {
        "rows": 4,
        "equal": 3,
        "mean_absolute_difference": 0.5,
        "mean_relative_difference": 0.25,
    }
