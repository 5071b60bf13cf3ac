"""The charts of the report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

from capacity.report.axis import Axis
from capacity.report.data import Replicas
from capacity.report.language import Language
from capacity.report.plot import BOTTOM, LEFT, RIGHT, TOP, Plot
from capacity.report.trial_record import TrialRecord, Verdict

_LEAST, _MOST = 0.5, 1.5
_WIDEST_BAR: Final = 56.0
_BAR_SHARE: Final = 0.7
_WIDEST_VERDICT: Final = 90.0
"""A shape with the longest of the words."""


@dataclass(frozen=True, slots=True)
class Series:
    """A line: its label, its points, its style."""

    label: str
    points: Sequence[tuple[float, float | None]]
    style: str

    @property
    def known(self) -> list[tuple[float, float]]:
        """Points that were measured."""
        return [(x, y) for x, y in self.points if y is not None]


@dataclass(frozen=True, slots=True)
class Frame:
    """Title, units of both axes, kind of the vertical one, and a limit to draw with its label."""

    title: str
    units: tuple[str, str]
    logarithmic: bool = False
    limit: tuple[float, str] | None = None


def lines(frame: Frame, series: Sequence[Series], language: Language) -> Markup | None:
    """Lines with their names at their ends; None when there is nothing to draw."""
    drawn = [one for one in series if one.known]
    if not drawn:
        return None
    heights = [y for one in drawn for _, y in one.known]
    if frame.limit and (frame.logarithmic or max(heights) > frame.limit[0] / 3):
        heights.append(frame.limit[0])
    scale = Axis.logarithm if frame.logarithmic else Axis.over
    vertical = scale(heights, BOTTOM, TOP)
    horizontal = Axis.over([x for one in drawn for x, _ in one.known], LEFT, RIGHT)
    plot = Plot(frame.title, language)
    plot.axes(horizontal, vertical, frame.units)
    labels = []
    if frame.limit and frame.limit[0] in heights:
        y = vertical.place(frame.limit[0])
        plot.line([(LEFT, y), (RIGHT, y)], "limit")
        labels.append((y, frame.limit[1], "limit-label"))
    for one in drawn:
        points = [(horizontal.place(x), vertical.place(y)) for x, y in one.known]
        plot.line(points, f"series {one.style}")
        x, y = points[-1]
        plot.parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" class="dot {one.style}"/>')
        labels.append((y, one.label, f"{one.style}-label"))
    plot.labels(labels)
    return plot.svg()


@dataclass(frozen=True, slots=True)
class Limits:
    """CPU and memory that were found, where they were, and the smaller ones that were rejected."""

    cpus: float | None = None
    memory_mib: float | None = None
    rejected: tuple[Limits, ...] = ()

    def near(self, cpus: float, memory_mib: float) -> bool:
        """Whether other limits are within half and one and a half of these."""
        pairs = ((self.cpus, cpus), (self.memory_mib, memory_mib))
        return all(mine and _LEAST * mine <= other <= _MOST * mine for mine, other in pairs)


def trial_map(
    title: str, trials: Sequence[TrialRecord], answer: Limits, language: Language, *, near: bool = False
) -> Markup | None:
    """Each trial where its limits put it, the answer ringed; or only those near the answer, enlarged."""
    placed = [(one.cpus, one.memory_mib, one.verdict) for one in trials if one.cpus and one.memory_mib]
    if near:
        placed = [one for one in placed if answer.near(one[0], one[1])]
    if not placed:
        return None
    scale = Axis.between if near else Axis.beyond
    across = scale([cpus for cpus, _, _ in placed], LEFT, RIGHT)
    up = scale([memory for _, memory, _ in placed], BOTTOM, TOP)
    plot = Plot(title, language)
    plot.axes(across, up, (language.text("cpu_axis"), language.text("memory_axis")))
    for cpus, memory, verdict in placed:
        plot.shape(verdict, across.place(cpus), up.place(memory))
    for limits, style in ((answer, "ring"), *((one, "rejected-ring") for one in answer.rejected)):
        if any((limits.cpus, limits.memory_mib) == one[:2] for one in placed):
            x, y = across.place(limits.cpus or 0), up.place(limits.memory_mib or 0)
            plot.parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="11" class="{style}"/>')
    for row, verdict in enumerate(Verdict):
        plot.shape(verdict, RIGHT + 40, TOP + 10 + row * 24)
        plot.text(RIGHT + 54, TOP + 14 + row * 24, language.text(verdict), f"label {verdict}-label")
    return plot.svg()


def replica_bars(rows: Sequence[Replicas], language: Language) -> Markup | None:
    """What each number of replicas cost, the gateway's part apart."""
    known = [one for one in rows if one.total_cost is not None][:8]
    if not known:
        return None
    up = Axis.over([one.total_cost or 0 for one in known], BOTTOM, TOP)
    plot = Plot(language.text("replicas_chart"), language)
    plot.axes(None, up, ("", language.text("total_cost")))
    width = (RIGHT - LEFT) / len(known)
    bar = min(_WIDEST_BAR, _BAR_SHARE * width)
    named = width >= _WIDEST_VERDICT
    for position, one in enumerate(known):
        total, gateway = one.total_cost or 0, min(one.gateway_cores or 0, one.total_cost or 0)
        middle = LEFT + width * (position + 0.5)
        for low, high, style in ((0.0, gateway, "gateway"), (gateway, total, "api")):
            top, bottom = up.place(high), up.place(low)
            box = f'x="{middle - bar / 2:.1f}" y="{top:.1f}" width="{bar:.1f}" height="{bottom - top:.1f}"'
            plot.parts.append(f'<rect {box} class="{style}"/>')
        plot.text(middle, up.place(total) - 8, language.number(total), "label", "middle")
        plot.text(middle, BOTTOM + 19, language.number(one.replicas, 0), "mark", "middle")
        # Where many bars stand, the shape alone tells the verdict, and the table below names it.
        plot.shape(one.verdict, middle - 24 if named else middle, BOTTOM + 38)
        if named:
            plot.text(middle - 12, BOTTOM + 43, language.text(one.verdict), "mark")
    last = known[-1]
    middle = up.place((last.gateway_cores or 0) / 2)
    plot.labels(
        [
            (up.place(last.total_cost or 0), language.text("api_cores"), "api-label"),
            (middle, language.text("gateway_cores"), "gateway-label"),
        ]
    )
    return plot.svg()
