"""Charts: what they show, and when there is none."""

import xml.etree.ElementTree as ET
from itertools import pairwise

from capacity.model.limits import Limits
from capacity.model.search_result import Minimum
from capacity.report.chart_types import Frame, Series, lines, replica_bars, trial_map
from capacity.report.language import ENGLISH
from capacity.report.summary import replica_rows
from capacity.report.verdicts import Outcome
from tests.unit.locust.capacity.report.examples import BUSY, FULL, HOLDS, SLOW, at, trial

_ROWS = replica_rows(FULL)
FRAME = Frame("p99", ("users", "ms"), limit=(250, "objective"))


def _classes(svg: str | None) -> list[str]:
    assert svg is not None
    return [each.get("class", "") for each in ET.fromstring(svg).iter()]


def test_each_outcome_has_its_own_shape() -> None:
    """Disc, cross, hollow square: they differ without colours."""
    trials = [trial(0.1, 96, HOLDS), trial(0.2, 96, SLOW), trial(0.3, 96, BUSY)]
    minimum = Minimum(Limits(0.1, 96), 3, at(Limits(0.2, 96), SLOW), at(Limits(9, 9), SLOW))
    svg = trial_map("map", trials, minimum, ENGLISH)
    shapes = {
        (each.tag, each.get("class")) for each in ET.fromstring(svg or "").iter() if each.get("class") in set(Outcome)
    }

    assert shapes == {("circle", "HOLDS"), ("path", "FAILS"), ("rect", "INVALID")}
    assert (_classes(svg).count("ring"), _classes(svg).count("rejected-ring")) == (1, 1)


def test_enlarged_map_has_only_near_trials() -> None:
    """A trial far from the minimum is left out: one shape of a trial and one of the legend remain."""
    trials = [trial(cpus, 96, HOLDS) for cpus in (0.1, 4)]

    assert _classes(trial_map("near", trials, Minimum(Limits(0.1, 96), 3), ENGLISH, near=True)).count("HOLDS") == 2
    assert trial_map("near", trials, None, ENGLISH, near=True) is None


def test_without_values_there_is_no_chart() -> None:
    """No frame without content is drawn."""
    assert lines(FRAME, [Series("p99", [(500, None)], "found")], ENGLISH) is None
    assert trial_map("map", [], None, ENGLISH) is None
    assert replica_bars([], ENGLISH) is None


def test_objective_is_drawn_near_the_latency() -> None:
    """A line far above the data would compress them."""
    near = lines(FRAME, [Series("p99", [(500, 240)], "found")], ENGLISH)
    far = lines(FRAME, [Series("p99", [(500, 2)], "found")], ENGLISH)

    assert "limit" in _classes(near)
    assert "limit" not in _classes(far)


def test_labels_do_not_overlap() -> None:
    """Labels of lines that end at the same height are a line apart."""
    svg = lines(FRAME, [Series(f"s{n}", [(1, 10)], "found") for n in range(5)], ENGLISH)
    heights = sorted(
        float(each.get("y", 0)) for each in ET.fromstring(svg or "").iter() if "label" in each.get("class", "")
    )

    assert all(after - before >= 15.9 for before, after in pairwise(heights))


def test_replica_bars_show_the_gateways_part() -> None:
    """Each bar has two boxes."""
    classes = _classes(replica_bars(_ROWS, ENGLISH))

    assert (classes.count("gateway"), classes.count("api")) == (4, 4)


def test_many_replica_bars_have_no_names() -> None:
    """Bars do not touch, and names that would overlap are left to the table."""
    few, many = (replica_bars(_ROWS[:1] * count, ENGLISH) for count in (2, 7))
    edges = [
        (float(each.get("x", 0)), float(each.get("x", 0)) + float(each.get("width", 0)))
        for each in ET.fromstring(many or "").iter()
        if each.get("class") == "api"
    ]

    assert len(edges) == 7
    assert all(right < left for (_, right), (left, _) in pairwise(edges))
    name = f">{ENGLISH.text(Outcome.HOLDS)}<"
    assert name in (few or "")
    assert name not in (many or "")
