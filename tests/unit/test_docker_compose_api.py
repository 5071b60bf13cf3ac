"""The names of docker-compose-api.yml that users type, and the rules by which the stack starts and restarts."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from src.settings import Settings

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
    "prometheus": "prometheus_server",
    "grafana": "grafana_server",
}
JOBS = {"create-minio-buckets", "mlflow-migrate", "model-trainer"}
# A service that only waits for a job; see the file.
NEVER_RUNS = "after-training"
# A program that users run by its name.
TOOL = "predictions"


@pytest.fixture(scope="module")
def whole() -> dict[str, Any]:
    """The file as Compose reads it, before variables are replaced."""
    read: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose-api.yml").read_text())
    return read


@pytest.fixture(scope="module")
def compose(whole: dict[str, Any]) -> dict[str, Any]:
    """The same without the services that `up` does not start."""
    services = whole["services"]
    return {
        **whole,
        "services": {name: service for name, service in services.items() if name not in {NEVER_RUNS, TOOL}},
    }


def test_services_and_containers_have_their_names(compose: dict[str, Any]) -> None:
    """Each service has the container name of the documentation; the API has none, so that it can be scaled."""
    assert {name: service.get("container_name") for name, service in compose["services"].items()} == CONTAINERS


def test_only_mlflow_reaches_the_database(compose: dict[str, Any]) -> None:
    """MySQL is on the network `database` alone, which has no access to other networks."""
    networks = {name: set(service["networks"]) for name, service in compose["services"].items()}

    assert {network: settings["name"] for network, settings in compose["networks"].items()} == {
        "ml-services": "ml-services",
        "database": "database",
    }
    assert compose["networks"]["database"]["internal"] is True
    assert {name for name, joined in networks.items() if "database" in joined} == {"mysql", "mlflow", "mlflow-migrate"}
    assert networks["mysql"] == {"database"}


def test_everything_restarts_after_a_crash(compose: dict[str, Any]) -> None:
    """Servers restart always, jobs on failure; no service depends on a health check that fails after a crash."""
    for name, service in compose["services"].items():
        assert service["restart"].startswith("on-failure" if name in JOBS else "unless-stopped"), name
        assert service["init"] is True, name
        conditions = {wanted["condition"] for wanted in service.get("depends_on", {}).values()}
        assert conditions <= {"service_started", "service_completed_successfully"}, name


def test_the_api_and_the_gateway_depend_on_nothing(compose: dict[str, Any]) -> None:
    """Both start at once, however late the other services are."""
    assert "depends_on" not in compose["services"]["fastapi-app"]
    assert "depends_on" not in compose["services"]["gateway"]


def test_up_with_wait_accepts_finished_jobs(whole: dict[str, Any]) -> None:
    """For each job a service depends on it; for the training it is one that never runs, so that nothing is delayed.

    Without it `up --wait` takes the end of a job for a failure.
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


def test_the_log_is_read_by_a_program_without_network(whole: dict[str, Any]) -> None:
    """`up` does not start it; it reads what the API writes, changes nothing and reaches nobody."""
    tool, api = whole["services"][TOOL], whole["services"]["fastapi-app"]
    assert (tool["profiles"], tool["restart"], tool["network_mode"]) == (["tools"], "no", "none")
    assert tool["image"] == whole["services"]["mlflow"]["image"]
    assert "prediction-log:/var/log/inference" in api["volumes"]
    assert "prediction-log:/var/log/inference:ro" in tool["volumes"]
    assert tool["user"].endswith(":0")
    dockerfile = (ROOT / "inference_api/Dockerfile.inference").read_text()
    assert "install -d -o inference -g root -m 2770 /var/log/inference" in dockerfile


def test_every_server_has_a_health_check(compose: dict[str, Any]) -> None:
    """The gateway probes the API; a health check by Docker would use CPU of the API."""
    servers = compose["services"].keys() - JOBS
    probed = {name for name in servers if "healthcheck" in compose["services"][name]}
    assert probed == servers - {"fastapi-app"}
    assert "/ready" in str(compose["services"]["gateway"]["healthcheck"]["test"])
    dockerfile = Path(__file__).parents[2] / "inference_api" / "Dockerfile.inference"
    assert "\nHEALTHCHECK" not in dockerfile.read_text()


def test_hosts_of_the_stack_are_in_no_proxy(compose: dict[str, Any]) -> None:
    """Docker may set HTTP_PROXY in every container; HTTP clients must reach loopback and the stack directly.

    The NO_PROXY of the user comes first. MinIO sends requests only to itself.
    """
    load: dict[str, Any] = yaml.safe_load((ROOT / LOAD_TESTING).read_text())
    services = compose["services"] | load["services"]
    clients = {
        name: service["environment"]
        for name, service in services.items()
        if name
        in {"create-minio-buckets", "mlflow", "model-trainer", "fastapi-app", "locust", "locust-worker", "grafana"}
    }
    servers = {name for name in services if name not in JOBS}
    names = servers | {service.get("container_name", name) for name, service in services.items() if name in servers}

    assert len({environment["NO_PROXY"] for environment in clients.values()}) == 1
    for environment in clients.values():
        assert environment["no_proxy"] == environment["NO_PROXY"]
        assert environment["NO_PROXY"].startswith("${NO_PROXY:-localhost},")
        listed = set(environment["NO_PROXY"].split(","))
        assert listed >= names | {"localhost", "127.0.0.1", "127.0.0.0/8", "::1", "host.docker.internal"}
    assert services["minio"]["environment"]["NO_PROXY"] == services["minio"]["environment"]["no_proxy"] == "*"


def test_the_links_of_the_home_page(compose: dict[str, Any]) -> None:
    """`GET /` links every other page that a Compose file publishes, and asks its server inside of the network."""
    loads = yaml.safe_load((ROOT / LOAD_TESTING).read_text())["services"]
    published = {
        (replaced(port).rsplit(":", 1)[0], name, int(port.rsplit(":", 1)[1]))
        for name, service in [*compose["services"].items(), *loads.items()]
        for port in service.get("ports", [])
        if name != "gateway"
    }
    text = replaced(compose["services"]["fastapi-app"]["environment"]["PAGES_LINKS"])
    links = Settings.from_environment({"PAGES_LINKS": text}).pages_links
    assert {(f"{link.bind}:{link.port}", link.server_host, link.server_port) for link in links} == published
    assert [link.name for link in links] == ["MLflow", "MinIO", "Locust", "Prometheus", "Grafana"]


def replaced(text: str) -> str:
    """The text with the default of each variable."""
    return re.sub(r"\$\{\w+:?-([^}]*)\}", r"\1", text)
