"""A bar chart as SVG with one bar per server; logarithmic, because the fastest is a hundred times as fast."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

_WIDTH, _LEFT, _RIGHT, _TOP, _ROW = 860, 330, 90, 44, 26
_FONT = 'font-family="sans-serif" font-size="13"'
_COLOURS = {"ours": "#0b6e4f", "peer": "#6c757d", "limit": "#c9a227"}


def bars(title: str, values: Sequence[tuple[str, str, float]], unit: str) -> str:
    """Draw a chart.

    Args:
        title: The title of the chart.
        values: Label, kind (`ours`, `peer` or `limit`) and value of each.
        unit: The unit after each value.
    """
    height = _TOP + _ROW * len(values) + 12
    lowest = min(value for _, _, value in values)
    highest = max(value for _, _, value in values)
    floor = math.floor(math.log10(lowest))
    span = max(math.log10(highest) - floor, 0.1)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" {_FONT}>',
        f"<title>{escape(title)}</title>",
        f'<rect width="{_WIDTH}" height="{height}" fill="#ffffff"/>',
        f'<text x="10" y="22" font-size="15" font-weight="bold">{escape(title)}</text>',
    ]
    for power in range(floor, floor + math.ceil(span) + 1):
        x = _LEFT + (power - floor) / span * (_WIDTH - _LEFT - _RIGHT)
        if x <= _WIDTH - _RIGHT + 1:
            lines.append(f'<line x1="{x:.0f}" y1="{_TOP - 8}" x2="{x:.0f}" y2="{height - 8}" stroke="#dddddd"/>')
    for position, (label, kind, value) in enumerate(values):
        y = _TOP + position * _ROW
        length = max((math.log10(value) - floor) / span * (_WIDTH - _LEFT - _RIGHT), 2)
        text = f"{value:,.0f} {unit}".replace(",", " ")
        lines += [
            f'<text x="{_LEFT - 8}" y="{y + 14}" text-anchor="end">{escape(label)}</text>',
            f'<rect x="{_LEFT}" y="{y}" width="{length:.1f}" height="18" fill="{_COLOURS[kind]}"/>',
            f'<text x="{_LEFT + length + 6:.1f}" y="{y + 14}">{escape(text)}</text>',
        ]
    return "\n".join([*lines, "</svg>"]) + "\n"
