"""Metrics of the version beside the champion."""

from src.service.metrics.metrics import Metrics


def value(metrics: Metrics, sample: str) -> str:
    """The value of a sample; empty when it is not there."""
    lines = metrics.text().decode().splitlines()
    return next((line.removeprefix(sample).strip() for line in lines if line.startswith(sample + " ")), "")


def test_without_a_challenger() -> None:
    """Percentages and problems are 0 from the start, so that alerts and sums need no special case."""
    metrics = Metrics()
    for kind in ("shadow", "canary"):
        assert value(metrics, f'inference_challenger_percent{{kind="{kind}"}}') == "0.0"
    for reason in ("refused", "load", "traffic"):
        assert value(metrics, f'inference_challenger_problem{{reason="{reason}"}}') == "0.0"


def test_problems() -> None:
    """One reason is set at a time, besides a wrong tag."""
    metrics = Metrics()
    metrics.challenger.problem("load", traffic=True)
    found = [value(metrics, f'inference_challenger_problem{{reason="{reason}"}}') for reason in ("load", "traffic")]
    assert found == ["1.0", "1.0"]
    metrics.challenger.problem("refused")
    found = [value(metrics, f'inference_challenger_problem{{reason="{reason}"}}') for reason in ("load", "traffic")]
    assert found == ["0.0", "0.0"]
    assert value(metrics, 'inference_challenger_problem{reason="refused"}') == "1.0"


def test_counts() -> None:
    """Canary requests and shadowed rows are counted by kind, version and outcome, with their durations."""
    metrics = Metrics()
    metrics.challenger.canaries("2", 3, 1, 0.002)
    metrics.challenger.shadowed("2", 5, 2, 0.002)
    metrics.challenger.dropped("2", 7)
    metrics.challenger.rows("shadow", "2", 5)
    metrics.challenger.compared("2", 5, 4, 1.5, 0.25)
    counts = {
        ("canary", "answered"): "3.0",
        ("canary", "fallback"): "1.0",
        ("shadow", "answered"): "5.0",
        ("shadow", "failed"): "2.0",
        ("shadow", "dropped"): "7.0",
    }
    for (kind, outcome), count in counts.items():
        labels = f'kind="{kind}",outcome="{outcome}",version="2"'
        assert value(metrics, f"inference_challenger_requests_total{{{labels}}}") == count
    assert value(metrics, 'inference_challenger_duration_seconds_count{kind="canary"}') == "4.0"
    assert value(metrics, 'inference_challenger_duration_seconds_count{kind="shadow"}') == "1.0"
    assert value(metrics, 'inference_challenger_rows_total{kind="shadow",version="2"}') == "5.0"
    assert value(metrics, 'inference_challenger_compared_rows_total{version="2"}') == "5.0"
    assert value(metrics, 'inference_challenger_agreeing_rows_total{version="2"}') == "4.0"
    assert value(metrics, 'inference_challenger_absolute_difference_sum_total{version="2"}') == "1.5"
    assert value(metrics, 'inference_challenger_relative_difference_sum_total{version="2"}') == "0.25"


def test_model_info_of_each_role() -> None:
    """Champion and challenger have an info of their own; the challenger's ends with it."""
    metrics = Metrics()
    metrics.serving("m", "1", "champion")
    metrics.serving("m", "2", "challenger", "challenger")
    assert 'role="challenger",version="2"} 1.0' in metrics.text().decode()
    metrics.not_serving("challenger")
    metrics.not_serving("challenger")
    text = metrics.text().decode()
    assert 'role="challenger"' not in text
    assert 'role="champion",version="1"} 1.0' in text
