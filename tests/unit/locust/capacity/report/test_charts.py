"""Drawings: what they mark, and when there is none."""

import xml.etree.ElementTree as ET
from itertools import pairwise

from capacity.report.charts import Frame, Limits, Series, lines, replica_bars, trial_map
from capacity.report.language import ENGLISH
from capacity.report.trial_record import Verdict
from tests.unit.locust.capacity.report.examples import FULL, trial

FRAME = Frame("p99", ("users", "ms"), limit=(250, "objective"))


def _classes(svg: str | None) -> list[str]:
    assert svg is not None
    return [one.get("class", "") for one in ET.fromstring(svg).iter()]


def test_each_verdict_has_a_shape_of_its_own() -> None:
    """Disc, cross, hollow square: colour is not needed to tell them apart."""
    trials = [trial((0.1 * step, 96), 20, verdict) for step, verdict in enumerate(Verdict, start=1)]
    svg = trial_map("map", trials, Limits(0.1, 96, (Limits(0.2, 96), Limits(9, 9))), ENGLISH)
    shapes = {
        (one.tag, one.get("class")) for one in ET.fromstring(svg or "").iter() if one.get("class") in set(Verdict)
    }

    assert shapes == {("circle", "HOLDS"), ("path", "FAILS"), ("rect", "INVALID")}
    assert (_classes(svg).count("ring"), _classes(svg).count("rejected-ring")) == (1, 1)


def test_only_neighbours_are_enlarged() -> None:
    """A trial far from the answer is not drawn there: one mark of the trial, three of the legend."""
    trials = [trial((cpus, 96), 20, Verdict.HOLDS) for cpus in (0.1, 4)]

    assert _classes(trial_map("near", trials, Limits(0.1, 96), ENGLISH, near=True)).count("HOLDS") == 2
    assert trial_map("near", trials, Limits(), ENGLISH, near=True) is None


def test_nothing_to_draw_is_no_drawing() -> None:
    """Not an empty frame."""
    assert lines(FRAME, [Series("p99", [(500, None)], "found")], ENGLISH) is None
    assert trial_map("map", [], Limits(), ENGLISH) is None
    assert replica_bars([], ENGLISH) is None


def test_the_objective_is_drawn_where_latency_comes_near_it() -> None:
    """A line far above the data would flatten them."""
    near = lines(FRAME, [Series("p99", [(500, 240)], "found")], ENGLISH)
    far = lines(FRAME, [Series("p99", [(500, 2)], "found")], ENGLISH)

    assert "limit" in _classes(near)
    assert "limit" not in _classes(far)


def test_labels_do_not_cover_each_other() -> None:
    """Lines that end together keep their names a line apart."""
    svg = lines(FRAME, [Series(f"s{n}", [(1, 10)], "found") for n in range(5)], ENGLISH)
    heights = sorted(
        float(one.get("y", 0)) for one in ET.fromstring(svg or "").iter() if "label" in one.get("class", "")
    )

    assert all(after - before >= 15.9 for before, after in pairwise(heights))


def test_replicas_show_the_gateways_part() -> None:
    """Two boxes a bar."""
    classes = _classes(replica_bars(FULL.replicas, ENGLISH))

    assert (classes.count("gateway"), classes.count("api")) == (4, 4)


def test_many_replicas_stand_apart_without_words() -> None:
    """Bars do not touch, and words that would lie over each other are left to the table."""
    few, many = (replica_bars(FULL.replicas[:1] * count, ENGLISH) for count in (2, 7))
    edges = [
        (float(one.get("x", 0)), float(one.get("x", 0)) + float(one.get("width", 0)))
        for one in ET.fromstring(many or "").iter()
        if one.get("class") == "api"
    ]

    assert len(edges) == 7
    assert all(right < left for (_, right), (left, _) in pairwise(edges))
    word = f">{ENGLISH.text(FULL.replicas[0].verdict)}<"
    assert word in (few or "")
    assert word not in (many or "")
