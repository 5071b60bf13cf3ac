"""The service's own protocol: converting bodies to rows, and outcomes to bodies."""

import json
from dataclasses import replace

import pytest

from src.controller.protocols.endpoint import PredictionRequest, RequestParameters
from src.controller.protocols.json_rows import RowBatch, SingleRow
from src.controller.protocols.table import prediction_endpoints
from src.errors import (
    ApiError,
    BodyTooLargeError,
    InvalidParameterError,
    InvalidRowError,
    NoProbabilitiesError,
    OverloadedError,
    RefusedRowError,
)
from src.service.prediction.model import LoadedModel, Outcome
from src.service.prediction.probabilities import Classifier, ClassProbabilities
from src.settings import Settings
from tests.unit.inference_api.doubles import EXAMPLE, model_of, regression

MODEL = model_of(regression())
CLASSIFIER = replace(MODEL, classifier=Classifier.of(["alto", 2, True], MODEL.method))
ROW = tuple(EXAMPLE.values())
BODY = json.dumps(EXAMPLE).encode()


def one(query: str = "", body: bytes = BODY, model: LoadedModel = MODEL) -> PredictionRequest:
    """A request of a single row."""
    return SingleRow().bind(RequestParameters(query=query))(body, model)


def many(query: str = "", rows: int = 2, limit: int = 9, model: LoadedModel = MODEL) -> PredictionRequest:
    """A request of many rows."""
    return RowBatch(limit).bind(RequestParameters(query=query))(b"[%b]" % b",".join([BODY] * rows), model)


def test_bodies_become_rows() -> None:
    """One object is one row; an array has a row for each of its objects."""
    assert list(one().rows) == [ROW]
    assert list(many().rows) == [ROW, ROW]
    assert not one().probabilities
    assert not many().probabilities


def test_invalid_bodies_are_errors() -> None:
    """A wrong row and too many rows are errors of the request."""
    with pytest.raises(InvalidRowError):
        one(body=b"{}")
    with pytest.raises(BodyTooLargeError, match="3 rows; the limit is 2"):
        many(rows=3, limit=2)


@pytest.mark.parametrize("value", [1.5, "sí", True, ["a", 2.5], None])
def test_outcomes_become_a_body(value: Outcome) -> None:
    """The body has the values that the model returned."""
    single, batch = one().content([value]), many().content([value, 1])
    assert isinstance(single, bytes)
    assert isinstance(batch, bytes)
    assert json.loads(single) == {"prediction": value}
    assert json.loads(batch) == {"predictions": [value, 1]}


def test_an_error_takes_the_place_of_the_body() -> None:
    """A row's own error is the single request's; a batch names its refused rows, or gives the service's fault."""
    refused, fault = RefusedRowError("no"), OverloadedError("full")
    wanted = "probabilities=true"
    for query, model in (("", MODEL), (wanted, CLASSIFIER)):
        assert one(query, model=model).content([refused]) is refused
        named = many(query, model=model).content([1, refused, 2])
        assert isinstance(named, ApiError)
        assert [problem.field for problem in named.fields] == ["[1]"]
        assert many(query, model=model).content([1, refused, fault]) is fault


def test_probabilities_have_the_classes_as_keys() -> None:
    """A class that is no text is named by its JSON text; a batch has one object for each row."""
    outcome = ClassProbabilities("alto", [0.5, 0.25, 0.25])
    named = {"alto": 0.5, "2": 0.25, "true": 0.25}
    single = one("probabilities=true", model=CLASSIFIER)
    batch = many("probabilities=true", model=CLASSIFIER)
    assert single.probabilities
    assert batch.probabilities
    assert [list(single.rows), list(batch.rows)] == [[ROW], [ROW, ROW]]
    contents = single.content([outcome]), batch.content([outcome] * 2)
    assert all(isinstance(content, bytes) for content in contents)
    assert json.loads(contents[0]) == {"prediction": "alto", "probabilities": named}  # type: ignore[arg-type]  # bytes, see above
    assert json.loads(contents[1]) == {"predictions": ["alto"] * 2, "probabilities": [named] * 2}  # type: ignore[arg-type]  # bytes, see above


def test_a_model_without_probabilities_says_why() -> None:
    """The error has the reason that was found when the model was loaded."""
    model = replace(MODEL, probabilities_reason="LinearRegression has no classes")
    with pytest.raises(NoProbabilitiesError, match="LinearRegression has no classes"):
        one("probabilities=true", model=model)
    with pytest.raises(NoProbabilitiesError, match="LinearRegression has no classes"):
        many("probabilities=1", model=model)


@pytest.mark.parametrize("endpoint", [SingleRow(), RowBatch(9)])
def test_a_wrong_parameter_is_named(endpoint: SingleRow | RowBatch) -> None:
    """A word that is neither true nor false is refused by the parameter's name."""
    with pytest.raises(InvalidParameterError) as caught:
        endpoint.bind(RequestParameters(query="probabilities=perhaps"))
    assert [problem.field for problem in caught.value.fields] == ["probabilities"]


def test_the_table_has_every_path_once() -> None:
    """The route and the lane find an endpoint by its path."""
    paths = [endpoint.path for endpoint in prediction_endpoints(Settings())]
    assert len(set(paths)) == len(paths)
    assert {"/predict", "/predict/batch"} <= set(paths)
