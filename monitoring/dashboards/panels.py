"""The kinds of panels that the dashboards are made of, so that they look alike."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Final

from grafana_foundation_sdk.builders import common, dashboard, prometheus, stat, table, timeseries
from grafana_foundation_sdk.models import units
from grafana_foundation_sdk.models.common import (
    BigValueGraphMode,
    BigValueTextMode,
    GraphThresholdsStyleMode,
    LegendDisplayMode,
    LegendPlacement,
    TooltipDisplayMode,
    VisibilityMode,
)
from grafana_foundation_sdk.models.dashboard import (
    DashboardCursorSync,
    DashboardLinkType,
    DataSourceRef,
    Threshold,
    ThresholdsMode,
)
from grafana_foundation_sdk.models.dashboard import DataTransformerConfig as Transformation
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

SECONDS: Final = units.Seconds
BYTES: Final = units.BytesIEC
SHARE: Final = units.PercentUnit
PER_SECOND: Final = units.RequestsPerSecond
COUNT: Final = units.Short

SLO_SECONDS: Final = 0.25
"""The 99th percentile that the load test wants; a bucket of the histogram."""

# The data source of monitoring/grafana/datasources/.
_SOURCE: Final = DataSourceRef("prometheus", "prometheus")
_HEIGHT: Final = 7

Query = tuple[str, str]
"""A PromQL expression, and the legend of its series."""

Panel = timeseries.Panel | stat.Panel | table.Panel

Limit = tuple[float, str]
"""A value, and the color from it on."""


def board(title: str, uid: str, description: str, sections: Mapping[str, Sequence[Panel]]) -> dashboard.Dashboard:
    """A dashboard of the last half hour, refreshed as often as Prometheus reads.

    Args:
        title: Its title.
        uid: Its identifier in addresses.
        description: What it is for.
        sections: The panels below each headline.
    """
    link = dashboard.DashboardLink("Tableros").type(DashboardLinkType.DASHBOARDS).tags(["taller5"])
    found = (
        dashboard.Dashboard(title)
        .uid(uid)
        .description(description)
        .tags(["taller5"])
        .time("now-30m", "now")
        .timezone("browser")
        .refresh("5s")
        .tooltip(DashboardCursorSync.CROSSHAIR)
        .links([link.as_dropdown(as_dropdown=True).keep_time(keep_time=True)])
        .readonly()
    )
    numbers = itertools.count(1)
    for headline, section in sections.items():
        found = found.with_row(dashboard.Row(headline).id(next(numbers)))
        for panel in section:
            found = found.with_panel(panel.id(next(numbers)))
    return found


def chart(  # noqa: PLR0913 - what a chart needs, each by its name
    title: str,
    unit: str,
    queries: Sequence[Query],
    *,
    description: str = "",
    width: int = 8,
    limit: Limit | None = None,
    maximum: float | None = None,
) -> timeseries.Panel:
    """Lines over time.

    Args:
        title: The panel's title.
        unit: The unit of the axis.
        queries: One or more series each.
        description: What to look for.
        width: Of the 24 columns of a dashboard.
        limit: Where a dashed line is drawn.
        maximum: Highest value of the axis; it follows the data unless given.
    """
    panel = (
        timeseries.Panel()
        .title(title)
        .description(description)
        .datasource(_SOURCE)
        .unit(unit)
        .min(0)
        .span(width)
        .height(_HEIGHT)
        .line_width(1)
        .fill_opacity(8)
        .show_points(VisibilityMode.NEVER)
        .tooltip(common.VizTooltipOptions().mode(TooltipDisplayMode.MULTI))
        .legend(
            common.VizLegendOptions()
            .display_mode(LegendDisplayMode.LIST)
            .placement(LegendPlacement.BOTTOM)
            .show_legend(show_legend=True)
        )
        .targets([_range_query(number, query) for number, query in enumerate(queries)])
    )
    if maximum is not None:
        panel = panel.max(maximum)
    if limit is not None:
        style = common.GraphThresholdsStyleConfig().mode(GraphThresholdsStyleMode.DASHED)
        panel = panel.thresholds(_thresholds([limit])).thresholds_style(style)
    return panel


def figure(  # noqa: PLR0913 - as above
    title: str,
    unit: str,
    query: Query,
    *,
    description: str = "",
    limits: Sequence[Limit] = (),
    names: bool = False,
) -> stat.Panel:
    """One large number of this moment.

    Args:
        title: The panel's title.
        unit: The number's unit.
        query: A single series.
        description: What the number means.
        limits: The colors from some values on.
        names: Whether the legend is shown in place of the number.
    """
    return (
        stat.Panel()
        .title(title)
        .description(description)
        .datasource(_SOURCE)
        .unit(unit)
        .span(4)
        .height(4)
        .graph_mode(BigValueGraphMode.AREA)
        .text_mode(BigValueTextMode.NAME if names else BigValueTextMode.VALUE)
        .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))
        .thresholds(_thresholds(limits))
        .targets([_range_query(0, query)])
    )


def listing(
    title: str, expression: str, columns: Sequence[str], *, description: str = "", width: int = 8
) -> table.Panel:
    """A table with a row for each series of this moment.

    Args:
        title: The panel's title.
        expression: The series.
        columns: The labels to show, in their order.
        description: What it shows.
        width: Of the 24 columns of a dashboard.
    """
    order = {name: place for place, name in enumerate(columns)}
    return (
        table.Panel()
        .title(title)
        .description(description)
        .datasource(_SOURCE)
        .span(width)
        .height(_HEIGHT)
        .targets([_query(0, (expression, "")).instant().format(PromQueryFormat.TABLE)])
        .transformations(
            [
                Transformation("filterFieldsByName", options={"include": {"names": list(columns)}}),
                Transformation("organize", options={"indexByName": order}),
            ]
        )
    )


def _query(number: int, query: Query) -> prometheus.Dataquery:
    expression, legend = query
    return (
        prometheus.Dataquery().expr(expression).legend_format(legend).ref_id(chr(ord("A") + number)).datasource(_SOURCE)
    )


def _range_query(number: int, query: Query) -> prometheus.Dataquery:
    return _query(number, query).range()


def _thresholds(limits: Sequence[Limit]) -> dashboard.ThresholdsConfig:
    steps = [Threshold(None, "green"), *(Threshold(value, color) for value, color in limits)]
    return dashboard.ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE).steps(steps)
