"""A chart as SVG: title, axes with units, labels. Colours come from the style sheet of the page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Final

from markupsafe import Markup

from capacity.report.axis import Axis
from capacity.report.language import Language
from capacity.report.verdicts import Outcome

WIDTH: Final = 640
HEIGHT: Final = 320
LEFT: Final = 66
RIGHT: Final = 450
TOP: Final = 34
BOTTOM: Final = 268
LINE: Final = 18


@dataclass(slots=True)
class Plot:
    """Collects the elements of an SVG image."""

    title: str
    language: Language
    parts: list[str] = field(default_factory=list)

    def text(self, x: float, y: float, text: str, style: str = "", anchor: str = "start") -> None:
        """Add a text."""
        where = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"'
        self.parts.append(f'<text {where} class="{style}">{escape(text)}</text>')

    def line(self, points: Sequence[tuple[float, float]], style: str) -> None:
        """Add a line through points."""
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        self.parts.append(f'<polyline points="{path}" class="{style}"/>')

    def shape(self, outcome: Outcome, x: float, y: float) -> None:
        """Add the shape of an outcome: disc, cross or hollow square."""
        shapes = {
            Outcome.HOLDS: f'<circle cx="{x:.1f}" cy="{y:.1f}" r="6" class="HOLDS"/>',
            Outcome.FAILS: f'<path d="M{x - 6:.1f} {y - 6:.1f}l12 12m0 -12l-12 12" class="FAILS"/>',
            Outcome.INVALID: f'<rect x="{x - 5.5:.1f}" y="{y - 5.5:.1f}" width="11" height="11" class="INVALID"/>',
        }
        self.parts.append(shapes[outcome])

    def axes(self, horizontal: Axis | None, vertical: Axis, units: tuple[str, str]) -> None:
        """Add grid lines at the marks of the vertical axis, and labels at the marks of both axes."""
        for value in vertical.marks():
            y = vertical.position(value)
            self.line([(LEFT, y), (RIGHT, y)], "grid")
            self.text(LEFT - 8, y + 5, self.language.number(value, vertical.digits), "mark", "end")
        if horizontal:
            for value in horizontal.marks():
                self.text(
                    horizontal.position(value),
                    BOTTOM + 20,
                    self.language.number(value, horizontal.digits),
                    "mark",
                    "middle",
                )
        self.line([(LEFT, BOTTOM), (RIGHT, BOTTOM)], "base")
        self.text(RIGHT, BOTTOM + 42, units[0], "unit", "end")
        self.text(LEFT - 8, TOP - 14, units[1], "unit")

    def labels(self, wanted: Sequence[tuple[float, str, str]]) -> None:
        """Add labels right of the chart at heights, moved apart where they would overlap."""
        y = float(TOP - LINE)
        placed = []
        for height, text, style in sorted(wanted):
            y = max(height + 5, y + LINE)
            placed.append((y, text, style))
        excess = max(y - BOTTOM, 0)
        for height, text, style in placed:
            self.text(RIGHT + 10, height - excess, text, f"label {style}")

    def svg(self) -> Markup:
        """The image."""
        name = escape(self.title, quote=True)
        opening = f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{name}"><title>{name}</title>'
        return Markup("\n").join([Markup(opening), *map(Markup, self.parts), Markup("</svg>")])  # noqa: S704 - escaped above
