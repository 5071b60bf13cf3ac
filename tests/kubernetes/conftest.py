"""Fixtures for the tests on a real cluster, which KUBECTL names: the command that reaches it."""

import os
import shlex
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.kubernetes.cluster import CLIENT_NAMESPACE, NAMESPACE, Cluster, Traffic

ROOT = Path(__file__).parents[2]
CLIENTS = Path(__file__).with_name("clients.yaml")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the first start, which all others use, and mark the tests of this folder."""
    here = [item for item in items if item.path.parent == Path(__file__).parent]
    for item in here:
        item.add_marker(pytest.mark.kubernetes)
        item.add_marker(pytest.mark.timeout(900))
    items.sort(key=lambda item: item.path.name != "test_first_start.py")


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """The cluster, without the stack; its namespaces are deleted at the end."""
    command = shlex.split(os.environ.get("KUBECTL", ""))
    if not command:
        pytest.skip("KUBECTL does not name a cluster for these tests, see docs/kubernetes.md")
    cluster = Cluster(command)
    if cluster.run("get", "namespace", NAMESPACE, "--ignore-not-found"):
        pytest.fail(f"the cluster has a namespace {NAMESPACE} already, which these tests would delete", pytrace=False)
    yield cluster
    if os.environ.get("KEEP") != "true":
        cluster.run("delete", "namespace", NAMESPACE, CLIENT_NAMESPACE, "--ignore-not-found")


@pytest.fixture(scope="session")
def manifests(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The overlay `local` of a copy, with secrets of its own."""
    copy = tmp_path_factory.mktemp("checkout")
    shutil.copy2(ROOT / "Makefile", copy)
    for folder in ("kubernetes", "gateway", "mysql"):
        shutil.copytree(ROOT / folder, copy / folder, ignore=shutil.ignore_patterns("secrets.env"))
    overlay = copy / "kubernetes/overlays/local"
    subprocess.run([copy / "kubernetes/new-secrets.sh", overlay / "secrets.env"], check=True)
    return overlay


@pytest.fixture(scope="session")
def started(cluster: Cluster, manifests: Path) -> Cluster:
    """The stack as one command leaves it, once its jobs have ended and the API serves."""
    cluster.run("apply", "-k", str(manifests))
    for job in ("create-bucket", "mlflow-migrate", "model-trainer"):
        cluster("wait", "--for=condition=complete", f"job/{job}", "--timeout=290s")
    cluster.rolled_out("deployment/fastapi-app")
    cluster.run("apply", "-f", str(CLIENTS))
    cluster.run("-n", CLIENT_NAMESPACE, "wait", "--for=condition=Ready", "pod/client", "--timeout=60s")
    return cluster


@pytest.fixture
def stack(started: Cluster) -> Cluster:
    """The stack with one replica, ready."""
    started.scale(1)
    return started


@pytest.fixture
def seen(measured: Callable[[str], None], request: pytest.FixtureRequest) -> Callable[[Traffic], None]:
    """Check that no request failed, and add what was seen to the figures of the run."""

    def check(traffic: Traffic) -> None:
        measured(f"{request.node.name}: {traffic}")
        assert traffic.failures == []
        assert set(traffic.outcomes) == {"200"}

    return check
