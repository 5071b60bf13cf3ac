"""Whatever changes in the cluster, clients see no failure."""

import json
import os
import shlex
import subprocess
import time
from collections.abc import Callable

import pytest

from tests.kubernetes.cluster import SAMPLE, Cluster, Traffic

Check = Callable[[Traffic], None]
API = "deployment/fastapi-app"
IMAGE = "taller5/inference-fast-api:local"
# Another tag of the same image will do; .ci/kubernetes loads it.
NEXT_IMAGE = "taller5/inference-fast-api:next"


@pytest.mark.parametrize("replicas", [1, 2])
def test_an_update_to_a_new_image(stack: Cluster, seen: Check, replicas: int) -> None:
    """Every replica is replaced while predictions are sent: none fails."""
    stack.scale(replicas)
    before = set(stack.pod_names("fastapi-app"))
    try:
        with stack.traffic() as traffic:
            stack("set", "image", API, f"fastapi-app={NEXT_IMAGE}")
            stack.rolled_out(API)
    finally:
        after = set(stack.pod_names("fastapi-app"))
        stack("set", "image", API, f"fastapi-app={IMAGE}")
        stack.rolled_out(API)

    assert len(after) == replicas
    assert not after & before
    seen(traffic)


def test_large_batches_during_an_update(stack: Cluster, seen: Check) -> None:
    """A batch is too large to be sent twice, and none is sent to a replica that is about to end."""
    with stack.traffic("--rows", "1000", "--rate", "10") as traffic:
        stack("rollout", "restart", API)
        stack.rolled_out(API)

    seen(traffic)


def test_replicas_come_and_go(stack: Cluster, seen: Check) -> None:
    """From one to three and back: no prediction fails."""
    with stack.traffic() as traffic:
        stack.scale(3)
        stack.scale(1)

    seen(traffic)


def test_a_pod_is_deleted(stack: Cluster, seen: Check) -> None:
    """It leaves DNS first and ends then."""
    stack.scale(2)
    with stack.traffic() as traffic:
        stack("delete", "pod", stack.pod_names("fastapi-app")[0])
        stack.rolled_out(API)

    seen(traffic)


def test_a_pod_is_killed_without_notice(stack: Cluster, seen: Check) -> None:
    """What it did not answer is sent to the other replica."""
    stack.scale(2)
    with stack.traffic() as traffic:
        stack("delete", "pod", stack.pod_names("fastapi-app")[0], "--grace-period=0", "--force")
        stack.rolled_out(API)

    seen(traffic)


def test_mlflow_is_away(stack: Cluster, seen: Check) -> None:
    """Replicas go on without MLflow; a container that restarts has its model from the pod's cache."""
    [pod] = stack.pod_names("fastapi-app")
    stack("scale", "deployment/mlflow", "--replicas=0")
    try:
        with stack.traffic() as traffic:
            stack.wait_until("no MLflow", lambda: not stack.pods("mlflow"))
            time.sleep(10)  # two polls of the registry
        stack("exec", pod, "--", "python", "-c", "import os, signal; os.kill(1, signal.SIGTERM)")
        stack.wait_until("a restart", lambda: _restarts(stack, pod) > 0)
        stack("wait", "--for=condition=Ready", f"pod/{pod}", "--timeout=60s")
        stack.wait_until("a prediction", lambda: stack.request("POST", "/predict", SAMPLE).status == 200)
    finally:
        stack("scale", "deployment/mlflow", "--replicas=1")
        stack.rolled_out("deployment/mlflow")

    seen(traffic)


def _restarts(stack: Cluster, pod: str) -> int:
    count: int = stack.get(f"pod/{pod}")["status"]["containerStatuses"][0]["restartCount"]
    return count


def test_the_database_comes_back_on_its_data(stack: Cluster, seen: Check) -> None:
    """MySQL and MinIO are replaced: the new pods have the data, and MLflow finds them at their new addresses."""
    stack("exec", "mysql-0", "--", "sh", "-c", "test -d /var/lib/mysql/mysql")
    with stack.traffic() as traffic:
        stack("delete", "pod", "mysql-0", "minio-0")
        for name in ("mysql", "minio"):
            stack("rollout", "status", f"statefulset/{name}", "--timeout=200s")
        stack.rolled_out("deployment/mlflow")
        stack.wait_until("MLflow", lambda: _versions(stack) >= 1)

    seen(traffic)


_SEARCH = """
import json, urllib.request
request = urllib.request.Request("http://127.0.0.1:5000/api/2.0/mlflow/model-versions/search?max_results=100")
print(len(json.load(urllib.request.urlopen(request))["model_versions"]))
"""


def _versions(stack: Cluster) -> int:
    output = stack("exec", "deployment/mlflow", "--", "python", "-c", _SEARCH, check=False)
    return int(output or 0)


def test_the_alias_moves(stack: Cluster, seen: Check) -> None:
    """A new champion reaches every replica; no prediction fails meanwhile."""
    stack.scale(3)
    before = stack.served_version()
    job = stack.get("job/model-trainer")
    template = job["spec"]["template"]
    template["metadata"]["labels"] = {"app.kubernetes.io/name": "model-trainer"}
    template["spec"]["containers"][0]["args"] = ["--force"]
    again = {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": "train-again"},
        "spec": {"template": template, "backoffLimit": 3},
    }
    try:
        with stack.traffic() as traffic:
            stack("apply", "-f", "-", stdin=json.dumps(again))
            stack("wait", "--for=condition=complete", "job/train-again", "--timeout=200s")
            pods = stack.pod_names("fastapi-app")
            stack.wait_until(
                "the new version everywhere", lambda: {stack.version_of(pod) for pod in pods} == {str(int(before) + 1)}
            )
    finally:
        stack("delete", "job", "train-again", "--ignore-not-found")

    assert len(pods) == 3
    seen(traffic)


def test_the_gateway_is_replaced(stack: Cluster, seen: Check) -> None:
    """A new gateway takes new connections before the old one closes; clients open theirs anew."""
    with stack.traffic() as traffic:
        stack("rollout", "restart", "deployment/gateway")
        stack.rolled_out("deployment/gateway")

    assert traffic.reconnected > 0
    seen(traffic)


def test_dns_is_away(stack: Cluster, seen: Check) -> None:
    """The gateway keeps the addresses that it knows when the cluster's DNS does not answer for a minute."""
    coredns = ("-n", "kube-system", "scale", "deployment/coredns")
    address = stack("get", "service/gateway", "-o", "jsonpath={.spec.clusterIP}")
    try:
        with stack.traffic("--host", address) as traffic:
            stack.run(*coredns, "--replicas=0")
            time.sleep(60)
    finally:
        stack.run(*coredns, "--replicas=1")
        stack.run("-n", "kube-system", "rollout", "status", "deployment/coredns", "--timeout=120s")

    seen(traffic)


def test_the_kubelet_is_away(stack: Cluster, seen: Check) -> None:
    """RESTART_KUBELET is a command that stops the kubelet of the only node and starts it again."""
    command = shlex.split(os.environ.get("RESTART_KUBELET", ""))
    if not command:
        pytest.skip("RESTART_KUBELET is not set")
    address = stack("get", "service/gateway", "-o", "jsonpath={.spec.clusterIP}")
    traffic = stack.detached_traffic(120, "--host", address)
    subprocess.run(command, check=True, timeout=110)
    stack.run("wait", "--for=condition=Ready", "nodes", "--all", "--timeout=120s")

    seen(traffic())


def test_the_autoscaler_follows_the_load(stack: Cluster, seen: Check, measured: Callable[[str], None]) -> None:
    """With load the replicas become three, without it one again; no prediction fails.

    A replica counts as loaded from a tenth of what it requests on, so that the load stays small.
    """
    stack.autoscale(1, 3, percent=10)
    begin = time.monotonic()
    course = []
    with stack.traffic("--rows", "5000", "--rate", "20") as traffic:
        for wanted in (2, 3):
            stack.wait_until(f"{wanted} replicas", lambda wanted=wanted: len(stack.pods("fastapi-app")) >= wanted)  # type: ignore[misc]  # bound as it is now
            course.append(f"{wanted} replicas after {time.monotonic() - begin:.0f} s")
        stack.rolled_out(API)
    begin = time.monotonic()
    stack.wait_until("one replica", lambda: len(stack.pods("fastapi-app")) == 1)
    course.append(f"1 replica {time.monotonic() - begin:.0f} s after the load")

    measured(f"autoscaler: {', '.join(course)}")
    seen(traffic)
