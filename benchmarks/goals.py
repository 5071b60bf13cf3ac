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


def _against(server: str, model: str) -> Callable[[Comparison], Spread | None]:
    return lambda comparison: comparison.ratio("lane", server, model, "single", _CONNECTIONS)


def _against_the_best(comparison: Comparison) -> Spread | None:
    ratios = [_against(peer, "linear")(comparison) for peer in _PEERS]
    return min((ratio for ratio in ratios if ratio), key=lambda ratio: ratio.median, default=None)


def _tail(comparison: Comparison) -> Spread | None:
    repeats = comparison.repeats("lane", "linear", "single", _CONNECTIONS)
    return Spread.over([one.p99_ms / one.p50_ms for one in repeats]) if repeats else None


GOALS = (
    Goal(
        "LinearRegression: vía rápida ÷ Protocol de httptools constante",
        ">= 0.60",
        lambda value: value >= 0.6,  # noqa: PLR2004 - the goal itself
        _against("httptools", "linear"),
    ),
    Goal("LinearRegression: vía rápida ÷ el mejor de los demás", ">= 25", lambda value: value >= 25, _against_the_best),  # noqa: PLR2004 - as above
    Goal(
        "LinearRegression: vía rápida ÷ `mlflow models serve`",
        ">= 100",
        lambda value: value >= 100,  # noqa: PLR2004 - as above
        _against("mlflow", "linear"),
    ),
    Goal(
        "RandomForest(100): vía rápida ÷ FastAPI como se escribe siempre",
        ">= 20",
        lambda value: value >= 20,  # noqa: PLR2004 - as above
        _against("fastapi", "forest"),
    ),
    Goal("LinearRegression, vía rápida: p99 ÷ p50", "<= 2", lambda value: value <= 2, _tail),  # noqa: PLR2004 - as above
)
