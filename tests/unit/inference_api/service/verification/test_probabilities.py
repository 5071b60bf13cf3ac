"""Which models have probabilities, and that they are those of the estimator."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import GradientBoostingClassifier, HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression, RidgeClassifier
from sklearn.model_selection import GridSearchCV
from sklearn.multioutput import MultiOutputClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from src.service.flavors.sklearn.flavor import SklearnFlavor
from src.service.prediction.probabilities import Classifier
from src.service.schema.validator import Schema
from src.service.verification.probabilities import find_classifier
from src.service.verification.verify import verify_model
from tests.unit.inference_api.doubles import checked_bundle

_RANDOM = np.random.default_rng(4)
DATA = pd.DataFrame(_RANDOM.normal(0, 2, (90, 3)), columns=["a", "b", "c"])
TWO = np.where(DATA["a"] + DATA["b"] > 0, "alto", "bajo")
MANY = np.digitize(DATA["a"], [-2, 0, 2])
CLASSIFIERS: dict[str, tuple[Any, Any]] = {
    "two": (LogisticRegression(), TWO),
    "many": (LogisticRegression(), MANY),
    "booleans": (LogisticRegression(), TWO == "alto"),
    "pipeline": (make_pipeline(StandardScaler(), LogisticRegression()), MANY),
    "search": (GridSearchCV(make_pipeline(StandardScaler(), LogisticRegression()), {}, cv=2), TWO),
    "calibrated": (CalibratedClassifierCV(RidgeClassifier(), cv=2), MANY),
    "tree": (DecisionTreeClassifier(max_depth=4), MANY),
    "forest": (RandomForestClassifier(9, random_state=1), TWO),
    "boosting": (GradientBoostingClassifier(n_estimators=5), MANY),
    "histogram": (HistGradientBoostingClassifier(max_iter=5), TWO),
}
DIRECT = {"two", "many", "booleans", "pipeline", "search", "tree", "forest", "boosting", "histogram"}


def found(estimator: Any, target: Any) -> tuple[Classifier | None, str]:
    """The classifier of an estimator that is fitted first, or why there is none."""
    estimator.fit(DATA, target)
    bundle = checked_bundle(estimator, DATA)
    schema = Schema(bundle.columns, bundle.example)
    flavor = SklearnFlavor()
    return find_classifier(flavor, bundle, schema, verify_model(flavor, bundle, schema, estimator).method)


@pytest.mark.parametrize("name", CLASSIFIERS)
def test_probabilities_are_the_estimators(name: str) -> None:
    """Every row has the numbers of `predict_proba`, in the order of the classes, alone and together with others."""
    estimator, target = CLASSIFIERS[name]
    classifier, reason = found(estimator, target)
    assert classifier is not None, reason
    assert list(classifier.labels) == estimator.classes_.tolist()
    assert (classifier.method.computation is not None) == (name in DIRECT), reason
    rows = [tuple(row) for row in DATA.to_numpy().tolist()]
    expected = estimator.predict_proba(classifier.method.encoder.encode(rows))
    assert classifier.method.predict(rows) == pytest.approx(expected, rel=1e-9, abs=1e-9)
    assert classifier.method.predict(rows[7:8]) == pytest.approx(expected[7:8], rel=1e-9, abs=1e-9)


def test_a_sequence_of_labels_becomes_keys() -> None:
    """Texts stay as they are; numbers and booleans are their JSON text."""
    for name, names in (("two", ("alto", "bajo")), ("many", ("0", "1", "2", "3")), ("booleans", ("false", "true"))):
        classifier, reason = found(*CLASSIFIERS[name])
        assert classifier is not None, reason
        assert classifier.names == names


WITHOUT: dict[str, tuple[Any, Any, str]] = {
    "regression": (LinearRegression(), DATA["a"], "LinearRegression has no classes"),
    "no method": (RidgeClassifier(), TWO, "RidgeClassifier has no method predict_proba"),
    "several outputs": (
        MultiOutputClassifier(LogisticRegression()),
        np.stack([TWO, MANY.astype(str)], axis=1),
        "MultiOutputClassifier has classes of several outputs",
    ),
}


@pytest.mark.parametrize("name", WITHOUT)
def test_models_without_probabilities(name: str) -> None:
    """A regressor, a classifier without them and one of several outputs have none; the reason says so."""
    estimator, target, reason = WITHOUT[name]
    assert found(estimator, target) == (None, reason)


class Miscounting(LogisticRegression):  # type: ignore[misc]  # scikit-learn has no types
    """Gives one probability too few."""

    def predict_proba(self, data: Any) -> Any:
        """All but the last class."""
        return super().predict_proba(data)[:, :-1]


class Undefined(LogisticRegression):  # type: ignore[misc]  # scikit-learn has no types
    """Gives NaN for the first class."""

    def predict_proba(self, data: Any) -> Any:
        """NaN in the first column."""
        values = super().predict_proba(data)
        values[:, 0] = np.nan
        return values


class Dependent(LogisticRegression):  # type: ignore[misc]  # scikit-learn has no types
    """Depends on the number of rows."""

    def predict_proba(self, data: Any) -> Any:
        """Smaller with more rows."""
        return super().predict_proba(data) / len(data)


class Raising(LogisticRegression):  # type: ignore[misc]  # scikit-learn has no types
    """Fails."""

    def predict_proba(self, data: Any) -> Any:
        """Raise."""
        raise RuntimeError(f"no numbers for {len(data)}")


@pytest.mark.parametrize(
    ("estimator", "reason"),
    [
        (Miscounting(), "predict_proba does not give one number from 0 to 1 for each of 4 classes"),
        (Undefined(), "predict_proba does not give one number from 0 to 1 for each of 4 classes"),
        (Dependent(), "predict_proba depends on the rows that are predicted together"),
        (Raising(), "predict_proba raises RuntimeError: no numbers for 1"),
    ],
)
def test_wrong_probabilities_are_not_served(estimator: Any, reason: str) -> None:
    """A wrong number, NaN, a dependence on other rows or an exception: the model serves without probabilities."""
    assert found(estimator, MANY) == (None, reason)
