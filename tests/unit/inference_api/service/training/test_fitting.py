"""From the options to a fitted model, without MLflow."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression

from src.service.training.errors import TrainingError
from src.service.training.fitting import fit, load
from src.service.training.reference_data import EXAMPLE, true_value
from src.service.training.training_options import TrainingOptions

OPTIONS = TrainingOptions(tracking_uri="http://unused", model_name="m", alias="champion", experiment="e")


def test_the_reference_regression_is_learnt() -> None:
    """A LinearRegression without other steps predicts the documented row within 0.2 of the true value."""
    fitted = fit(load(OPTIONS), OPTIONS)
    assert type(fitted.estimator) is LinearRegression
    assert fitted.estimator.predict(pd.DataFrame([dict(EXAMPLE)]))[0] == pytest.approx(true_value(EXAMPLE), abs=0.2)
    assert fitted.metrics["holdout_rmse"] == pytest.approx(1.0, rel=0.2)
    assert fitted.metrics["cv_r2_mean"] > 0.99


def test_training_is_reproducible() -> None:
    """The same data and seed give the same metrics, another seed others."""
    first, second = (fit(load(OPTIONS), OPTIONS) for _ in range(2))
    assert first.metrics == second.metrics
    other = replace(OPTIONS, seed=7)
    assert fit(load(other), other).metrics != first.metrics


def test_diabetes_is_learnt() -> None:
    """The metrics of the clinical data are those of a linear model."""
    options = replace(OPTIONS, dataset="diabetes")
    fitted = fit(load(options), options)
    assert fitted.metrics["cv_r2_mean"] > 0.35


@pytest.mark.parametrize("labels", [["no", "sí"], [False, True], [3, 8]])
def test_labels_keep_their_type(tmp_path: Path, labels: list[object]) -> None:
    """Text, booleans and integers are predicted as they are in the file."""
    draw = np.random.default_rng(0)
    table = pd.DataFrame({"x": draw.normal(size=100), "t": draw.choice(["a", "b"], 100)})
    table["y"] = pd.Series([labels[int(value > 0)] for value in table["x"]])
    table.to_csv(tmp_path / "f.csv", index=False)
    options = replace(OPTIONS, data=tmp_path / "f.csv", target="y")
    fitted = fit(load(options), options)
    assert set(fitted.estimator.predict(fitted.features).tolist()) == set(labels)
    assert fitted.metrics["holdout_accuracy"] > 0.8


def test_data_without_a_target_is_an_error() -> None:
    """--data needs --target."""
    with pytest.raises(TrainingError, match="--data needs --target"):
        load(replace(OPTIONS, data=Path("f.csv")))


def _spanish_houses(cell: Callable[[int, str], str]) -> str:
    """120 houses in a Spanish spreadsheet, 3 per metre and 100 more in the north; `cell` may change an area."""
    lines = ['"metros";"barrio";"precio"']
    for place in range(120):
        metres = 40.5 + 37 * place % 120
        price = 3 * metres + 100 * (place % 2)
        area = cell(place, f"{metres}".replace(".", ","))
        lines.append(f'"{area}";"{("sur", "norte")[place % 2]}";"{price:.1f}"'.replace(".", ","))
    return "\r\n".join(lines)


@pytest.mark.parametrize(
    ("mark", "least"),
    [((), 0.999), (("?", "-", "s/d"), 0.9), (("abierto",), 0.9)],
)
def test_a_spanish_spreadsheet_is_learnt(tmp_path: Path, mark: tuple[str, ...], least: float) -> None:
    """Numbers have decimal commas, and 6 of 120 values are missing: the areas are not taken for categories."""
    text = _spanish_houses(lambda place, area: mark[place % len(mark)] if mark and place % 20 == 3 else area)
    (tmp_path / "casas.csv").write_bytes(text.encode("cp1252"))
    options = replace(OPTIONS, data=tmp_path / "casas.csv", target="precio")
    fitted = fit(load(options), options)
    assert fitted.metrics["cv_r2_mean"] > least
    assert fitted.column_table.set_index("column")["kind"].to_dict() == {
        "metros": "number",
        "barrio": "category",
        "precio": "target, number",
    }
