"""Clients of the Open Inference Protocol get the answers of `POST /predict/batch`, for models of every kind."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pytest
from inference_clients.client_process import ClientProcess
from model_cases import CASES, Case
from registration import register
from service_process import Service
from tritonclient.http import InferenceServerClient, InferInput, InferRequestedOutput
from tritonclient.utils import triton_to_np_dtype

from tests.integration.inference_api.test_equality import json_rows

pytestmark = [
    pytest.mark.integration,
    # MLflow's own client warns about integer columns, and uses what pandas 3 deprecates: not the subject here.
    pytest.mark.filterwarnings("ignore::UserWarning"),
    pytest.mark.filterwarnings("ignore::pandas.errors.Pandas4Warning"),
]
NAME = "every_tensor"
MODEL = f"/v2/models/{NAME}"
PEERS = Path(__file__).parents[3] / "benchmarks" / "peers"
ROWS = 25


@dataclass(frozen=True)
class Served:
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


@pytest.fixture(scope="module")
def service(serve: Callable[..., Service]) -> Service:
    """One service that every kind swaps its model into."""
    return serve(NAME)


@pytest.fixture(scope="module")
def kserve() -> Iterator[ClientProcess]:
    """KServe's client, which wants an older pandas than the project's."""
    with ClientProcess("kserve", "kserve_client") as client:
        yield client


@pytest.fixture(scope="module")
def mlserver() -> Iterator[ClientProcess]:
    """MLServer's codecs, in the environment of the benchmark's MLServer."""
    with ClientProcess("mlserver", "mlserver_client", PEERS) as client:
        yield client


@pytest.fixture(scope="module", params=CASES)
def served(request: pytest.FixtureRequest, service: Service, mlflow_server: str) -> Served:
    """A model of each kind; the tests of one kind run one after the other."""
    case: Case = CASES[request.param]()
    version = register(mlflow_server, NAME, case.estimator, **case.options)
    service.wait_version(version)
    metadata = service.client.get(MODEL).json()
    numbers = {tensor["name"] for tensor in metadata["inputs"] if tensor["datatype"].startswith("FP")}
    rows = [
        row
        for row in json_rows(case.data[:ROWS])
        if all(value is not None or name in numbers for name, value in row.items())
    ]
    found = service.client.post("/predict/batch", json=rows).json()
    probable = service.client.post("/predict/batch?probabilities=true", json=rows)
    probabilities = None
    if probable.status_code == 200:
        probabilities = [value for row in probable.json()["probabilities"] for value in row.values()]
    return Served(
        service,
        version,
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
def test_triton(served: Served, form: str) -> None:
    """Triton's client, with its defaults and with JSON both ways, by the model's name and by its version."""
    client = InferenceServerClient(urlsplit(served.service.url).netloc)
    inputs = []
    for name, array in served.tensors.items():
        datatype = next(tensor["datatype"] for tensor in served.metadata["inputs"] if tensor["name"] == name)
        inputs.append(InferInput(name, list(array.shape), datatype).set_data_from_numpy(array, form == "binary"))
    # Without outputs the client asks for the predictions as binary data.
    results = [client.infer(NAME, inputs, request_id="7")] if form == "binary" else []
    wanted = [InferRequestedOutput(name, form == "binary") for name in served.outputs]
    results.append(client.infer(NAME, inputs, model_version=served.version, outputs=wanted))
    for result in results:
        response = result.get_response()
        assert (response["model_name"], response["model_version"]) == (NAME, served.version)
        for output in response["outputs"]:
            assert _values(result.as_numpy(output["name"])) == served.outputs[output["name"]]
            (described,) = [tensor for tensor in served.metadata["outputs"] if tensor["name"] == output["name"]]
            assert described["datatype"] == output["datatype"]
            assert described["shape"][1:] == output["shape"][1:]
    assert [output["name"] for output in results[-1].get_response()["outputs"]] == list(served.outputs)
    assert [tensor["name"] for tensor in served.metadata["outputs"]] == list(served.outputs)
    client.close()


@pytest.mark.parametrize("form", ["binary", "JSON"])
def test_kserve(served: Served, form: str, kserve: ClientProcess) -> None:
    """KServe's client, with binary data and with JSON both ways."""
    answer = kserve.ask(
        url=served.service.url,
        model=NAME,
        inputs=served.inputs,
        outputs=list(served.outputs),
        binary=form == "binary",
    )
    assert answer == {"result": {"health": [True, True, True], "outputs": served.outputs}}


def test_mlserver(served: Served, mlserver: ClientProcess) -> None:
    """MLServer's codecs: of tables, and of arrays where the model's input is one."""
    job = {"url": f"{served.service.url}{MODEL}/infer", "inputs": served.inputs, "outputs": list(served.outputs)}
    is_array = len(served.tensors) == 1 and served.inputs[0]["dtype"] != "object"
    answer = mlserver.ask(**job, codec="numpy" if is_array else "pandas")
    assert answer == {"result": {"outputs": served.outputs}}
    answer = mlserver.ask(**{**job, "outputs": []}, codec="numpy" if is_array else "pandas")
    assert answer == {"result": {"outputs": {"predict": served.predictions}}}


def test_missing_values(served: Served) -> None:
    """Every kind of value may be missing, as null: the answers are those for the same objects."""
    rows = [*served.rows[:3], *[dict.fromkeys(served.rows[0])] * 2]
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    datatypes = {str: "BYTES", bool: "BOOL", int: "INT64", float: "FP64"}
    inputs = [
        {"name": name, "shape": [len(rows)], "datatype": datatypes[type(values[0])], "data": values}
        for name, values in columns.items()
    ]
    answer = served.service.client.post(f"{MODEL}/infer", json={"inputs": inputs})
    expected = served.service.client.post("/predict/batch", json=rows)
    assert answer.status_code == expected.status_code, answer.text
    if answer.status_code == 200:
        assert answer.json()["outputs"][0]["data"] == np.ravel(expected.json()["predictions"]).tolist()
    else:
        assert [problem["field"] in answer.json()["error"] for problem in expected.json()["fields"]]


def _values(array: np.ndarray[Any, Any]) -> list[Any]:
    return [value.decode() if isinstance(value, bytes) else value for value in array.ravel().tolist()]
