"""The plot of a run needs no window system and shows the errors."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from src.service.training.plot import error_plot
from src.service.training.task import Task

_PNG = b"\x89PNG\r\n\x1a\n"


def test_residuals(tmp_path: Path) -> None:
    """The plot of a regression has one point per row, at prediction and residual."""
    target = pd.Series([1.0, 2.0, 4.0], name="y")
    name, figure = error_plot(np.array([1.0, 1.0, 5.0]), target, Task.REGRESSION)
    figure.savefig(tmp_path / "plot.png")
    assert name == "plots/residuals.png"
    assert (tmp_path / "plot.png").read_bytes().startswith(_PNG)
    points = figure.axes[0].collections[0].get_offsets()
    np.testing.assert_allclose(np.asarray(points), [[1, 0], [1, 1], [5, -1]])


@pytest.mark.parametrize("labels", [["no", "sí"], [False, True], list(range(30))])
def test_confusion_matrix(tmp_path: Path, labels: list[object]) -> None:
    """The plot of a classification names each class on both axes."""
    target = pd.Series(labels, name="y")
    name, figure = error_plot(target.to_numpy(), target, Task.CLASSIFICATION)
    figure.savefig(tmp_path / "plot.png")
    assert name == "plots/confusion_matrix.png"
    assert (tmp_path / "plot.png").read_bytes().startswith(_PNG)
    assert [tick.get_text() for tick in figure.axes[0].get_xticklabels()] == [str(label) for label in labels]
