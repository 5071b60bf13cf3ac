"""The stack after `up`: published ports, storage, credentials and limits."""

import math
from collections.abc import Callable

import httpx
import pytest

from tests.e2e.compose_stack import Stack, inspect_container, service_of
from tests.e2e.published import published_ports
from tests.e2e.registered_model import champion, newest_version

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]


def test_a_prediction_comes_back_from_a_clean_checkout(stack: Stack) -> None:
    """After `up` on a clean checkout without `.env` the gateway returns predictions of the champion."""
    answer = stack.predict()

    assert answer.status_code == 200
    assert math.isfinite(answer.json()["prediction"])
    assert answer.headers["X-Model-Version"] == champion()


def test_up_that_waits_ends_well(stack: Stack) -> None:
    """`up --wait` succeeds when all services are ready, although Docker does not probe the API."""
    done = stack.compose("up", "--detach", "--wait", check=False)

    assert done.returncode == 0, done.stderr
    assert stack.serves()


def test_up_that_waits_ends_well_while_the_trainer_ends(stack: Stack) -> None:
    """The trainer ends while `up --wait` waits: that is no failure."""
    stack.compose("start", "model-trainer")
    assert inspect_container("model_trainer")["State"]["Running"]
    done = stack.compose("up", "--detach", "--wait", check=False)

    assert done.returncode == 0, done.stderr
    assert not inspect_container("model_trainer")["State"]["Running"]


def test_only_the_gateway_is_published_on_every_address(stack: Stack) -> None:
    """Port 8000 is published on every address, the pages and HTTPS on loopback, MySQL and S3 not at all."""
    published = published_ports(stack)

    open_ports = {(address, port) for address, port in published["gateway"] if ":" not in address}
    assert {(address, port) for address, port in open_ports if address != "127.0.0.1"} == {("0.0.0.0", 8000)}
    assert len(open_ports) == 2
    assert published["mlflow"] == {("127.0.0.1", 8005)}
    assert published["minio"] == {("127.0.0.1", 8009)}
    assert not any(published[service] for service in published.keys() - {"gateway", "mlflow", "minio"})


def test_the_pages_answer_on_loopback(stack: Stack) -> None:
    """MLflow's page and MinIO's console answer at the addresses of README, with both names of loopback."""
    assert "<title>MLflow</title>" in httpx.get("http://localhost:8005", timeout=10).text
    assert httpx.get("http://127.0.0.1:8005/ajax-api/2.0/mlflow/experiments/search?max_results=5", timeout=10).json()
    assert "MinIO Console" in httpx.get("http://localhost:8009", timeout=10, follow_redirects=True).text
    assert stack.serves()


def test_artifacts_lie_in_the_bucket_and_metadata_in_mysql(stack: Stack, measured: Callable[[str], None]) -> None:
    """The model's files are objects of the bucket, and its name is a row of `registered_models`."""
    list_objects = (
        "import boto3, os;"
        "s3 = boto3.client('s3', endpoint_url=os.environ['MLFLOW_S3_ENDPOINT_URL']);"
        "print(*(o['Key'] for o in s3.list_objects_v2(Bucket='mlflow-artifacts')['Contents']), sep='\\n')"
    )
    keys = stack.compose("exec", "-T", "mlflow", "python", "-c", list_objects).stdout.split()
    query = 'MYSQL_PWD=$MYSQL_PASSWORD mysql -u$MYSQL_USER -N -e "SELECT name FROM registered_models" $MYSQL_DATABASE'
    rows = stack.compose("exec", "-T", "mysql", "sh", "-c", query).stdout.split()

    assert any(key.endswith("/artifacts/model.skops") for key in keys)
    assert any(key.endswith("/artifacts/MLmodel") for key in keys)
    assert rows == ["linear_regression_model"]
    measured(f"objects in the bucket: {', '.join(keys)}")
    measured(f"rows of registered_models: {', '.join(rows)}")


def test_only_mlflow_and_the_bucket_job_hold_s3_credentials(stack: Stack) -> None:
    """The API and the trainer get artifacts through MLflow and have no key of the storage."""
    holders = {
        service_of(container)
        for container in stack.containers()
        if any(variable.startswith("AWS_SECRET_ACCESS_KEY=") for variable in container["Config"]["Env"])
    }

    assert holders == {"mlflow", "create-minio-buckets"}


def test_the_api_has_the_limits_of_the_workshop(stack: Stack) -> None:
    """Half a core and 512 MiB at most, a quarter of a core and 256 MiB reserved, 20,000 descriptors."""
    [container] = [
        c for c in stack.containers() if c["Config"]["Labels"]["com.docker.compose.service"] == "fastapi-app"
    ]

    assert container["HostConfig"]["NanoCpus"] == 500_000_000
    assert container["HostConfig"]["Memory"] == 512 * 2**20
    assert container["HostConfig"]["MemoryReservation"] == 256 * 2**20
    assert container["HostConfig"]["Ulimits"] == [{"Name": "nofile", "Hard": 20_000, "Soft": 20_000}]


def test_training_and_restarting_are_quiet_when_nothing_is_to_do(stack: Stack) -> None:
    """A second `up` runs all jobs again: they succeed without a second version."""
    before = newest_version()
    stack.compose("up", "-d")
    codes = {service_of(container): container["State"]["ExitCode"] for container in stack.containers()}
    assert codes["create-minio-buckets"] == codes["mlflow-migrate"] == 0

    stack.compose("run", "--rm", "--no-deps", "-T", "model-trainer", "--skip-if-registered")
    assert newest_version() == before


def test_the_stack_stays_ready_while_the_registry_is_down(stack: Stack) -> None:
    """Without MLflow, MySQL and MinIO predictions succeed, and a new replica serves from its cache."""
    stack.compose("stop", "mlflow", "mysql", "minio")
    try:
        assert stack.serves()
        stack.compose("restart", "fastapi-app")
        stack.wait_until_serving()
    finally:
        stack.compose("up", "-d")
