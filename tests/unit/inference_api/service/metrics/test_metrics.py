"""Metrics, by the names that dashboards and alerts use."""

import re

from prometheus_client.parser import text_string_to_metric_families

from src.service.metrics.metrics import Metrics

FAMILIES = {
    "inference_requests": "counter",
    "inference_request_duration_seconds": "histogram",
    "inference_batch_rows": "histogram",
    "inference_predict_duration_seconds": "histogram",
    "inference_requests_in_flight": "gauge",
    "inference_queue_rows": "gauge",
    "inference_ready": "gauge",
    "inference_model_info": "gauge",
    "inference_model_reloads": "counter",
    "inference_model_reload_failing": "gauge",
    "process_resident_memory_bytes": "gauge",
    "process_cpu_seconds": "counter",
    "process_open_fds": "gauge",
    "python_gc_collections": "counter",
    "python_info": "gauge",
}


def samples(metrics: Metrics) -> dict[tuple[str, ...], float]:
    """Every sample by its name and the values of its labels, these in the order of their names."""
    return {
        (sample.name, *[value for _name, value in sorted(sample.labels.items())]): sample.value
        for family in text_string_to_metric_families(metrics.text().decode())
        for sample in family.samples
    }


def test_names_and_types() -> None:
    """Every metric has its name, its type and a sentence of help from the first moment."""
    found = {family.name: family for family in text_string_to_metric_families(Metrics().text().decode())}
    assert {name: found[name].type for name in FAMILIES} == FAMILIES
    assert all(family.documentation for family in found.values())


def test_request() -> None:
    """An answered request is counted by route and status, and timed by route."""
    metrics = Metrics()
    metrics.request("/predict", 200, 0.003)
    metrics.request("/predict", 200, 0.003)
    metrics.request("/predict", 422, 0.2)
    found = samples(metrics)
    assert found["inference_requests_total", "/predict", "200"] == 2
    assert found["inference_requests_total", "/predict", "422"] == 1
    assert found["inference_request_duration_seconds_count", "/predict"] == 3
    assert found["inference_request_duration_seconds_bucket", "0.005", "/predict"] == 2


def test_batch() -> None:
    """A batch is counted with its rows and the model's time."""
    metrics = Metrics()
    metrics.batch(3, 0.02)
    found = samples(metrics)
    assert found["inference_batch_rows_sum",] == 3
    assert found["inference_batch_rows_bucket", "2.0"] == 0
    assert found["inference_batch_rows_bucket", "4.0"] == 1
    assert found["inference_predict_duration_seconds_sum",] == 0.02


def test_one_version_serves() -> None:
    """After a swap only the new version is named."""
    metrics = Metrics()
    metrics.serving("name", "1", "champion")
    metrics.serving("name", "2", "champion")
    lines = re.findall(r"^inference_model_info\{.*", metrics.text().decode(), re.MULTILINE)
    assert lines == ['inference_model_info{alias="champion",name="name",role="champion",version="2"} 1.0']


def test_roles_are_named_beside_each_other() -> None:
    """A version in another role leaves the champion's name."""
    metrics = Metrics()
    metrics.serving("name", "1", "champion")
    metrics.serving("name", "2", "challenger", role="challenger")
    metrics.serving("name", "3", "challenger", role="challenger")
    found = [labels for name, *labels in samples(metrics) if name == "inference_model_info"]
    assert found == [["champion", "name", "champion", "1"], ["challenger", "name", "challenger", "3"]]


def test_state_is_read_at_scrape() -> None:
    """What waits in each place, and whether a model serves, is what the places say at the moment of the scrape."""
    metrics = Metrics()
    names = [("inference_requests_in_flight",), ("inference_queue_rows",), ("inference_ready",)]
    assert [samples(metrics)[name] for name in names] == [0, 0, 0]
    waiting = [5, 7]
    metrics.add_waiting(requests=lambda: waiting[0], rows=lambda: waiting[1])
    metrics.add_waiting(rows=lambda: 100)
    metrics.ready_when(lambda: bool(waiting))
    metrics.route_requests_in_flight += 1
    assert [samples(metrics)[name] for name in names] == [6, 107, 1]
    waiting[:] = [0, 0]
    assert [samples(metrics)[name] for name in names] == [1, 100, 1]


def test_reloads() -> None:
    """Attempts are counted by outcome; the gauge is 1 as long as polling the registry fails."""
    metrics = Metrics()
    metrics.reload("success")
    metrics.reload("failure")
    metrics.reload("failure")
    metrics.reload_failing(failing=True)
    found = samples(metrics)
    assert found["inference_model_reloads_total", "success"] == 1
    assert found["inference_model_reloads_total", "failure"] == 2
    assert found["inference_model_reload_failing",] == 1
    metrics.reload_failing(failing=False)
    assert samples(metrics)["inference_model_reload_failing",] == 0


def test_applications_do_not_share() -> None:
    """Two applications in one process count by themselves."""
    one, other = Metrics(), Metrics()
    one.batch(3, 0.02)
    assert samples(other)["inference_batch_rows_count",] == 0


def test_content_type() -> None:
    """The media type is Prometheus' text format."""
    assert Metrics.content_type.startswith("text/plain; version=")
