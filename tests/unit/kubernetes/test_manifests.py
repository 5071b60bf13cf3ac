"""What the manifests of kubernetes/ have to agree with: Compose, the settings, the gateway, and the rules for pods."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from src.controller.fast_lane.unix_socket import SLOTS
from src.settings import Settings

ROOT = Path(__file__).parents[3]
KUBERNETES = ROOT / "kubernetes"
FOLDERS = ("base", "data", "load")
POD_OWNERS = {"Deployment", "StatefulSet", "Job"}
LABEL = "app.kubernetes.io/name"
SECRETS = {
    "MYSQL_ROOT_PASSWORD",
    "MYSQL_PASSWORD",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "MLFLOW_TRACKING_PASSWORD",
    "MLFLOW_API_PASSWORD",
}
# The ports at which clients reach the gateway.
GATEWAY_PORTS = (8000, 8443)
# Where Kubernetes needs another value than Compose: there is no address of a machine to publish on.
OTHER_VALUES = {"API_TLS_PUBLISH": "8443"}
# Variables of .env.example that a cluster does not read from a ConfigMap, with what takes their place.
NOT_HERE = {
    "Services and `kubectl port-forward`": "API_PORT MLFLOW_PORT MINIO_CONSOLE_PORT LOCUST_PORT PAGES_BIND PUBLIC_HOST",
    "a monitoring system of the cluster": (
        "PROMETHEUS_PORT GRAFANA_PORT PROMETHEUS_RETENTION PROMETHEUS_RETENTION_SIZE GRAFANA_ADMIN_PASSWORD"
    ),
    "the image, its name and tag in an overlay": (
        "INFERENCE_IMAGE FLAVORS GIT_COMMIT MYSQL_IMAGE MINIO_IMAGE HAPROXY_IMAGE PROMETHEUS_IMAGE GRAFANA_IMAGE"
    ),
    "`resources` of the containers, and the autoscaler": (
        "API_REPLICAS API_CPU_LIMIT API_MEMORY_LIMIT API_CPU_RESERVATION API_MEMORY_RESERVATION TRAINER_MEMORY_LIMIT "
        "MLFLOW_MEMORY_LIMIT MINIO_MEMORY_LIMIT GATEWAY_MEMORY_LIMIT PROMETHEUS_MEMORY_LIMIT LOCUST_MEMORY_LIMIT"
    ),
    "the Secret `credentials`": " ".join([*sorted(SECRETS), "MINIO_ROOT_USER MINIO_ROOT_PASSWORD"]),
    "the Secret `locust`": "LOCUST_API_KEY LOCUST_CA_FILE",
    "nothing: replicas of other nodes share no sockets, pods have no proxy, containerd sets the open files": (
        "SOCKET_DIR NO_PROXY NOFILE"
    ),
}


def objects() -> Iterator[dict[str, Any]]:
    """Every object of the folders that are applied as they are, without what Kustomize generates."""
    for folder in FOLDERS:
        for path in sorted((KUBERNETES / folder).glob("*.yaml")):
            if path.name != "kustomization.yaml":
                yield from yaml.safe_load_all(path.read_text(encoding="utf-8"))


OBJECTS = {(found["kind"], found["metadata"]["name"]): found for found in objects()}
TEMPLATES = {name: found["spec"]["template"] for (kind, name), found in OBJECTS.items() if kind in POD_OWNERS}
PODS = {name: template["spec"] for name, template in TEMPLATES.items()}
CONTAINERS = {
    f"{name}/{container['name']}": container
    for name, pod in PODS.items()
    for container in [*pod.get("initContainers", []), *pod["containers"]]
}


def kustomization(folder: Path) -> Any:
    """The kustomization of a folder."""
    return yaml.safe_load((folder / "kustomization.yaml").read_text(encoding="utf-8"))


def services() -> Any:
    """The services of both Compose files that start without a profile, before variables are filled in."""
    found: dict[str, Any] = {}
    for name in ("docker-compose-api.yml", "docker-compose-load-testing.yml"):
        found |= yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))["services"]
    return {name: service for name, service in found.items() if "profiles" not in service}


def defaults() -> dict[str, str]:
    """The variables of .env.example."""
    text = (ROOT / ".env.example").read_text(encoding="utf-8")
    return dict(re.findall(r"^([A-Z][A-Z0-9_]*)=(.*)$", text, re.MULTILINE))


def literals(folder: str, config_map: str | None = None) -> dict[str, str]:
    """The values of the ConfigMaps that a folder generates, or of one of them."""
    generators = kustomization(KUBERNETES / folder).get("configMapGenerator", [])
    chosen = [found for found in generators if config_map in {None, found["name"]}]
    pairs = (literal.partition("=") for generator in chosen for literal in generator["literals"])
    return {name: value for name, _, value in pairs}


@pytest.mark.parametrize("name", PODS)
def test_a_pod_keeps_to_the_restricted_standard(name: str) -> None:
    """No root, no token, no variables of other services, a seccomp profile; each has an account of its own program."""
    pod = PODS[name]

    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["runAsUser"] > 0
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert pod["automountServiceAccountToken"] is False
    assert pod["enableServiceLinks"] is False
    account = OBJECTS["ServiceAccount", pod["serviceAccountName"]]
    assert account["automountServiceAccountToken"] is False
    assert name.startswith(pod["serviceAccountName"])


@pytest.mark.parametrize("name", CONTAINERS)
def test_a_container_has_limits_and_no_rights(name: str) -> None:
    """A read-only root file system, no capabilities, memory with a limit, and images that may be local ones."""
    container = CONTAINERS[name]

    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert {"cpu", "memory"} == set(container["resources"]["requests"])
    assert "memory" in container["resources"]["limits"]
    assert container["imagePullPolicy"] == "IfNotPresent"


@pytest.mark.parametrize("name", PODS)
def test_every_folder_that_is_written_has_a_size(name: str) -> None:
    """A program that fills its folder does not fill the node."""
    folders = [volume["emptyDir"] for volume in PODS[name].get("volumes", []) if "emptyDir" in volume]

    assert all("sizeLimit" in folder for folder in folders)


def test_the_prediction_log_fits_into_its_volume() -> None:
    """Kubernetes evicts a pod whose folder exceeds its size: the log removes its oldest file before."""
    kept = int(literals("base")["PREDICTION_LOG_KEEP_MB"])
    [folder] = [volume for volume in PODS["fastapi-app"]["volumes"] if volume["name"] == "prediction-log"]
    [mount] = [
        mount for mount in CONTAINERS["fastapi-app/fastapi-app"]["volumeMounts"] if mount["name"] == "prediction-log"
    ]

    assert folder["emptyDir"]["sizeLimit"] == "1Gi"
    assert kept + int(literals("base")["PREDICTION_LOG_FILE_MB"]) < 1024
    assert mount["mountPath"] == str(Settings().prediction_log_dir)


def test_the_images_are_those_of_compose() -> None:
    """The same names and versions, with the defaults of .env.example."""
    composed = {re.sub(r"\$\{\w+:-(.*)\}", r"\1", service["image"]) for service in services().values()}

    assert {container["image"] for container in CONTAINERS.values()} == composed


def test_every_service_of_compose_is_here() -> None:
    """By the same name, but for the bucket's job, whose Compose name speaks of MinIO."""
    renamed = {"create-minio-buckets": "create-bucket"}
    expected = {renamed.get(name, name) for name in services()} - {"after-training"}

    assert set(PODS) == expected


def test_the_commands_are_those_of_compose() -> None:
    """The same programs with the same options."""
    composed = services()

    mysql = CONTAINERS["mysql/mysql"]
    assert mysql["command"] == composed["mysql"]["entrypoint"]
    assert mysql["args"] == [*composed["mysql"]["command"], "--skip-name-resolve"]
    for name, compose_name in {"create-bucket": "create-minio-buckets", "minio": "minio"}.items():
        assert CONTAINERS[f"{name}/{name}"]["args"] == composed[compose_name]["command"]
    for name in ("mlflow-migrate", "model-trainer", "locust", "locust-worker"):
        assert CONTAINERS[f"{name}/{name}"]["args"] == composed[name]["command"]


def test_mlflow_is_ready_as_in_compose() -> None:
    """The check is the one of Compose; without users their passwords may be missing here, and are empty there."""
    command = CONTAINERS["mlflow/mlflow"]["readinessProbe"]["exec"]["command"]
    check = [part.replace('.get("MLFLOW_API_PASSWORD", "")', '["MLFLOW_API_PASSWORD"]') for part in command]

    assert ["CMD", *check] == services()["mlflow"]["healthcheck"]["test"]


def test_the_api_may_only_read_mlflow() -> None:
    """It has the name and the password of the user that only reads; the trainer has those of the other one."""
    users = {
        name: {
            variable["name"]: next(iter(variable["valueFrom"].values()))["key"]
            for variable in CONTAINERS[f"{name}/{name}"]["env"]
        }
        for name in ("fastapi-app", "model-trainer")
    }

    assert users == {
        "fastapi-app": {
            "MLFLOW_TRACKING_USERNAME": "MLFLOW_API_USERNAME",
            "MLFLOW_TRACKING_PASSWORD": "MLFLOW_API_PASSWORD",
        },
        "model-trainer": {
            "MLFLOW_TRACKING_USERNAME": "MLFLOW_TRACKING_USERNAME",
            "MLFLOW_TRACKING_PASSWORD": "MLFLOW_TRACKING_PASSWORD",
        },
    }


@pytest.mark.parametrize("folder", ["base", "load"])
def test_the_settings_are_those_of_env_example(folder: str) -> None:
    """A variable that both have has the same default."""
    known = defaults()
    values = literals(folder)

    assert values
    assert {name: value for name, value in values.items() if name in known} == {
        name: OTHER_VALUES.get(name, known[name]) for name in values if name in known
    }
    assert set(values) - set(known) <= {"MYSQL_HOST", "MYSQL_PORT"}


def test_no_setting_of_env_example_is_missing() -> None:
    """Each variable is in a ConfigMap, or NOT_HERE says what takes its place."""
    elsewhere = {name for names in NOT_HERE.values() for name in names.split()}
    here = literals("base").keys() | literals("load").keys()

    assert not here & elsewhere
    assert not defaults().keys() - here - elsewhere


def test_the_api_knows_its_settings() -> None:
    """Each variable of the API is a field of its settings, and the values are valid."""
    environment = literals("base", "registry") | literals("base", "inference-api")

    assert {name.lower() for name in environment} <= set(Settings.__dataclass_fields__)
    assert Settings.from_environment(environment).mlflow_tracking_uri == "http://mlflow:5000"


def test_a_replica_drains_before_it_ends() -> None:
    """The grace covers the time in which the gateway forgets it, and that of the requests in progress."""
    pod = PODS["fastapi-app"]
    sleep = pod["containers"][0]["lifecycle"]["preStop"]["sleep"]["seconds"]
    update = OBJECTS["Deployment", "fastapi-app"]["spec"]["strategy"]["rollingUpdate"]

    assert pod["terminationGracePeriodSeconds"] > sleep + Settings().shutdown_seconds
    assert update == {"maxSurge": 1, "maxUnavailable": 0}
    assert "replicas" not in OBJECTS["Deployment", "fastapi-app"]["spec"]


def test_the_gateway_finds_as_many_replicas_as_there_may_be() -> None:
    """The autoscaler's maximum, that of production as well, is no more than the gateway's servers."""
    text = (KUBERNETES / "overlays/production/kustomization.yaml").read_text(encoding="utf-8")
    most = [int(number) for number in re.findall(r"path: /spec/maxReplicas, value: (\d+)", text)]

    assert len(most) == 1
    assert max(*most, OBJECTS["HorizontalPodAutoscaler", "fastapi-app"]["spec"]["maxReplicas"]) <= SLOTS


def test_the_gateway_gets_all_of_its_files() -> None:
    """Every file that the configuration names is in the ConfigMap, at its path."""
    [generator] = kustomization(ROOT / "gateway")["configMapGenerator"]
    text = (ROOT / "gateway/haproxy.cfg").read_text(encoding="utf-8")
    files = set(re.findall(r"/usr/local/etc/haproxy/(\S+)", text))
    volume = next(volume for volume in PODS["gateway"]["volumes"] if volume["name"] == "configuration")

    assert set(generator["files"]) == files | {"haproxy.cfg"}
    assert {(item["key"], item["path"]) for item in volume["configMap"]["items"]} == {
        (Path(name).name, name) for name in generator["files"]
    }


def test_the_gateway_s_settings_are_of_its_configuration() -> None:
    """Each variable is one that gateway/haproxy.cfg reads, and those of Compose are all there; both Services exist."""
    [container] = PODS["gateway"]["containers"]
    text = (ROOT / "gateway/haproxy.cfg").read_text(encoding="utf-8")
    variables = {variable["name"]: variable.get("value") for variable in container["env"]}
    names = [value.partition(".")[0] for name, value in variables.items() if name.endswith("_REPLICAS")]
    settings = literals("base", "gateway-settings")

    assert settings.keys() == services()["gateway"]["environment"].keys()
    for name in variables.keys() - {"NAMESPACE"} | settings.keys():
        assert re.search(rf"\$\{{?{name}\b|env\({name}\)", text), name
    for name in names:
        assert OBJECTS["Service", name]["spec"]["clusterIP"] == "None"
    assert len(set(names)) == 2


def _names(selector: dict[str, Any]) -> set[str]:
    """The programs that a selector of pods means."""
    if not selector:
        return set(PODS)
    names = {selector["matchLabels"][LABEL]} if "matchLabels" in selector else set()
    for expression in selector.get("matchExpressions", []):
        assert expression["key"] == LABEL
        names |= set(expression["values"]) if expression["operator"] == "In" else set(PODS) - set(expression["values"])
    return names


def _arrows(direction: str, peers: str) -> set[tuple[str, str, int]]:
    """From, to and port of each connection that the policies allow at one of its ends."""
    found = set()
    for (kind, name), policy in OBJECTS.items():
        if kind != "NetworkPolicy" or name == "dns":
            continue
        spec = policy["spec"]
        for rule in spec.get(direction, []):
            for peer in rule.get(peers, [{"podSelector": {"matchLabels": {LABEL: "anybody"}}}]):
                for mine in _names(spec["podSelector"]):
                    for other in _names(peer["podSelector"]):
                        ends = (other, mine) if direction == "ingress" else (mine, other)
                        found |= {(*ends, port["port"]) for port in rule["ports"]}
    return found


def test_both_ends_of_each_arrow_allow_it() -> None:
    """What may leave a pod may enter the other, and nothing else; only the gateway is open to anybody."""
    entering, leaving = _arrows("ingress", "from"), _arrows("egress", "to")
    to_the_gateway = {(name, "gateway", port) for name in ("locust", "locust-worker") for port in GATEWAY_PORTS}

    assert to_the_gateway <= leaving
    assert entering - {("anybody", "gateway", port) for port in GATEWAY_PORTS} == leaving - to_the_gateway
    assert leaving - to_the_gateway == {
        ("gateway", "fastapi-app", 8000),
        ("fastapi-app", "mlflow", 5000),
        ("model-trainer", "mlflow", 5000),
        ("mlflow", "mysql", 3306),
        ("mlflow-migrate", "mysql", 3306),
        ("mlflow", "minio", 9000),
        ("create-bucket", "minio", 9000),
        ("locust-worker", "locust", 5557),
    }
    assert OBJECTS["NetworkPolicy", "default-deny"]["spec"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}


@pytest.mark.parametrize("overlay", ["overlays/local", "overlays/production", "load"])
def test_kustomize_builds_it(overlay: str, tmp_path: Path) -> None:
    """`kubectl kustomize` puts the parts together, the gateway's and MySQL's files included."""
    kubectl = shutil.which("kubectl")
    if kubectl is None:
        pytest.skip("kubectl is not installed")
    for name in ("kubernetes", "gateway", "mysql"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("secrets.env"))
    folder = tmp_path / "kubernetes" / overlay
    if overlay != "load":
        subprocess.run([tmp_path / "kubernetes/new-secrets.sh", folder / "secrets.env"], check=True)
    done = subprocess.run([kubectl, "kustomize", folder], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    built = list(yaml.safe_load_all(done.stdout))
    assert {found["metadata"].get("namespace", "taller5") for found in built} == {"taller5"}
    if overlay == "overlays/local":
        [gateway] = [found["data"] for found in built if "haproxy.cfg" in found.get("data", {})]
        assert gateway["haproxy.cfg"] == (ROOT / "gateway/haproxy.cfg").read_text(encoding="utf-8")
    if overlay == "overlays/production":
        assert not {found["metadata"]["name"] for found in built} & {"mysql", "minio"}


def test_the_secrets_are_written_once(tmp_path: Path) -> None:
    """Random, readable by their owner only, unlike those of another run, and never overwritten."""
    script = KUBERNETES / "new-secrets.sh"
    first, second = tmp_path / "first.env", tmp_path / "second.env"
    for path in (first, second):
        subprocess.run([script, path], check=True)
    values = [dict(line.split("=") for line in path.read_text().splitlines()) for path in (first, second)]

    assert first.stat().st_mode & 0o777 == 0o600
    assert set(values[0]) == SECRETS
    assert not set(values[0].values()) & set(values[1].values())
    assert all(len(value) >= 15 for value in values[0].values())
    assert subprocess.run([script, first], capture_output=True, check=False).returncode == 1
    assert dict(line.split("=") for line in first.read_text().splitlines()) == values[0]


def test_no_secret_is_in_git() -> None:
    """The manifests name keys of a Secret that is generated from files that git ignores."""
    ignored = (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
    keys = {
        variable["valueFrom"]["secretKeyRef"]["key"]
        for container in CONTAINERS.values()
        for variable in container.get("env", [])
        if "secretKeyRef" in variable.get("valueFrom", {})
    }

    assert "secrets.env" in ignored
    assert keys == SECRETS
    assert not keys & {name for folder in ("base", "load") for name in literals(folder)}
    assert not [found for found in OBJECTS if found[0] == "Secret"]
