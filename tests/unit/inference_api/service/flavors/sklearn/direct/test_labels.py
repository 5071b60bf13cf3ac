"""Class labels from scores."""

import numpy as np

from src.service.flavors.sklearn.direct.labels import ArgmaxLabels, SignLabels

CLASSES = np.array(["a", "b"])


def test_argmax_labels() -> None:
    """The label is that of the highest score; of equal scores the first."""
    assert ArgmaxLabels(CLASSES)(np.array([[0.2, 0.8], [0.5, 0.5]])).tolist() == ["b", "a"]


def test_sign_labels() -> None:
    """A positive score means the second class; zero the one that the estimator uses."""
    scores = np.array([-1.0, 0.0, 1.0])
    assert SignLabels(CLASSES)(scores).tolist() == ["a", "a", "b"]
    assert SignLabels(CLASSES, zero_is_second=True)(scores[:, None]).tolist() == ["a", "b", "b"]
