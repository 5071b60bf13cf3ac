"""The class that defines a method."""

from typing import Any

from sklearn.linear_model import LinearRegression, Ridge
from sklearn.preprocessing import StandardScaler

from src.service.flavors.sklearn.direct.defining_class import defining_class, defining_classes, transform_class


class Halved(LinearRegression):  # type: ignore[misc] # scikit-learn ships no types
    """Overrides `predict`."""

    def predict(self, X: Any) -> Any:  # noqa: N803 - scikit-learn's name
        """Half of the result."""
        return super().predict(X) / 2


def test_defining_class() -> None:
    """It is the class that defines the method, wherever it is inherited from."""
    assert defining_class(Ridge(), "_decision_function") == "sklearn.linear_model._base.LinearModel"
    assert defining_class(Ridge(), "predict") == "sklearn.linear_model._ridge.Ridge"
    assert defining_classes(Ridge(), "predict", "_decision_function") == {
        "sklearn.linear_model._base.LinearModel",
        "sklearn.linear_model._ridge.Ridge",
    }


def test_override_in_a_subclass() -> None:
    """A subclass that overrides the method is the defining class."""
    assert defining_class(Halved(), "predict") == f"{__name__}.Halved"


def test_override_on_the_object() -> None:
    """A method of the object itself has no defining class."""
    estimator = LinearRegression()
    estimator.predict = len
    assert defining_class(estimator, "predict") == ""


def test_no_such_method() -> None:
    """A missing method has no defining class, for a value of any type."""
    assert defining_class(LinearRegression(), "predict_proba") == ""
    assert defining_class("drop", "transform") == ""


def test_transformer_that_makes_frames() -> None:
    """A transformer that is configured to return DataFrames has no class; one with the default has."""
    assert transform_class(StandardScaler()) == "sklearn.preprocessing._data.StandardScaler"
    assert transform_class(StandardScaler().set_output(transform="default")) == transform_class(StandardScaler())
    assert transform_class(StandardScaler().set_output(transform="pandas")) == ""
