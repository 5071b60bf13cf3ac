"""The inference endpoint: requests to rows, outcomes to responses."""

import json
from contextlib import suppress
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from src.controller.protocols.endpoint import RequestParameters, TypedContent
from src.controller.protocols.open_inference.errors import InvalidInferenceError, UnknownModelError
from src.controller.protocols.open_inference.infer import MODEL_PATH, VERSION_PATH, Infer
from src.controller.protocols.open_inference.messages import HEADER_LENGTH
from src.errors import ApiError, NoProbabilitiesError, NotJsonError, OverloadedError, RefusedRowError
from src.service.prediction.probabilities import Classifier, ClassProbabilities
from src.service.registry.bundle import Check
from tests.unit.inference_api.controller.protocols.open_inference.requests import (
    NAME,
    matrix,
    read,
    result,
    triton_body,
    triton_input,
)
from tests.unit.inference_api.doubles import EXAMPLE, model_of, regression

MODEL = model_of(regression(), checks=(Check(EXAMPLE, 321.0),))
CLASSIFIER = replace(MODEL, classifier=Classifier.of(["alto", "bajo"], MODEL.method))
ONE = matrix("FP64", [[1, 2, 3]])
TWO = matrix("FP64", [[1, 2, 3], [4, 5, 6]])
BOTH = {"outputs": [{"name": "predict_proba"}, {"name": "predict"}]}


def test_a_response_has_the_predictions() -> None:
    """And who answered; the id and the parameters of the request come back, except those about its form."""
    asked = read({**TWO, "id": "7", "parameters": {"trace": "á", "content_type": "pd"}}, MODEL)
    assert not asked.probabilities
    content = asked.content([321.0, 654.5])
    assert isinstance(content, bytes)
    assert json.loads(content) == {
        "model_name": NAME,
        "model_version": "1",
        "id": "7",
        "parameters": {"trace": "á"},
        "outputs": [
            {
                "name": "predict",
                "shape": [2, 1],
                "datatype": "FP64",
                "parameters": {"content_type": "np"},
                "data": [321.0, 654.5],
            }
        ],
    }
    content = read(ONE, MODEL).content([1.5])
    assert isinstance(content, bytes)
    assert json.loads(content).keys() == {"model_name", "model_version", "outputs"}


def test_a_response_of_another_version() -> None:
    """It names that version, and everything else is as in the response of the model's own."""
    asked = read({**TWO, "id": "7", "parameters": {"trace": "á"}}, MODEL)
    own, other = (asked.with_version(version).content([321.0, 654.5]) for version in ("1", "22"))
    assert isinstance(own, bytes)
    assert own == asked.content([321.0, 654.5])
    assert other == own.replace(b'"model_version":"1"', b'"model_version":"22"')


@pytest.mark.parametrize(
    "form",
    [
        {"parameters": {"binary_data_output": True}},
        {"outputs": [{"name": "predict", "parameters": {"binary_data": True}}]},
    ],
)
def test_binary_predictions(form: dict[str, Any]) -> None:
    """A client asks for them for all outputs, or for one."""
    content = read({**TWO, **form}, MODEL).content([1.5, 2.5])
    assert isinstance(content, TypedContent)
    assert content.media_type == "application/octet-stream"
    assert result(content).as_numpy("predict").tolist() == [[1.5], [2.5]]
    assert b"binary_data_output" not in content.body


def test_probabilities() -> None:
    """They are an output of their own, in the order of the request, each in the form that was asked for."""
    outcomes = [ClassProbabilities("alto", [0.75, 0.25]), ClassProbabilities("bajo", [0.5, 0.5])]
    asked = read({**TWO, **BOTH}, CLASSIFIER)
    assert asked.probabilities
    content = asked.content(outcomes)
    assert isinstance(content, bytes)
    outputs = json.loads(content)["outputs"]
    assert [(output["name"], output["shape"], output["data"]) for output in outputs] == [
        ("predict_proba", [2, 2], [0.75, 0.25, 0.5, 0.5]),
        ("predict", [2, 1], ["alto", "bajo"]),
    ]
    only = [{"name": "predict_proba", "parameters": {"binary_data": True}}, {"name": "predict"}]
    mixed = read({**TWO, "outputs": only}, CLASSIFIER).content(outcomes)
    assert isinstance(mixed, TypedContent)
    assert result(mixed).as_numpy("predict_proba").tolist() == [[0.75, 0.25], [0.5, 0.5]]
    assert result(mixed).as_numpy("predict").tolist() == [["alto"], ["bajo"]]


def test_an_output_may_be_json_among_binary_ones() -> None:
    """What an output says counts more than what the request says."""
    outputs = [{"name": "predict", "parameters": {"binary_data": False}}]
    content = read({**ONE, "outputs": outputs, "parameters": {"binary_data_output": True}}, MODEL).content([1.5])
    assert isinstance(content, bytes)


def test_no_rows_have_typed_outputs() -> None:
    """Their datatypes are those of the model's verified answers."""
    empty = {"inputs": [{"name": "x", "shape": [0, 3], "datatype": "FP64", "data": []}]}
    content = read({**empty, **BOTH}, CLASSIFIER).content([])
    assert isinstance(content, bytes)
    assert [(output["shape"], output["datatype"], output["data"]) for output in json.loads(content)["outputs"]] == [
        ([0, 2], "FP64", []),
        ([0, 1], "FP64", []),
    ]


def test_an_error_takes_the_place_of_the_response() -> None:
    """Refused rows are named together; the service's own fault is the answer as it is."""
    refused, fault = RefusedRowError("unknown category"), OverloadedError("full")
    error = read(TWO, MODEL).content([1.5, refused])
    assert isinstance(error, RefusedRowError)
    sentence = json.loads(Infer(MODEL_PATH, 9).error_content(error))["error"]
    assert sentence == "the model has no answer for 1 of 2 rows ([1]: unknown category)"
    assert read(TWO, MODEL).content([fault, refused]) is fault
    proba = read({**TWO, **BOTH}, CLASSIFIER)
    assert proba.content([ClassProbabilities(1, [0.5, 0.5]), fault]) is fault


def test_a_model_without_probabilities_says_why() -> None:
    """The error has the reason that was found when the model was loaded."""
    model = replace(MODEL, probabilities_reason="LinearRegression has no classes")
    with pytest.raises(NoProbabilitiesError, match="LinearRegression has no classes"):
        read({**ONE, **BOTH}, model)


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"outputs": [{"name": "transform"}]}, "output 'transform' is unknown; known are predict and predict_proba"),
        ({"outputs": [{"name": "predict"}] * 2}, "requested twice"),
        ({"outputs": [{"name": "predict"}, {"name": "predict_proba"}, {"name": "predict"}] * 9}, "requested twice"),
        ({"parameters": {"binary_data_output": 1}}, "binary_data_output must be true or false"),
        ({"outputs": [{"name": "predict", "parameters": {"binary_data": "yes"}}]}, "binary_data must be true or false"),
        ({"outputs": [{"name": "predict", "parameters": {"classification": 2}}]}, "classification: not supported"),
    ],
)
def test_wrong_outputs_are_named(fields: dict[str, Any], problem: str) -> None:
    """What the service cannot do is an error instead of another answer."""
    with pytest.raises(InvalidInferenceError, match=problem):
        read({**ONE, **fields}, MODEL)


def test_another_model_or_version_is_unknown() -> None:
    """The address has the registered model's name, and the version that serves or none."""
    assert read(ONE, MODEL, path={"model": NAME, "version": "1"}).rows
    for path in ({"model": "other"}, {"model": NAME, "version": "2"}, {"model": "other", "version": "1"}):
        with pytest.raises(UnknownModelError, match=f"served is '{NAME}', version '1'") as caught:
            read(ONE, MODEL, path=path)
        assert caught.value.status == 404


def test_a_model_is_known_by_itself() -> None:
    """After a change of version the same endpoint answers for the new one."""
    other = model_of(regression(), version="2")
    read_ = Infer(MODEL_PATH, 9).bind(RequestParameters(path={"model": NAME}))
    body = json.dumps(ONE).encode()
    versions = []
    for model in (MODEL, other, MODEL):
        content = read_(body, model).content([1.5])
        assert isinstance(content, bytes)
        versions.append(json.loads(content)["model_version"])
    assert versions == ["1", "2", "1"]


@pytest.mark.parametrize("text", ["x", "-1", "1.0", ""])
def test_a_wrong_header_is_refused(text: str) -> None:
    """Before the body is read."""
    with pytest.raises(InvalidInferenceError, match="Inference-Header-Content-Length"):
        Infer(MODEL_PATH, 9).bind(RequestParameters(path={"model": NAME}, headers={HEADER_LENGTH: text}))


def test_paths() -> None:
    """Of the model, and of a version."""
    assert Infer(MODEL_PATH, 9).path == "/v2/models/{model}/infer"
    assert Infer(VERSION_PATH, 9).path == "/v2/models/{model}/versions/{version}/infer"


def test_what_tritons_client_sends_by_default() -> None:
    """Binary inputs, and binary outputs asked for."""
    array = np.array([[1.5, 2, 3], [4, 5, 6]])
    body, length = triton_body([triton_input("x", array, binary=True)], parameters={"binary_data_output": True})
    asked = read(body, MODEL, length)
    assert [list(row) for row in asked.rows] == array.tolist()
    content = asked.content(MODEL.predict(asked.rows))
    assert not isinstance(content, ApiError)
    found = result(content).as_numpy("predict")
    assert np.allclose(found[:, 0], array @ [1, 10, 100])


@given(st.binary(max_size=30), st.integers(0, 150), st.integers(0, 60), st.none() | st.integers(0, 200))
def test_any_body_is_read_or_refused(noise: bytes, place: int, cut: int, length: int | None) -> None:
    """A damaged request gives rows or an error for the client, never another exception."""
    body, _length = triton_body([triton_input("x", np.array([[1.5, 2, 3]]), binary=True)])
    with suppress(InvalidInferenceError, NotJsonError):
        assert len(read(body[:place] + noise + body[place + cut :], MODEL, length).rows) <= 100
