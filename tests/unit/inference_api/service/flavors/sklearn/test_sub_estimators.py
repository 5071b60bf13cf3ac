"""The estimators inside an estimator."""

import numpy as np
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import VotingRegressor
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from src.service.flavors.sklearn.sub_estimators import parts

DATA = np.random.default_rng(1).normal(0, 1, (20, 2))
TARGET = DATA.sum(axis=1)


def names(estimator: object) -> set[str]:
    """Classes of all parts."""
    return {type(part).__name__ for part in parts(estimator)}


def test_the_estimator_comes_first() -> None:
    """An estimator without others inside is its own only part."""
    estimator = LinearRegression().fit(DATA, TARGET)
    assert parts(estimator) == [estimator]


def test_fitted_parts_are_found() -> None:
    """Steps, members, winners and calibrated classifiers are found at any depth, each once."""
    model = Pipeline(
        [
            ("none", "passthrough"),
            ("scale", make_pipeline(StandardScaler())),
            ("vote", VotingRegressor([("search", GridSearchCV(Ridge(), {"alpha": [1, 2]}, cv=2))])),
        ]
    ).fit(DATA, TARGET)
    found = parts(model)
    assert names(model) == {"Pipeline", "StandardScaler", "VotingRegressor", "GridSearchCV", "Ridge"}
    assert len({id(part) for part in found}) == len(found)
    fitted = model.named_steps["vote"].estimators_[0].best_estimator_
    assert any(part is fitted for part in found)
    calibrated = CalibratedClassifierCV(LogisticRegression(), cv=2).fit(DATA, TARGET > 0)
    assert any(part is calibrated.calibrated_classifiers_[0].estimator for part in parts(calibrated))


def test_not_an_estimator() -> None:
    """A class, a loop and an object without attributes end the search."""
    looped = LinearRegression()
    looped.itself, looped.kind = looped, LinearRegression
    assert parts(looped) == [looped]
    assert parts(None) == [None]
