"""The bundled dataset keeps its clinical names and units."""

from src.service.training.dataset import diabetes


def test_diabetes_is_in_clinical_units() -> None:
    """Ages are years, not standard deviations, and the columns have the study's names."""
    data = diabetes()
    assert list(data.features) == ["age", "sex", "bmi", "bp", "s1", "s2", "s3", "s4", "s5", "s6"]
    assert data.features["age"].between(18, 100).all()
    assert len(data.target) == 442
    assert data.target.name == "progression"


def test_the_digest_is_of_the_same_table_each_time() -> None:
    """The digest identifies the data, so it does not change between two reads."""
    assert diabetes().sha256 == diabetes().sha256
