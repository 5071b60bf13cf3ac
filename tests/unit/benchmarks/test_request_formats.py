"""The request formats of the servers."""

import json

import pytest

from benchmarks import request_formats

NUMBERS = (("a", "b"), [(1.0, 2.0), (3.0, 4.0)])
WORDS = (("a", "colour"), [(1.0, "red"), (3.0, "blue")])


@pytest.mark.parametrize(
    ("request_format", "body"),
    [
        (request_formats.OURS, {"a": 1.0, "b": 2.0}),
        (request_formats.OURS_BATCH, [{"a": 1.0, "b": 2.0}, {"a": 3.0, "b": 4.0}]),
        (request_formats.MLFLOW, {"dataframe_split": {"columns": ["a", "b"], "data": [[1.0, 2.0], [3.0, 4.0]]}}),
        (request_formats.BENTO, {"rows": [[1.0, 2.0], [3.0, 4.0]]}),
        (
            request_formats.V2,
            {"inputs": [{"name": "rows", "shape": [2, 2], "datatype": "FP64", "data": [1.0, 2.0, 3.0, 4.0]}]},
        ),
    ],
)
def test_bodies_have_the_documented_format(request_format: request_formats.RequestFormat, body: object) -> None:
    """A body is the documented JSON value on one line, because the load generator reads lines."""
    text = request_format.body(*NUMBERS)

    assert json.loads(text) == body
    assert "\n" not in text


def test_rows_with_texts_are_sent_as_columns_in_the_v2_protocol() -> None:
    """An array of this protocol has one type, so that numbers and texts are separate arrays."""
    asked = json.loads(request_formats.V2.body(*WORDS))

    assert asked["parameters"] == {"content_type": "pd"}
    assert [(column["name"], column["datatype"], column["data"]) for column in asked["inputs"]] == [
        ("a", "FP64", [1.0, 3.0]),
        ("colour", "BYTES", ["red", "blue"]),
    ]


def test_path_has_the_name_of_the_model() -> None:
    """In the V2 protocol the model is part of the path."""
    assert request_formats.V2.path_of("forest") == "/v2/models/forest/infer"
    assert request_formats.OURS.path_of("forest") == "/predict"


def test_predictions_are_read_from_each_format() -> None:
    """Each server's response has the predictions at another place."""
    assert request_formats.OURS.predictions(b'{"prediction": 1.5}') == [1.5]
    assert request_formats.OURS_BATCH.predictions(b'{"predictions": [1.5, 2]}') == [1.5, 2]
    assert request_formats.MLFLOW.predictions(b'{"predictions": [1.5]}') == [1.5]
    assert request_formats.V2.predictions(b'{"outputs": [{"name": "predict", "data": [1.5]}]}') == [1.5]
    assert request_formats.BENTO.predictions(b"[1.5]") == [1.5]
