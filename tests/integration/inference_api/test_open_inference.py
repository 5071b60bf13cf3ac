"""Clients of the Open Inference Protocol get the answers of `POST /predict/batch`, for models of every kind."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pytest
from inference_clients.client_process import ClientProcess
from service_process import Service
from tritonclient.http import InferenceServerClient, InferInput, InferRequestedOutput
from tritonclient.utils import InferenceServerException, np_to_triton_dtype, triton_to_np_dtype

from tests.integration.inference_api.conftest import EVERY_KIND, Served
from tests.integration.inference_api.test_equality import json_rows

pytestmark = [
    pytest.mark.integration,
    # MLflow's own client warns about integer columns, and uses what pandas 3 deprecates: not the subject here.
    pytest.mark.filterwarnings("ignore::UserWarning"),
    pytest.mark.filterwarnings("ignore::pandas.errors.Pandas4Warning"),
]
NAME = EVERY_KIND
MODEL = f"/v2/models/{NAME}"
PEERS = Path(__file__).parents[3] / "benchmarks" / "peers"
ROWS = 25


@dataclass(frozen=True)
class TensorCase:
    """A model of one kind that serves, and what the service's own protocol answers for it.

    Attributes:
        service: The service.
        version: The model's version.
        metadata: What the protocol tells of it.
        rows: JSON objects; in the clients' arrays only numbers can be missing.
        tensors: The same rows as arrays, by the metadata.
        predictions: The values of all predictions, row after row.
        probabilities: The values of all probabilities; None for a model without.
    """

    service: Service
    version: str
    metadata: dict[str, Any]
    rows: list[dict[str, Any]]
    tensors: dict[str, np.ndarray[Any, Any]]
    predictions: list[Any]
    probabilities: list[float] | None

    @property
    def inputs(self) -> list[dict[str, Any]]:
        """The tensors for a client in another process."""
        return [
            {
                "name": name,
                "dtype": str(array.dtype),
                "shape": list(array.shape),
                "values": [None if value != value else value for value in array.ravel().tolist()],  # noqa: PLR0124 - NaN differs from itself
            }
            for name, array in self.tensors.items()
        ]

    @property
    def outputs(self) -> dict[str, list[Any]]:
        """The values of every output."""
        found = {"predict": self.predictions}
        return found if self.probabilities is None else {**found, "predict_proba": self.probabilities}


# For the session, not for this file: the tests of other files for the same kind of model come between.
@pytest.fixture(scope="session")
def kserve() -> Iterator[ClientProcess]:
    """KServe's client, which wants an older pandas than the project's."""
    with ClientProcess("kserve", "kserve_client") as client:
        yield client


@pytest.fixture(scope="session")
def mlserver() -> Iterator[ClientProcess]:
    """MLServer's codecs, in the environment of the benchmark's MLServer."""
    with ClientProcess("mlserver", "mlserver_client", PEERS) as client:
        yield client


@pytest.fixture(scope="module")
def tensor_case(served: Served) -> TensorCase:
    """A model of each kind, with the answers of the service's own protocol."""
    service = served.service
    metadata = service.client.get(MODEL).json()
    numbers = {tensor["name"] for tensor in metadata["inputs"] if tensor["datatype"].startswith("FP")}
    rows = [
        row
        for row in json_rows(served.case.data[:ROWS])
        if all(value is not None or name in numbers for name, value in row.items())
    ]
    found = service.client.post("/predict/batch", json=rows).json()
    probable = service.client.post("/predict/batch?probabilities=true", json=rows)
    probabilities = None
    if probable.status_code == 200:
        probabilities = [value for row in probable.json()["probabilities"] for value in row.values()]
    return TensorCase(
        service,
        served.version,
        metadata,
        rows,
        _tensors(rows, metadata["inputs"]),
        np.ravel(found["predictions"]).tolist(),
        probabilities,
    )


def _tensors(rows: list[dict[str, Any]], inputs: list[dict[str, Any]]) -> dict[str, np.ndarray[Any, Any]]:
    """The rows as arrays with the names, datatypes and shapes that the service tells."""
    arrays = {}
    for tensor in inputs:
        shape = [len(rows), *tensor["shape"][1:]]
        names = list(rows[0]) if len(inputs) == 1 else [tensor["name"]]
        values = [np.nan if row[name] is None else row[name] for row in rows for name in names]
        arrays[tensor["name"]] = np.array(values, triton_to_np_dtype(tensor["datatype"])).reshape(shape)
    return arrays


@pytest.mark.parametrize("form", ["binary", "JSON"])
def test_triton(tensor_case: TensorCase, form: str) -> None:
    """Triton's client, with its defaults and with JSON both ways, by the model's name and by its version."""
    client = InferenceServerClient(urlsplit(tensor_case.service.url).netloc)
    inputs = []
    for name, array in tensor_case.tensors.items():
        datatype = next(tensor["datatype"] for tensor in tensor_case.metadata["inputs"] if tensor["name"] == name)
        inputs.append(InferInput(name, list(array.shape), datatype).set_data_from_numpy(array, form == "binary"))
    # Without outputs the client asks for the predictions as binary data.
    results = [client.infer(NAME, inputs, request_id="7")] if form == "binary" else []
    wanted = [InferRequestedOutput(name, form == "binary") for name in tensor_case.outputs]
    results.append(client.infer(NAME, inputs, model_version=tensor_case.version, outputs=wanted))
    for result in results:
        response = result.get_response()
        assert (response["model_name"], response["model_version"]) == (NAME, tensor_case.version)
        for output in response["outputs"]:
            assert _values(result.as_numpy(output["name"])) == tensor_case.outputs[output["name"]]
            (described,) = [tensor for tensor in tensor_case.metadata["outputs"] if tensor["name"] == output["name"]]
            assert described["datatype"] == output["datatype"]
            assert described["shape"][1:] == output["shape"][1:]
    assert [output["name"] for output in results[-1].get_response()["outputs"]] == list(tensor_case.outputs)
    assert [tensor["name"] for tensor in tensor_case.metadata["outputs"]] == list(tensor_case.outputs)
    client.close()


@pytest.mark.parametrize("form", ["binary", "JSON"])
def test_kserve(tensor_case: TensorCase, form: str, kserve: ClientProcess) -> None:
    """KServe's client, with binary data and with JSON both ways."""
    answer = kserve.ask(
        url=tensor_case.service.url,
        model=NAME,
        inputs=tensor_case.inputs,
        outputs=list(tensor_case.outputs),
        binary=form == "binary",
    )
    assert answer == {"result": {"health": [True, True, True], "outputs": tensor_case.outputs}}


def test_mlserver(tensor_case: TensorCase, mlserver: ClientProcess) -> None:
    """MLServer's codecs: of tables, and of arrays where the model's input is one."""
    job = {
        "url": f"{tensor_case.service.url}{MODEL}/infer",
        "inputs": tensor_case.inputs,
        "outputs": list(tensor_case.outputs),
    }
    is_array = len(tensor_case.tensors) == 1 and tensor_case.inputs[0]["dtype"] != "object"
    answer = mlserver.ask(**job, codec="numpy" if is_array else "pandas")
    assert answer == {"result": {"outputs": tensor_case.outputs}}
    answer = mlserver.ask(**{**job, "outputs": []}, codec="numpy" if is_array else "pandas")
    assert answer == {"result": {"outputs": {"predict": tensor_case.predictions}}}


def test_missing_values(tensor_case: TensorCase) -> None:
    """Every kind of value may be missing, as null: the answers are those for the same objects."""
    rows = [*tensor_case.rows[:3], *[dict.fromkeys(tensor_case.rows[0])] * 2]
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    datatypes = {str: "BYTES", bool: "BOOL", int: "INT64", float: "FP64"}
    inputs = [
        {"name": name, "shape": [len(rows)], "datatype": datatypes[type(values[0])], "data": values}
        for name, values in columns.items()
    ]
    answer = tensor_case.service.client.post(f"{MODEL}/infer", json={"inputs": inputs})
    expected = tensor_case.service.client.post("/predict/batch", json=rows)
    assert answer.status_code == expected.status_code, answer.text
    if answer.status_code == 200:
        assert answer.json()["outputs"][0]["data"] == np.ravel(expected.json()["predictions"]).tolist()
    else:
        # Of each column the first row is named.
        fields = [problem["field"] for problem in expected.json()["fields"] if problem["field"].startswith("[3]")]
        assert fields
        assert all(field in answer.json()["error"] for field in fields)


def test_what_is_wrong_is_a_sentence_for_tritons_client(tensor_case: TensorCase) -> None:
    """Its exception has the status and the sentence of the error."""
    client = InferenceServerClient(urlsplit(tensor_case.service.url).netloc)
    name, array = next(iter(tensor_case.tensors.items()))
    tensor = InferInput(name, list(array.shape), "BYTES" if array.dtype == object else np_to_triton_dtype(array.dtype))
    tensor.set_data_from_numpy(array)
    calls: list[tuple[Callable[[], Any], str, str]] = [
        (lambda: client.get_model_metadata("other"), "404", "model 'other' is not served"),
        (lambda: client.infer(NAME, [tensor], "0"), "404", f"model '{NAME}', version '0', is not served"),
        (lambda: client.infer(NAME, []), "422", "the request has no inputs"),
        (lambda: client.infer(NAME, [tensor], outputs=[InferRequestedOutput("transform")]), "422", "'transform'"),
        (lambda: client.infer(NAME, [tensor.set_shape([7])]), "422", f"input {name!r} has"),
    ]
    for call, status, sentence in calls:
        with pytest.raises(InferenceServerException) as caught:
            call()
        assert caught.value.status() == status
        assert sentence in caught.value.message()
    assert client.is_server_live()
    assert client.is_server_ready()
    assert client.is_model_ready(NAME, tensor_case.version)
    assert not client.is_model_ready(NAME, "0")
    client.close()


def _values(array: np.ndarray[Any, Any]) -> list[Any]:
    return [value.decode() if isinstance(value, bytes) else value for value in array.ravel().tolist()]
