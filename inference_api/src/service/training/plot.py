"""The plot that is logged with a run: the errors of the model on the held-out rows."""

from typing import Any, Final

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from sklearn.metrics import confusion_matrix

from src.service.training.task import Task

_MAX_CLASSES_WITH_COUNTS: Final = 15


def error_plot(predictions: Any, target: pd.Series, task: Task) -> tuple[str, Figure]:
    """Draw residuals for a regression, a confusion matrix for a classification.

    Returns:
        The file name of the plot, and the figure, which needs neither a window system nor the state of pyplot.
    """
    if task is Task.REGRESSION:
        return "plots/residuals.png", _residuals(np.asarray(predictions), target)
    return "plots/confusion_matrix.png", _confusion_matrix(np.asarray(predictions), target)


def _residuals(predictions: np.ndarray[Any, Any], target: pd.Series) -> Figure:
    figure = Figure(figsize=(7, 4.5), layout="constrained")
    axes = figure.subplots()
    axes.scatter(predictions, target.to_numpy() - predictions, s=14, alpha=0.6, linewidths=0)
    axes.axhline(0.0, color="0.3", linewidth=1)
    axes.set(title="Residuals on the held-out rows", xlabel=f"predicted {target.name}", ylabel="true minus predicted")
    return figure


def _confusion_matrix(predictions: np.ndarray[Any, Any], target: pd.Series) -> Figure:
    truth = target.to_numpy()
    labels = sorted({*truth.tolist(), *predictions.tolist()})
    counts = confusion_matrix(truth, predictions, labels=labels)
    figure = Figure(figsize=(6, 5.5), layout="constrained")
    axes = figure.subplots()
    image = axes.imshow(counts, cmap="Blues")
    figure.colorbar(image, ax=axes, label="rows")
    ticks = range(len(labels))
    names = [str(label) for label in labels]
    axes.set_xticks(ticks, names, rotation=45, ha="right")
    axes.set_yticks(ticks, names)
    axes.set(title="Held-out rows by class", xlabel=f"predicted {target.name}", ylabel=f"true {target.name}")
    if len(labels) <= _MAX_CLASSES_WITH_COUNTS:
        for (row, column), count in np.ndenumerate(counts):
            color = "white" if count > counts.max() / 2 else "black"
            axes.text(column, row, str(count), ha="center", va="center", color=color)
    return figure
