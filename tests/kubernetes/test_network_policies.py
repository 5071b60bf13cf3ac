"""Every arrow is tried, those that must not exist as well, from the pods themselves."""

import pytest

from tests.kubernetes.cluster import CLIENT_NAMESPACE, NAMESPACE, Cluster

# From whom, with the pods that have the labels of the jobs, to what.
ALLOWED = {
    "gateway": {"fastapi-app:8000"},
    "fastapi-app": {"mlflow:5000"},
    "mlflow": {"mysql:3306", "minio:9000"},
    "mysql": set[str](),
    "minio": set[str](),
    "like-create-bucket": {"minio:9000"},
    "like-mlflow-migrate": {"mysql:3306"},
    "like-model-trainer": {"mlflow:5000"},
    "stranger": set[str](),
    "client": {"gateway:8000"},
}
PORTS = ("mysql:3306", "minio:9000", "minio:9001", "mlflow:5000", "fastapi-app:8000", "gateway:8000")
# A connection that is neither refused nor accepted is given up after two seconds. All images have bash.
TRY = """
for target in "$@"; do
  timeout 2 bash -c "exec 3<>/dev/tcp/${target/:/\\/}" 2>/dev/null && echo "$target"
done
true
"""


@pytest.fixture(scope="module")
def addresses(started: Cluster) -> dict[str, str]:
    """The addresses of what can be connected to, each with the name of it: no DNS is needed."""
    started.scale(1)
    for pod in ("like-create-bucket", "like-mlflow-migrate", "like-model-trainer", "stranger"):
        started("wait", "--for=condition=Ready", f"pod/{pod}", "--timeout=60s")
    found = {}
    for target in PORTS:
        name, _, port = target.partition(":")
        address = started.pods(name)[0]
        found[f"{address['status']['podIP']}:{port}"] = target
    service = started.run("-n", "default", "get", "service/kubernetes", "-o", "jsonpath={.spec.clusterIP}")
    return {**found, f"{service}:443": "the API server"}


@pytest.mark.parametrize("origin", ALLOWED)
def test_only_the_arrows_of_the_architecture_exist(started: Cluster, addresses: dict[str, str], origin: str) -> None:
    """A pod reaches what it needs, and nothing else: not the API server either."""
    namespace = CLIENT_NAMESPACE if origin == "client" else NAMESPACE
    pod = origin if origin == "client" or origin not in {"gateway", "fastapi-app", "mlflow", "mysql", "minio"} else None
    pod = pod or started.pod_names(origin)[0]
    output = started.run("-n", namespace, "exec", pod, "--", "bash", "-c", TRY, "try", *addresses)
    reached = {addresses[line] for line in output.split()}

    own = {target for target in PORTS if target.partition(":")[0] == origin}
    # Nothing restricts the client's namespace, nor what a pod sends to itself.
    free = {"the API server"} if origin == "client" else own
    assert reached - free == ALLOWED[origin] - own
