"""The performance goals of this API, and whether they are met."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.comparison import Comparison, Spread
from benchmarks.tables import markdown, spread

_CONNECTIONS = 64
_PEERS = ("mlflow", "mlserver", "bentoml", "litserve", "fastapi")


@dataclass(frozen=True, slots=True)
class Goal:
    """One goal.

    Attributes:
        text: Name of the compared figure.
        wanted: The required value, as a text.
        reached: Whether a median meets the goal.
        measured: Computes the figure; None when it was not measured.
    """

    text: str
    wanted: str
    reached: Callable[[float], bool]
    measured: Callable[[Comparison], Spread | None]


def goals_table(comparison: Comparison) -> str:
    """The goals with the measured figures."""
    rows = []
    for goal in GOALS:
        found = goal.measured(comparison)
        verdict = "no se midió" if found is None else "sí" if goal.reached(found.median) else "no"
        rows.append((goal.text, goal.wanted, spread(found) if found else "", verdict))
    return markdown(("Objetivo", "pedido", "medido [mínimo-máximo]", "alcanzado"), rows)


def _ratio(server: str, reference: str, model: str, kind: str = "single") -> Callable[[Comparison], Spread | None]:
    return lambda comparison: comparison.ratio(server, reference, model, kind, _CONNECTIONS)


def _against_the_best(comparison: Comparison) -> Spread | None:
    ratios = [_ratio("lane", peer, "linear")(comparison) for peer in _PEERS]
    return min((ratio for ratio in ratios if ratio), key=lambda ratio: ratio.median, default=None)


def _tail(comparison: Comparison) -> Spread | None:
    repeats = comparison.repeats("lane", "linear", "single", _CONNECTIONS)
    return Spread.over([one.p99_ms / one.p50_ms for one in repeats]) if repeats else None


def _at_least(least: float, text: str, measured: Callable[[Comparison], Spread | None]) -> Goal:
    return Goal(text, f">= {least:.4g}", lambda value: value >= least, measured)


GOALS = (
    _at_least(
        0.6, "LinearRegression: vía rápida ÷ Protocol de httptools constante", _ratio("lane", "httptools", "linear")
    ),
    _at_least(25, "LinearRegression: vía rápida ÷ el mejor de los demás", _against_the_best),
    _at_least(100, "LinearRegression: vía rápida ÷ `mlflow models serve`", _ratio("lane", "mlflow", "linear")),
    _at_least(25, "LinearRegression: vía rápida, V2 ÷ MLServer", _ratio("lane-v2", "mlserver", "linear")),
    _at_least(
        100,
        "LinearRegression: vía rápida, `/invocations` ÷ `mlflow models serve`",
        _ratio("lane-invocations", "mlflow", "linear"),
    ),
    _at_least(
        20, "RandomForest(100): vía rápida ÷ FastAPI como se escribe siempre", _ratio("lane", "fastapi", "forest")
    ),
    _at_least(
        8, "LinearRegression, lotes de 100 filas: vía rápida ÷ MLServer", _ratio("lane", "mlserver", "linear", "batch")
    ),
    _at_least(
        25,
        "LinearRegression, lotes de 100 filas: vía rápida ÷ `mlflow models serve`",
        _ratio("lane", "mlflow", "linear", "batch"),
    ),
    _at_least(
        1.2,
        "RandomForest(100), lotes de 100 filas: vía rápida ÷ MLServer",
        _ratio("lane", "mlserver", "forest", "batch"),
    ),
    Goal("LinearRegression, vía rápida: p99 ÷ p50", "<= 2", lambda value: value <= 2, _tail),  # noqa: PLR2004 - the goal itself
)
