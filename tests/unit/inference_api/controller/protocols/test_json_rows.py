"""The service's own protocol: bodies to rows, outcomes to bodies."""

import json

import pytest

from src.controller.protocols.json_rows import RowBatch, SingleRow
from src.controller.protocols.table import prediction_endpoints
from src.errors import ApiError, BodyTooLargeError, InvalidRowError, OverloadedError, RefusedRowError
from src.service.prediction.model import Outcome
from src.settings import Settings
from tests.unit.inference_api.doubles import EXAMPLE, model_of, regression

MODEL = model_of(regression())
ROW = tuple(EXAMPLE.values())


def test_bodies_become_rows() -> None:
    """One object is one row; an array has a row for each of its objects."""
    body = json.dumps(EXAMPLE).encode()
    assert SingleRow().rows(body, MODEL) == (ROW,)
    assert RowBatch(2).rows(b"[%b,%b]" % (body, body), MODEL) == [ROW, ROW]


def test_what_does_not_fit_is_an_error() -> None:
    """A wrong row and too many rows are errors of the request."""
    with pytest.raises(InvalidRowError):
        SingleRow().rows(b"{}", MODEL)
    with pytest.raises(BodyTooLargeError, match="3 rows; the limit is 2"):
        RowBatch(2).rows(json.dumps([EXAMPLE] * 3).encode(), MODEL)


@pytest.mark.parametrize("value", [1.5, "sí", True, ["a", 2.5], None])
def test_outcomes_become_a_body(value: Outcome) -> None:
    """A value is JSON as the model gave it."""
    one, many = SingleRow().content([value]), RowBatch(9).content([value, 1])
    assert isinstance(one, bytes)
    assert isinstance(many, bytes)
    assert json.loads(one) == {"prediction": value}
    assert json.loads(many) == {"predictions": [value, 1]}


def test_an_error_takes_the_place_of_the_body() -> None:
    """A row's own error is the single request's; a batch names its refused rows, or gives the service's fault."""
    refused, fault = RefusedRowError("no"), OverloadedError("full")
    assert SingleRow().content([refused]) is refused
    named = RowBatch(9).content([1, refused, 2])
    assert isinstance(named, ApiError)
    assert [problem.field for problem in named.fields] == ["[1]"]
    assert RowBatch(9).content([1, refused, fault]) is fault


def test_the_table_has_every_path_once() -> None:
    """Route and lane tell endpoints apart by their path."""
    paths = [endpoint.path for endpoint in prediction_endpoints(Settings())]
    assert len(set(paths)) == len(paths)
    assert {"/predict", "/predict/batch"} <= set(paths)
