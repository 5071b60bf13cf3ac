"""From an empty cluster to a prediction, and the same command again."""

from pathlib import Path

import pytest

from tests.kubernetes.cluster import NAMESPACE, SAMPLE, Cluster


def test_one_command_leads_to_a_prediction(started: Cluster) -> None:
    """`kubectl apply -k` alone makes tables, bucket, model and API; the gateway answers a prediction."""
    answer = started.request("POST", "/predict", SAMPLE)

    assert answer.status == 200, answer
    assert answer.text.startswith('{"prediction":')


def test_the_same_command_again_changes_nothing(started: Cluster, manifests: Path) -> None:
    """The second `apply` finds every object as it should be, the jobs included: no pod is replaced."""
    before = _generations(started)
    started.run("apply", "-k", str(manifests))

    assert len(before) > 20
    assert _generations(started) == before


def _generations(stack: Cluster) -> dict[str, int]:
    """How often what each object asks for was changed, and the pods."""
    kinds = "deployments,statefulsets,jobs,networkpolicies,horizontalpodautoscalers,poddisruptionbudgets,pods"
    return {
        f"{found['kind']}/{found['metadata']['name']}": found["metadata"].get("generation", 0)
        for found in stack.get(kinds)["items"]
    }


def test_the_api_server_knows_every_field(started: Cluster, manifests: Path) -> None:
    """No field is misspelt: the server refuses unknown ones with strict validation."""
    for target in (manifests, manifests.parents[1] / "load", manifests.parents[1] / "components/ingress"):
        output = started("apply", "-k", str(target), "--dry-run=server", "--validate=strict")
        assert "server dry run" in output


def test_the_jobs_may_run_again(started: Cluster, manifests: Path) -> None:
    """Deleted and applied again, they end well, and the model that is served stays."""
    version = started.served_version()
    started("delete", "jobs", "--all")
    started.run("apply", "-k", str(manifests))
    for job in ("create-bucket", "mlflow-migrate", "model-trainer"):
        started("wait", "--for=condition=complete", f"job/{job}", "--timeout=200s")

    assert started.served_version() == version


@pytest.mark.parametrize("kind", ["deployments", "statefulsets"])
def test_nothing_was_restarted_by_its_probes(started: Cluster, kind: str) -> None:
    """Every server is available."""
    for found in started.get(kind)["items"]:
        assert found["status"]["availableReplicas"] == found["spec"]["replicas"], found["metadata"]["name"]


def test_no_pod_has_a_token(started: Cluster) -> None:
    """No container finds the credentials of a ServiceAccount."""
    for pod in started.get("pods")["items"]:
        mounts = [mount["mountPath"] for part in pod["spec"]["containers"] for mount in part.get("volumeMounts", [])]
        assert not [path for path in mounts if "serviceaccount" in path], pod["metadata"]["name"]


def test_a_pod_that_runs_as_root_is_refused(started: Cluster) -> None:
    """Pod Security of the namespace is `restricted`."""
    manifest = f"""
apiVersion: v1
kind: Pod
metadata: {{name: root, namespace: {NAMESPACE}}}
spec: {{containers: [{{name: root, image: "haproxy:3.2", securityContext: {{runAsUser: 0}}}}]}}
"""
    with pytest.raises(AssertionError, match='violates PodSecurity "restricted'):
        started("apply", "-f", "-", stdin=manifest)
