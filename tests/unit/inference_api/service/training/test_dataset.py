"""The diabetes data of scikit-learn."""

from src.service.training.dataset import diabetes


def test_diabetes_is_in_clinical_units() -> None:
    """Ages are in years, not in standard deviations, and the columns have the names of the study."""
    data = diabetes()
    assert list(data.features) == ["age", "sex", "bmi", "bp", "s1", "s2", "s3", "s4", "s5", "s6"]
    assert data.features["age"].between(18, 100).all()
    assert len(data.target) == 442
    assert data.target.name == "progression"


def test_the_digest_is_reproducible() -> None:
    """Two reads of the same data have the same digest."""
    assert diabetes().sha256 == diabetes().sha256
