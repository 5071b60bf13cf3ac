"""`/invocations` answers as `mlflow models serve` does, for every kind of model and every form of body."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import httpx
import mlflow
import pytest
from mlflow.pyfunc import PyFuncModel
from mlflow.pyfunc.scoring_server.client import ScoringServerClient
from model_cases import CASES, Case
from registration import register
from scoring_bodies import MORE_LENIENT, STRICTER, WRONG, with_texts
from scoring_comparison import compare_forms, invoke, same_predictions
from scoring_server import scoring_server
from service_process import Service

pytestmark = [
    pytest.mark.integration,
    # MLflow's own client warns about integer columns, and uses what pandas 3 deprecates: not the subject here.
    pytest.mark.filterwarnings("ignore::UserWarning"),
    pytest.mark.filterwarnings("ignore::pandas.errors.Pandas4Warning"),
]
NAME = "scored"


@pytest.fixture(scope="module")
def service(serve: Callable[..., Service]) -> Service:
    """One service that every case swaps its model into."""
    return serve(NAME)


@dataclass(frozen=True)
class Served:
    """A case that the service serves.

    Attributes:
        kind: Its name.
        case: The model and its data.
        reference: What `mlflow.pyfunc` loads.
    """

    kind: str
    case: Case
    reference: PyFuncModel


@pytest.fixture(scope="module", params=CASES)
def served(request: pytest.FixtureRequest, service: Service, mlflow_server: str) -> Served:
    """Each case in turn; the tests of one follow each other."""
    case: Case = CASES[request.param]()
    version = register(mlflow_server, NAME, case.estimator, **case.options)
    service.wait_version(version)
    return Served(request.param, case, mlflow.pyfunc.load_model(f"models:/{NAME}/{version}"))


@pytest.fixture(scope="module")
def mlflow_port(served: Served) -> Iterator[int]:
    """The port of MLflow's own scoring server with the same version."""
    with scoring_server(served.reference) as port:
        yield port


def test_mlflow_client_gets_mlflow_answers(served: Served, service: Service, mlflow_port: int) -> None:
    """MLflow's own client, as it is, gets the same answers from this service as from MLflow's server, row by row."""
    data = served.case.data
    complete = with_texts(data)[:25]
    ours, theirs = client_of(int(service.url.rpartition(":")[2])), client_of(mlflow_port)
    ours.wait_server_ready()
    assert ours.get_version() == theirs.get_version()
    for place in range(10):
        row = data[place : place + 1]
        assert ours.invoke(row) == theirs.invoke(row)
    assert same_predictions(ours.invoke(complete), theirs.invoke(complete))


def test_every_form_gets_mlflow_answers(served: Served, service: Service, mlflow_port: int) -> None:
    """Whatever form MLflow's server answers the rows in, the service answers it, and equally."""
    with httpx.Client(base_url=f"http://127.0.0.1:{mlflow_port}") as theirs:
        answered = compare_forms(service.client, theirs, with_texts(served.case.data)[:25])
    assert len(answered) >= 2, answered


@pytest.mark.parametrize("served", WRONG, indirect=True)
def test_wrong_inputs_get_mlflow_statuses(served: Served, service: Service, mlflow_port: int) -> None:
    """What MLflow's server refuses, or accepts, so does the service, but for the differences that are told here."""
    with httpx.Client(base_url=f"http://127.0.0.1:{mlflow_port}") as theirs:
        for wrong in WRONG[served.kind]:
            wanted, found = invoke(theirs, wrong.body), invoke(service.client, wrong.body)
            statuses = f"{wrong.body.form}: {wanted.status_code} {wanted.text}; ours {found.status_code} {found.text}"
            assert wanted.is_success == wrong.difference.startswith(STRICTER), statuses
            assert found.is_success == wrong.difference.startswith(MORE_LENIENT), statuses
            if found.is_success:
                continue
            assert found.status_code in {400, 415}, statuses
            assert found.json().keys() == {"error_code", "message"}, statuses
            assert wanted.status_code in {200, found.status_code}, statuses


def client_of(port: int) -> ScoringServerClient:
    """MLflow's client of a scoring server."""
    return ScoringServerClient("127.0.0.1", port)
