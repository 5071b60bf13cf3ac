"""Each problem of README's table is caused: its message appears. What `make doctor` tells is caused too."""

import os
import re
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import httpx
import pytest

from tests.e2e.compose_stack import API, LOAD_TESTING, PROJECT, Stack, StackError
from tests.e2e.diagnosis import Diagnosis, diagnose
from tests.e2e.readme import Reader, wait_for
from tests.unit.docs.markdown import ROOT, Document

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]

README = Document.read("README.md")
UP = f"docker compose -f {API} up -d"
READY = "curl -s http://localhost:8000/ready"
NOBODY = 65534

# Messages that other tests cause: their file has the words.
ELSEWHERE: Final = {
    "asked through the proxy": "tests/unit/inference_api/service/registry/test_client.py",
    "it wants a user that it knows": "tests/integration/inference_api/test_mlflow_users.py",
    "no basic auth credentials": "tests/e2e/test_readme_registry.py",
    "hace falta Python 3.11": "tests/unit/test_makefile.py",
}
# The message of Docker Hub alone; the registry on loopback says "no basic auth credentials" instead:
# https://github.com/docker/hub-feedback/issues/1222
DOCKER_HUB: Final = {"requested access to the resource is denied"}


def _messages() -> list[str]:
    """The first code span in the second column of each row, and the spans beside it."""
    table = README.text.partition("| problema |")[2].partition("\n\n")[0]
    cells = [row.split(" | ")[1] for row in table.splitlines()[2:]]
    spans = [re.findall(r"`([^`]+)`", cell) for cell in cells]
    return [span for found in spans for span in found if not span.startswith(("docker ", "/"))]


@pytest.fixture
def reader(stack: Stack) -> Iterator[Reader]:
    """A reader with a running stack; what a test breaks is repaired afterwards."""
    yield Reader(stack)
    _mend(stack)


@pytest.fixture
def without_a_model(stack: Stack) -> Iterator[Reader]:
    """A reader whose API is stopped and has an empty cache."""
    _forget_the_models(stack)
    yield Reader(stack)
    _mend(stack)


def _mend(stack: Stack) -> None:
    """Restore the servers."""
    stack.start_servers()
    stack.wait_until_serving()


def _forget_the_models(stack: Stack) -> None:
    stack.compose("rm", "--stop", "--force", "fastapi-app")
    subprocess.run(["docker", "volume", "rm", f"{PROJECT}_model-cache"], check=True, capture_output=True)


def test_every_message_is_provoked() -> None:
    """A test causes each message of the table."""
    here = Path(__file__).read_text(encoding="utf-8").partition("def test_every_message")[2]

    for message in set(_messages()) - DOCKER_HUB:
        source = (ROOT / ELSEWHERE[message]).read_text(encoding="utf-8") if message in ELSEWHERE else here
        assert message in source, message


def test_an_engine_that_does_not_run(stack: Stack, tmp_path: Path) -> None:
    """No process listens on the engine's socket."""
    said = diagnose(stack, DOCKER_HOST=f"unix://{tmp_path}/docker.sock")
    assert "Cannot connect to the Docker daemon" in said.findings["docker-stopped"]["what"]


@pytest.mark.usefixtures("docker_engine")
def test_a_user_who_may_not_use_the_engine(tmp_path: Path) -> None:
    """The user has no permission for the socket; root always has. The doctor looks for these words of the client."""
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "docker.sock"))
        server.listen()
        (tmp_path / "docker.sock").chmod(0)
        done = subprocess.run(
            ["docker", "version", "--format", "{{json .}}"],
            env={"PATH": os.environ["PATH"], "HOME": "/nonexistent", "DOCKER_HOST": f"unix://{tmp_path}/docker.sock"},
            user=NOBODY if os.geteuid() == 0 else None,
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode != 0
    assert "permission denied" in done.stderr.lower()


def _diagnose_until(codes: set[str], stack: Stack, **variables: str) -> Diagnosis:
    """Repeat the diagnosis until it has one of the findings."""
    deadline = time.monotonic() + 60
    while not codes & (found := diagnose(stack, **variables)).findings.keys():
        if time.monotonic() > deadline:
            raise StackError(f"never found {codes}: {found}")
        time.sleep(0.5)
    return found


def test_names_that_another_copy_holds(reader: Reader) -> None:
    """Docker refuses the name; the doctor names the container, and after its remedy `up` succeeds."""
    reader.stack.compose("rm", "--stop", "--force", "mlflow")
    reader.type("docker create --name mlflow_server haproxy:3.2")
    said = reader.says(UP)
    taken = diagnose(reader.stack).findings["name-taken"]
    reader.type(taken["remedy"])

    assert "is already in use by container" in said
    assert "mlflow_server" in taken["what"]
    assert reader.type(UP).returncode == 0


def test_limits_beyond_the_machine(reader: Reader) -> None:
    """More cores than exist, more files than allowed, less memory than is reserved: Docker and the doctor say so."""
    assert "range of cpus is from" in reader.says(f"API_CPU_LIMIT=9999 {UP} --no-deps fastapi-app").lower()
    assert "error setting rlimit" in reader.says(f"NOFILE=2000000000 {UP} --no-deps gateway")
    refused = reader.says(f"API_MEMORY_LIMIT=64M API_MEMORY_RESERVATION=128M {UP} --no-deps fastapi-app")
    assert "memory reservation" in refused
    limits = {"API_CPU_LIMIT": "9999", "API_MEMORY_LIMIT": "64M", "API_MEMORY_RESERVATION": "128M"}
    reader.stack.compose("rm", "--stop", "--force", "gateway")
    found = diagnose(reader.stack, NOFILE="2000000000", **limits)
    assert {"cpu-limit", "memory-limit", "open-files"} <= found.problems


def test_a_port_of_another_container(reader: Reader) -> None:
    """The doctor names the container with port 8000."""
    reader.stack.compose("rm", "--stop", "--force", "gateway")
    reader.type("docker run -d --rm --name squatter --entrypoint sleep -p 8000:8000 haproxy:3.2 600")
    try:
        assert "port is already allocated" in reader.says(UP)
        assert "squatter" in diagnose(reader.stack).findings["port-taken"]["what"]
    finally:
        reader.type("docker rm --force squatter")


def test_a_port_of_another_program(reader: Reader) -> None:
    """The API answers on another port after it is set."""
    reader.stack.compose("rm", "--stop", "--force", "gateway")
    with socket.create_server(("0.0.0.0", 8000), reuse_port=False):
        assert "address already in use" in reader.says(UP)
        taken = diagnose(reader.stack).findings["port-taken"]
        assert f"PID {os.getpid()}" in taken["what"]
        assert "API_PORT=8001 docker compose -f docker-compose-api.yml up -d" in taken["remedy"]
        assert reader.type("API_PORT=8001 docker compose -f docker-compose-api.yml up -d").returncode == 0
        wait_for('"ready"', reader, "curl -s http://localhost:8001/ready")


def test_a_model_that_nobody_registered(reader: Reader) -> None:
    """`/ready` reports it, and the doctor both what `/ready` says and what MLflow says."""
    reader.type(f"REGISTERED_MODEL_NAME=nobody {UP} --no-deps fastapi-app")
    wait_for("no version of the model", reader, READY)
    found = diagnose(reader.stack, REGISTERED_MODEL_NAME="nobody")
    assert "nobody" in found.findings["alias-missing"]["what"]
    assert "no version of the model" in found.findings["api-not-ready"]["what"]


def test_a_model_that_comes(without_a_model: Reader) -> None:
    """While the version is fetched, `/ready` reports that it is being loaded."""
    # With little CPU, so that it takes longer than the gateway needs to find the replica.
    without_a_model.type(f"API_CPU_LIMIT=0.2 API_CPU_RESERVATION=0.1 {UP} --no-deps fastapi-app")
    wait_for("the model is being loaded", without_a_model, READY)
    wait_for('"ready"', without_a_model, READY)


def test_mlflow_out_of_reach(reader: Reader) -> None:
    """`/ready` and the doctor report it, and the API reconnects by itself."""
    reader.stack.compose("stop", "mlflow")
    reader.type(f"MODEL_ALIAS=nobody {UP} --no-deps fastapi-app")
    wait_for("does not answer", reader, READY)
    found = diagnose(reader.stack, MODEL_ALIAS="nobody")
    assert "mlflow_server" in found.findings["container-stopped"]["what"]
    assert "does not answer" in found.findings["api-not-ready"]["what"]
    reader.stack.compose("start", "mlflow")
    wait_for("no version of the model", reader, READY)


def test_a_model_that_does_not_fit_into_memory(without_a_model: Reader) -> None:
    """MLflow fetches a version without golden answers and exceeds the limit; `/ready` reports it; more memory helps."""
    _register_without_a_record(without_a_model)
    without_a_model.type(
        f"MODEL_ALIAS=plain API_MEMORY_LIMIT=128M API_MEMORY_RESERVATION=32M {UP} --no-deps fastapi-app"
    )
    wait_for("the fetch was killed", without_a_model, READY)
    assert "API_MEMORY_LIMIT" in diagnose(without_a_model.stack).findings["api-not-ready"]["remedy"]
    without_a_model.type(f"MODEL_ALIAS=plain API_MEMORY_LIMIT=256M {UP} --no-deps fastapi-app")
    wait_for('"ready"', without_a_model, READY)
    without_a_model.type("API_MEMORY_LIMIT=512M docker compose -f docker-compose-api.yml up -d")
    wait_for('"ready"', without_a_model, READY)


def _register_without_a_record(reader: Reader) -> None:
    """Run README's script, which writes no `verification.json`, with another alias."""
    [script] = [block.text for block in README.section("Registrar tu propio modelo") if block.language == "python"]
    (reader.stack.checkout / "plain.py").write_text(script.replace('"champion"', '"plain"'), encoding="utf-8")
    mounted = '-v "$PWD/plain.py:/app/plain.py:ro" --entrypoint python model-trainer plain.py'
    done = reader.type(f"docker compose -f {API} run --rm {mounted}")
    assert done.returncode == 0, done.stderr


def test_an_api_that_does_not_fit_into_memory(reader: Reader) -> None:
    """The container is killed and restarted again and again; the gateway answers 503, and the doctor says why."""
    reader.type(f"API_MEMORY_LIMIT=48M API_MEMORY_RESERVATION=16M {UP} --no-deps fastapi-app")
    [replica] = reader.stack.containers_of("fastapi-app")
    wait_for("no replica of the API is running", reader, READY)
    found = _diagnose_until({"out-of-memory"}, reader.stack)
    assert replica["Name"].lstrip("/") in found.findings["out-of-memory"]["what"]


def test_a_version_that_is_not_promoted(reader: Reader) -> None:
    """Without `--force` a model with other columns is registered and does not serve."""
    said = reader.says(f"docker compose -f {API} run --rm model-trainer --dataset diabetes")

    assert "NOT promoted" in said
    assert "--force promotes it all the same" in said


@pytest.mark.usefixtures("stack")
def test_a_name_that_mlflow_does_not_expect() -> None:
    """A browser that uses another host name than PUBLIC_HOST."""
    answer = httpx.get("http://127.0.0.1:8005", headers={"Host": "machine.example:8005"}, timeout=10)

    assert answer.status_code == 403
    assert "Invalid Host header" in answer.text


def test_a_password_that_the_data_does_not_know(reader: Reader) -> None:
    """MySQL keeps the password of its first start; the first job that needs it says so, and the doctor what to do."""
    reader.type(f"MYSQL_PASSWORD=another {UP} --no-deps mlflow-migrate")
    said = wait_for("is refused", reader, "docker logs mlflow_migrate")
    assert "down -v" in said
    # Docker tries the job again and again.
    found = _diagnose_until({"container-failed", "job-retries"}, reader.stack, MYSQL_PASSWORD="another").findings
    assert "down -v" in found["database-refused"]["remedy"]
    failed = found.get("container-failed") or found["job-retries"]
    assert "mlflow_migrate" in failed["what"]


def test_keys_that_minio_does_not_know(reader: Reader) -> None:
    """The bucket job and the doctor name the variables that must be equal."""
    reader.type(f"AWS_SECRET_ACCESS_KEY=another-secret {UP} --no-deps create-minio-buckets")
    said = wait_for("the server refuses the access key", reader, "docker logs minio_bucket_creator")
    assert "MINIO_ROOT_PASSWORD" in said
    found = diagnose(reader.stack, AWS_SECRET_ACCESS_KEY="another-secret").findings
    assert "MINIO_ROOT_PASSWORD" in found["keys-differ"]["what"]


def test_a_bucket_that_somebody_deleted(without_a_model: Reader) -> None:
    """Without its files no version can be fetched; a training creates the bucket and a version in it."""
    delete = (
        "import boto3, os;"
        "s3 = boto3.resource('s3', endpoint_url=os.environ['MLFLOW_S3_ENDPOINT_URL']);"
        "bucket = s3.Bucket('mlflow-artifacts'); bucket.objects.delete(); bucket.delete()"
    )
    without_a_model.stack.compose("exec", "-T", "mlflow", "python", "-c", delete)
    without_a_model.type(f"{UP} --no-deps fastapi-app")
    wait_for("Failed to list artifacts", without_a_model, READY)
    found = diagnose(without_a_model.stack).findings
    assert "mlflow-artifacts" in found["bucket-missing"]["what"]
    assert "Failed to list artifacts" in found["api-not-ready"]["what"]

    trained = without_a_model.type("docker compose -f docker-compose-api.yml run --rm model-trainer --force")
    assert trained.returncode == 0, trained.stderr
    wait_for('"ready"', without_a_model, READY)


def test_locust_without_its_network_and_without_an_api(reader: Reader) -> None:
    """First the network is missing, then the API; each error comes before a user starts."""
    run = f"docker compose -f {LOAD_TESTING} run --rm locust --headless -u 1 -r 1 -t 5s"
    reader.stack.compose("down")
    assert "ml-services declared as external" in reader.says(run)
    reader.stack.compose("up", "-d", "--no-deps", "minio")
    refused = reader.type(f"LOCUST_API_WAIT=2 {run}")

    assert refused.returncode != 0
    assert "The run does not start" in refused.stdout + refused.stderr
    assert "cannot be reached" in refused.stdout + refused.stderr
    # The API serves its cached version before MLflow answers, and the next test may need MLflow.
    reader.stack.compose("up", "-d")
    wait_for("<title>MLflow</title>", reader, "curl -s http://localhost:8005")
