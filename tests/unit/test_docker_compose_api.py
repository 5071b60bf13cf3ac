"""The names in docker-compose-api.yml that people type, and the rules that keep the stack coming up by itself."""

from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
LOAD_TESTING = "docker-compose-load-testing.yml"

CONTAINERS = {
    "mysql": "mysql_mlflow_metadata",
    "minio": "minio_server",
    "create-minio-buckets": "minio_bucket_creator",
    "mlflow-migrate": "mlflow_migrate",
    "mlflow": "mlflow_server",
    "model-trainer": "model_trainer",
    "fastapi-app": None,
    "gateway": "api_gateway",
}
JOBS = {"create-minio-buckets", "mlflow-migrate", "model-trainer"}
# It is there for what it waits for: see the file.
NEVER_RUNS = "after-training"


@pytest.fixture(scope="module")
def whole() -> dict[str, Any]:
    """The file as Compose reads it, before variables are filled in."""
    read: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose-api.yml").read_text())
    return read


@pytest.fixture(scope="module")
def compose(whole: dict[str, Any]) -> dict[str, Any]:
    """The file as Compose reads it, before variables are filled in, without the service that never runs."""
    services = whole["services"]
    return {**whole, "services": {name: service for name, service in services.items() if name != NEVER_RUNS}}


def test_services_and_containers_have_their_names(compose: dict[str, Any]) -> None:
    """Each service has the container name of the documentation; the API has none, so that it can be scaled."""
    assert {name: service.get("container_name") for name, service in compose["services"].items()} == CONTAINERS


def test_only_mlflow_reaches_the_database(compose: dict[str, Any]) -> None:
    """The networks have their real names; MySQL is on `database` alone, which has no way out of the machine."""
    networks = {name: set(service["networks"]) for name, service in compose["services"].items()}

    assert {network: settings["name"] for network, settings in compose["networks"].items()} == {
        "ml-services": "ml-services",
        "database": "database",
    }
    assert compose["networks"]["database"]["internal"] is True
    assert {name for name, joined in networks.items() if "database" in joined} == {"mysql", "mlflow", "mlflow-migrate"}
    assert networks["mysql"] == {"database"}


def test_everything_comes_back_after_a_crash(compose: dict[str, Any]) -> None:
    """Servers are restarted always, jobs when they failed; nothing waits for a health check that a crash would fail."""
    for name, service in compose["services"].items():
        assert service["restart"].startswith("on-failure" if name in JOBS else "unless-stopped"), name
        assert service["init"] is True, name
        conditions = {wanted["condition"] for wanted in service.get("depends_on", {}).values()}
        assert conditions <= {"service_started", "service_completed_successfully"}, name


def test_the_api_and_the_gateway_wait_for_nothing(compose: dict[str, Any]) -> None:
    """Both are live at once, however late the rest comes."""
    assert "depends_on" not in compose["services"]["fastapi-app"]
    assert "depends_on" not in compose["services"]["gateway"]


def test_up_that_waits_knows_every_job(whole: dict[str, Any]) -> None:
    """For each job a service waits: for the training one that never runs, so that nothing is held up.

    Without it `up --wait` takes the end of the job for a failure.
    """
    waiting = {
        (name, job)
        for name, service in whole["services"].items()
        for job, wanted in service.get("depends_on", {}).items()
        if wanted["condition"] == "service_completed_successfully"
    }

    assert {job for _, job in waiting} == JOBS
    assert [name for name, job in waiting if job == "model-trainer"] == [NEVER_RUNS]
    assert whole["services"][NEVER_RUNS]["deploy"]["replicas"] == 0


def test_every_server_has_a_health_check(compose: dict[str, Any]) -> None:
    """Each server is probed; the API by the gateway and not by Docker, whose probe would take the API's CPU."""
    servers = compose["services"].keys() - JOBS
    probed = {name for name in servers if "healthcheck" in compose["services"][name]}
    assert probed == servers - {"fastapi-app"}
    assert "/ready" in str(compose["services"]["gateway"]["healthcheck"]["test"])
    dockerfile = Path(__file__).parents[2] / "inference_api" / "Dockerfile.inference"
    assert "\nHEALTHCHECK" not in dockerfile.read_text()


def test_no_name_of_the_stack_goes_to_a_proxy(compose: dict[str, Any]) -> None:
    """Docker may put HTTP_PROXY into every container: whoever asks over HTTP asks loopback and the stack directly.

    What the user keeps from the proxy comes first. MinIO asks nobody but itself.
    """
    load: dict[str, Any] = yaml.safe_load((ROOT / LOAD_TESTING).read_text())
    services = compose["services"] | load["services"]
    asking = {
        name: service["environment"]
        for name, service in services.items()
        if name in {"create-minio-buckets", "mlflow", "model-trainer", "fastapi-app", "locust", "locust-worker"}
    }
    servers = {name for name in services if name not in JOBS}
    names = servers | {service.get("container_name", name) for name, service in services.items() if name in servers}

    assert len({environment["NO_PROXY"] for environment in asking.values()}) == 1
    for environment in asking.values():
        assert environment["no_proxy"] == environment["NO_PROXY"]
        assert environment["NO_PROXY"].startswith("${NO_PROXY:-localhost},")
        listed = set(environment["NO_PROXY"].split(","))
        assert listed >= names | {"localhost", "127.0.0.1", "127.0.0.0/8", "::1", "host.docker.internal"}
    assert services["minio"]["environment"]["NO_PROXY"] == services["minio"]["environment"]["no_proxy"] == "*"
