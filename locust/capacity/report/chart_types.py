"""The types of charts: lines, the map of trials, the bars of replicas."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

from capacity.model.limits import Limits
from capacity.model.search_result import Minimum
from capacity.report.axis import Axis
from capacity.report.data import JudgedTrial
from capacity.report.language import Language
from capacity.report.summary import ReplicaRow, rejected
from capacity.report.svg import BOTTOM, LEFT, RIGHT, TOP, Plot
from capacity.report.verdicts import Outcome, outcome

_NEAR: Final = (0.5, 1.5)
"""Limits near others are between these multiples of them."""
_MAX_BAR_WIDTH: Final = 56.0
_BAR_SHARE: Final = 0.7
_MIN_NAMED_WIDTH: Final = 90.0
"""Width of a shape with the longest name of an outcome."""


@dataclass(frozen=True, slots=True)
class Series:
    """A line: label, points, style."""

    label: str
    points: Sequence[tuple[float, float | None]]
    style: str

    @property
    def known(self) -> list[tuple[float, float]]:
        """The points with a value."""
        return [(x, y) for x, y in self.points if y is not None]


@dataclass(frozen=True, slots=True)
class Frame:
    """Title, units of both axes, scale of the vertical axis, and a limit with its label."""

    title: str
    units: tuple[str, str]
    logarithmic: bool = False
    limit: tuple[float, str] | None = None


def lines(frame: Frame, series: Sequence[Series], language: Language) -> Markup | None:
    """Lines with their labels at their ends; None without points."""
    drawn = [each for each in series if each.known]
    if not drawn:
        return None
    heights = [y for each in drawn for _, y in each.known]
    if frame.limit and (frame.logarithmic or max(heights) > frame.limit[0] / 3):
        heights.append(frame.limit[0])
    scale = Axis.logarithmic_over if frame.logarithmic else Axis.from_zero
    vertical = scale(heights, BOTTOM, TOP)
    horizontal = Axis.from_zero([x for each in drawn for x, _ in each.known], LEFT, RIGHT)
    plot = Plot(frame.title, language)
    plot.axes(horizontal, vertical, frame.units)
    labels = []
    if frame.limit and frame.limit[0] in heights:
        y = vertical.position(frame.limit[0])
        plot.line([(LEFT, y), (RIGHT, y)], "limit")
        labels.append((y, frame.limit[1], "limit-label"))
    for each in drawn:
        points = [(horizontal.position(x), vertical.position(y)) for x, y in each.known]
        plot.line(points, f"series {each.style}")
        x, y = points[-1]
        plot.parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" class="dot {each.style}"/>')
        labels.append((y, each.label, f"{each.style}-label"))
    plot.labels(labels)
    return plot.svg()


def trial_map(
    title: str,
    trials: Sequence[JudgedTrial],
    minimum: Minimum | None,
    language: Language,
    *,
    near: bool = False,
) -> Markup | None:
    """Each trial at its limits.

    Args:
        title: Title of the chart.
        trials: The trials.
        minimum: Its limits get a ring, its rejected neighbours a dashed one.
        language: Language of the labels.
        near: Whether only the trials near the minimum are shown, enlarged.

    Returns:
        The chart; None without trials.
    """
    placed = [
        (trial.limits, outcome(verdict)) for trial, verdict in trials if not near or _is_near(trial.limits, minimum)
    ]
    if not placed:
        return None
    scale = Axis.around if near else Axis.with_margin
    across = scale([limits.cpus for limits, _ in placed], LEFT, RIGHT)
    up = scale([limits.memory_mib for limits, _ in placed], BOTTOM, TOP)
    plot = Plot(title, language)
    plot.axes(across, up, (language.text("cpu_axis"), language.text("memory_axis")))
    for limits, shape in placed:
        plot.shape(shape, across.position(limits.cpus), up.position(limits.memory_mib))
    rings = [(minimum.limits, "ring")] if minimum else []
    rings += [(neighbour.limits, "rejected-ring") for _, neighbour in rejected(minimum)] if minimum else []
    shown = {limits for limits, _ in placed}
    for limits, style in rings:
        if limits in shown:
            x, y = across.position(limits.cpus), up.position(limits.memory_mib)
            plot.parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="11" class="{style}"/>')
    for row, shape in enumerate(Outcome):
        plot.shape(shape, RIGHT + 40, TOP + 10 + row * 24)
        plot.text(RIGHT + 54, TOP + 14 + row * 24, language.text(shape), f"label {shape}-label")
    return plot.svg()


def _is_near(limits: Limits, minimum: Minimum | None) -> bool:
    if minimum is None:
        return False
    pairs = ((limits.cpus, minimum.limits.cpus), (limits.memory_mib, minimum.limits.memory_mib))
    return all(_NEAR[0] * theirs <= mine <= _NEAR[1] * theirs for mine, theirs in pairs)


def replica_bars(rows: Sequence[ReplicaRow], language: Language) -> Markup | None:
    """Used cores by the number of replicas, the gateway's part separately; None without measurements."""
    known = [(row, row.step.gateway_cores, row.total_cost or 0) for row in rows if row.step][:8]
    if not known:
        return None
    up = Axis.from_zero([total for _, _, total in known], BOTTOM, TOP)
    plot = Plot(language.text("replicas_chart"), language)
    plot.axes(None, up, ("", language.text("total_cost")))
    width = (RIGHT - LEFT) / len(known)
    bar = min(_MAX_BAR_WIDTH, _BAR_SHARE * width)
    named = width >= _MIN_NAMED_WIDTH
    for number, (row, gateway, total) in enumerate(known):
        middle = LEFT + width * (number + 0.5)
        for low, high, style in ((0.0, gateway, "gateway"), (gateway, total, "api")):
            top, bottom = up.position(high), up.position(low)
            box = f'x="{middle - bar / 2:.1f}" y="{top:.1f}" width="{bar:.1f}" height="{bottom - top:.1f}"'
            plot.parts.append(f'<rect {box} class="{style}"/>')
        plot.text(middle, up.position(total) - 8, language.number(total), "label", "middle")
        plot.text(middle, BOTTOM + 19, language.number(row.limits.replicas, 0), "mark", "middle")
        # Between many bars there is room for the shape of the outcome only; the table has its name.
        plot.shape(outcome(row.verdict), middle - 24 if named else middle, BOTTOM + 38)
        if named:
            plot.text(middle - 12, BOTTOM + 43, language.text(outcome(row.verdict)), "mark")
    _, gateway, total = known[-1]
    plot.labels(
        [
            (up.position(total), language.text("api_cores"), "api-label"),
            (up.position(gateway / 2), language.text("gateway_cores"), "gateway-label"),
        ]
    )
    return plot.svg()
