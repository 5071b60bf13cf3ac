"""The overlay `production`: a managed database and S3, here those of another namespace, and more replicas."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kubernetes.cluster import Cluster

MANAGED = "taller5-managed"
NAMESPACE = "taller5-production"
# MySQL and MinIO without the policies that let in the pods of their own namespace only.
MANAGED_OVERLAY = f"""
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
namespace: {MANAGED}
resources: [namespace.yaml, ../../data]
configMapGenerator:
  - name: database
    literals: [MYSQL_DATABASE=mlflow_metadata, MYSQL_USER=mlflow_meta]
secretGenerator:
  - {{name: credentials, envs: [secrets.env]}}
patches:
  - target: {{kind: NetworkPolicy}}
    patch: |-
      $patch: delete
      apiVersion: networking.k8s.io/v1
      kind: NetworkPolicy
      metadata: {{name: any}}
"""
# What whoever uses the overlay writes into it: addresses, images, and the port of an S3 that is not that of AWS.
# The rest is for a node of two cores that has the stack of the other tests as well: less CPU is requested, by at
# most two replicas.
FILLED_IN = f"""
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
namespace: {NAMESPACE}
resources: [../production]
images:
  - {{name: registry.example.com/inference-fast-api, newName: taller5/inference-fast-api, newTag: local}}
  - {{name: registry.example.com/mlflow, newName: taller5/mlflow, newTag: local}}
  - {{name: registry.example.com/trainer, newName: taller5/trainer, newTag: local}}
configMapGenerator:
  - {{name: database, namespace: taller5, behavior: merge, literals: [MYSQL_HOST=mysql.{MANAGED}]}}
  - name: storage
    namespace: taller5
    behavior: merge
    literals: ["MLFLOW_S3_ENDPOINT_URL=http://minio.{MANAGED}:9000"]
patches:
  - target: {{kind: NetworkPolicy, name: to-managed-storage}}
    patch: |-
      - {{op: replace, path: /spec/egress/0/ports/0/port, value: 9000}}
  - target: {{kind: Deployment}}
    patch: |-
      - {{op: replace, path: /spec/template/spec/containers/0/resources/requests/cpu, value: 20m}}
  - target: {{kind: HorizontalPodAutoscaler}}
    patch: |-
      - {{op: replace, path: /spec/maxReplicas, value: 2}}
  - target: {{kind: Job}}
    patch: |-
      - {{op: replace, path: /spec/template/spec/containers/0/resources/requests/cpu, value: 20m}}
"""


@pytest.fixture
def production(started: Cluster, manifests: Path) -> Iterator[Cluster]:
    """The cluster with the overlay applied beside the stack of the other tests."""
    overlays = manifests.parent
    for name, text in {"managed": MANAGED_OVERLAY, "filled-in": FILLED_IN}.items():
        (overlays / name).mkdir()
        (overlays / name / "kustomization.yaml").write_text(text, encoding="utf-8")
    for name in ("managed", "production"):
        shutil.copy2(manifests / "secrets.env", overlays / name)
    namespace = (manifests.parents[1] / "base/namespace.yaml").read_text(encoding="utf-8")
    (overlays / "managed/namespace.yaml").write_text(namespace.replace("name: taller5", f"name: {MANAGED}"), "utf-8")
    for name in ("managed", "filled-in"):
        started.run("apply", "-k", str(overlays / name))
    yield Cluster(started.kubectl, namespace=NAMESPACE)
    started.run("delete", "namespace", NAMESPACE, MANAGED)


def test_it_serves_with_a_database_and_s3_of_another_namespace(production: Cluster) -> None:
    """The jobs end, two replicas have the model that was trained, and both gateways answer predictions."""
    for job in ("create-bucket", "mlflow-migrate", "model-trainer"):
        production("wait", "--for=condition=complete", f"job/{job}", "--timeout=290s")
    for name in ("fastapi-app", "gateway"):
        production("wait", "--for=condition=Available", f"deployment/{name}", "--timeout=240s")
    production.wait_until("two replicas", lambda: len(production.pods("fastapi-app")) == 2)
    for name in production.pod_names("fastapi-app"):
        production("wait", "--for=condition=Ready", f"pod/{name}", "--timeout=120s")

    assert {production.version_of(pod) for pod in production.pod_names("fastapi-app")} == {"1"}
    assert len(production.pods("gateway")) == 2
    for _ in range(8):  # a Service chooses a gateway for each connection
        assert production.served_version() == "1"


def test_the_api_server_knows_every_field(started: Cluster, manifests: Path) -> None:
    """The overlay as it is, with the names of its examples, passes strict validation by the server."""
    production = manifests.with_name("production")
    shutil.copy2(manifests / "secrets.env", production)
    # As `make kubernetes` does: a job that exists cannot get the images of production.
    started("delete", "jobs", "create-bucket", "mlflow-migrate", "model-trainer", "--ignore-not-found")
    output = started("apply", "-k", str(production), "--dry-run=server", "--validate=strict")

    assert "server dry run" in output


def test_the_api_server_knows_the_fields_of_the_route(started: Cluster, manifests: Path) -> None:
    """The component for the Gateway API passes strict validation where the cluster has the resources of that API."""
    if not started.run("api-resources", "--api-group=gateway.networking.k8s.io", "-o", "name"):
        pytest.skip("the cluster has no Gateway API")
    component = manifests.parents[1] / "components/gateway-api"

    assert "server dry run" in started("apply", "-k", str(component), "--dry-run=server", "--validate=strict")
