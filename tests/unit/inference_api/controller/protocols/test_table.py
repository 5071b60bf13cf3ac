"""What holds for every endpoint of the table."""

import gc
import json
import weakref
from typing import Any

import pytest

from src.controller.protocols.endpoint import PredictionEndpoint, RequestParameters
from src.controller.protocols.table import prediction_endpoints
from src.settings import Settings
from tests.unit.inference_api.doubles import EXAMPLE, model_of, regression

ENDPOINTS = {endpoint.path: endpoint for endpoint in prediction_endpoints(Settings())}
PARAMETERS = RequestParameters(path={"model": "linear_regression_model", "version": "1"})


def example_of(operation: dict[str, Any]) -> bytes:
    """The body that the OpenAPI operation shows."""
    content = operation["requestBody"]["content"]["application/json"]
    shown = content["example"] if "example" in content else next(iter(content["examples"].values()))["value"]
    return json.dumps(shown).encode()


@pytest.mark.parametrize("endpoint", ENDPOINTS.values(), ids=ENDPOINTS)
def test_the_example_is_a_request(endpoint: PredictionEndpoint) -> None:
    """The body in the OpenAPI description becomes the model's example row."""
    model = model_of(regression())
    request = endpoint.bind(PARAMETERS)(example_of(endpoint.operation(model)), model)
    assert list(request.rows) == [tuple(EXAMPLE.values())]


@pytest.mark.parametrize("endpoint", ENDPOINTS.values(), ids=ENDPOINTS)
def test_no_model_is_kept(endpoint: PredictionEndpoint) -> None:
    """When another model has taken its place, nothing keeps a model in memory, not even the reader of a cached head."""
    model = model_of(regression())
    estimator = weakref.ref(model.estimator)
    body = example_of(endpoint.operation(model))
    read = endpoint.bind(PARAMETERS)
    assert read(body, model).content([1.5])
    del model
    gc.collect()
    assert estimator() is None
