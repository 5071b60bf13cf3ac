"""The estimators inside an estimator."""

import numpy as np
import pandas as pd
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import VotingRegressor
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from src.service.flavors.sklearn.sub_estimators import remove_feature_names, sub_estimators

DATA = np.random.default_rng(1).normal(0, 1, (20, 2))
TARGET = DATA.sum(axis=1)


def names(estimator: object) -> set[str]:
    """Classes of all sub-estimators."""
    return {type(part).__name__ for part in sub_estimators(estimator)}


def test_the_estimator_comes_first() -> None:
    """An estimator without others inside is the only one in its list."""
    estimator = LinearRegression().fit(DATA, TARGET)
    assert sub_estimators(estimator) == [estimator]


def test_fitted_sub_estimators_are_found() -> None:
    """Steps, members, best estimators and calibrated classifiers are found at any depth, each once."""
    model = Pipeline(
        [
            ("none", "passthrough"),
            ("scale", make_pipeline(StandardScaler())),
            ("vote", VotingRegressor([("search", GridSearchCV(Ridge(), {"alpha": [1, 2]}, cv=2))])),
        ]
    ).fit(DATA, TARGET)
    found = sub_estimators(model)
    assert names(model) == {"Pipeline", "StandardScaler", "VotingRegressor", "GridSearchCV", "Ridge"}
    assert len({id(part) for part in found}) == len(found)
    fitted = model.named_steps["vote"].estimators_[0].best_estimator_
    assert any(part is fitted for part in found)
    calibrated = CalibratedClassifierCV(LogisticRegression(), cv=2).fit(DATA, TARGET > 0)
    assert any(part is calibrated.calibrated_classifiers_[0].estimator for part in sub_estimators(calibrated))


def test_not_an_estimator() -> None:
    """Classes, cycles and objects without attributes are handled."""
    looped = LinearRegression()
    looped.itself, looped.kind = looped, LinearRegression
    assert sub_estimators(looped) == [looped]
    assert sub_estimators(None) == [None]


def test_feature_names_are_removed_and_restored() -> None:
    """The column names of all sub-estimators are removed, and can be restored."""
    data = pd.DataFrame(DATA, columns=["one", "two"])
    model = make_pipeline(StandardScaler(), Ridge()).fit(data, TARGET)
    restore = remove_feature_names(model)
    assert not hasattr(model[0], "feature_names_in_")
    restore()
    assert list(model[0].feature_names_in_) == ["one", "two"]
