"""The drift figures as Prometheus metrics."""

from src.service.drift.collector import DriftCollector
from src.service.drift.monitor import DriftMonitor
from src.service.drift.sliding_counts import WindowSize
from src.service.feature_profile import FeatureProfile, NumberProfile
from src.service.metrics.metrics import Metrics
from src.service.schema.column import Column

DECILES = NumberProfile("number", tuple(range(9)), (10,) * 10)


def monitor_of(rows: int) -> DriftMonitor:
    """A monitor that has counted some rows, which all are in the fourth of ten bins."""
    columns = (Column("año", "number", "float64"), Column("name", "string", "str"))
    found = DriftMonitor("7", columns, FeatureProfile(100, {"año": DECILES}, DECILES), WindowSize(10_000, 3600.0))
    found.observe([(2.5, "a")] * rows, [2.5] * rows)
    while found.count_portion():
        pass
    return found


def lines_of(monitor: DriftMonitor | None) -> list[str]:
    """The lines of the metrics of drift."""
    metrics = Metrics()
    metrics.register(DriftCollector(lambda: monitor))
    lines = metrics.text().decode().splitlines()
    return [line for line in lines if "drift" in line and not line.startswith("#")]


def test_figures() -> None:
    """Each column with a figure, the predictions and the number of rows, with the version."""
    found = lines_of(monitor_of(600))
    assert [line.rpartition(" ")[0] for line in found] == [
        'inference_drift_psi{column="año",version="7"}',
        'inference_prediction_drift_psi{version="7"}',
        'inference_drift_rows{version="7"}',
    ]
    values = [float(line.rpartition(" ")[2]) for line in found]
    assert values[0] == values[1] > 0.25
    assert values[2] == 600


def test_too_few_rows() -> None:
    """A figure for which there are too few rows is absent."""
    assert lines_of(monitor_of(499)) == ['inference_drift_rows{version="7"} 499.0']


def test_without_a_profile() -> None:
    """A model without a profile has no metric of drift."""
    assert lines_of(None) == []
