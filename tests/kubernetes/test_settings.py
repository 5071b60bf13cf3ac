"""What an overlay turns on: keys and TLS at the gateway, the prediction log of the replicas, and MLflow's users."""

import json
import shlex
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.kubernetes.cluster import GATEWAY, SAMPLE, Cluster, Traffic

OVERLAY = """
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources: [../local]
configMapGenerator:
  - name: {name}
    namespace: taller5
    behavior: merge
    literals: {literals}
"""


class Checkout:
    """A clone of the repository from which the cluster is changed, as by a person."""

    def __init__(self, stack: Cluster, local: Path) -> None:
        """`local` is its overlay of that name."""
        self._stack = stack
        self._local = local
        self._root = local.parents[2]
        self.secrets = self._root / "secrets"
        self.secrets.mkdir()

    def make(self, *arguments: str) -> str:
        """Run make and return its standard output."""
        command = ["make", "--no-print-directory", *arguments, f"KUBECTL={shlex.join(self._stack.kubectl)}"]
        return subprocess.run(command, cwd=self._root, capture_output=True, text=True, check=True).stdout

    def write(self, config_map: str, **values: object) -> Path:
        """Write an overlay with these values; returns its folder."""
        overlay = self._local.with_name("with-settings")
        overlay.mkdir(exist_ok=True)
        literals = json.dumps([f"{name}={value}" for name, value in values.items()])
        (overlay / "kustomization.yaml").write_text(OVERLAY.format(name=config_map, literals=literals), "utf-8")
        return overlay

    def apply(self, config_map: str, deployment: str, **values: object) -> None:
        """Apply an overlay with these values, and wait for the pods that have them."""
        self._stack.run("apply", "-k", str(self.write(config_map, **values)))
        self._stack.rolled_out(f"deployment/{deployment}")

    def remove(self) -> None:
        """Leave the stack as it was before."""
        self.make("kubernetes")
        for name in ("mlflow", "gateway", "fastapi-app"):
            self._stack.rolled_out(f"deployment/{name}")
        self._stack("delete", "secret", "gateway-secrets", "--ignore-not-found")
        shutil.rmtree(self.secrets)


@pytest.fixture
def checkout(stack: Cluster, manifests: Path) -> Iterator[Checkout]:
    """The repository; whatever was changed from it is changed back."""
    made = Checkout(stack, manifests)
    yield made
    made.remove()


def _status(stack: Cluster, key: str | None) -> int:
    return stack.request("POST", "/predict", SAMPLE, key=key).status


def test_a_new_key_counts_without_a_restart(
    stack: Cluster, checkout: Checkout, seen: Callable[[Traffic], None]
) -> None:
    """With keys, predictions need one; to add and to remove one replaces no pod and closes no connection."""
    ana = checkout.make("key", "NAME=ana").strip()
    checkout.make("kubernetes-keys")
    checkout.apply("gateway-settings", "gateway", API_KEYS_FILE="api-keys")
    [gateway] = stack.pod_names("gateway")

    assert _status(stack, None) == 401
    assert _status(stack, "another") == 401
    assert stack.request("GET", "/ready").status == 200
    with stack.traffic("--key", ana) as traffic:
        bob = checkout.make("key", "NAME=bob").strip()
        checkout.make("kubernetes-keys")
        stack.wait_until("the key of bob", lambda: _status(stack, bob) == 200)
    file = checkout.secrets / "api-keys"
    file.write_text(file.read_text("utf-8").replace("ana:", "# ana:"), "utf-8")
    checkout.make("kubernetes-keys")
    stack.wait_until("no key of ana", lambda: _status(stack, ana) == 401)

    assert _status(stack, bob) == 200
    assert stack.pod_names("gateway") == [gateway]
    assert traffic.reconnected == 0
    seen(traffic)


def test_the_gateway_speaks_tls(stack: Cluster, checkout: Checkout, tmp_path: Path) -> None:
    """With a certificate in the Secret, predictions are answered over HTTPS, and HTTP redirects to its port."""
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    subject = ("-subj", f"/CN={GATEWAY}", "-addext", f"subjectAltName=DNS:{GATEWAY}")
    new_key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", str(key))
    command = ["openssl", "req", "-x509", "-days", "1", *new_key, *subject, "-out", str(certificate)]
    subprocess.run(command, check=True, capture_output=True)
    (checkout.secrets / "server.pem").write_text(certificate.read_text() + key.read_text())
    checkout.make("kubernetes-keys")
    checkout.apply("gateway-settings", "gateway", TLS_CERTIFICATE="server.pem")

    redirect = stack.request("POST", "/predict", SAMPLE)
    answer = stack.request("POST", "/predict", SAMPLE, authority=certificate.read_text())

    assert redirect.status == 308
    assert redirect.headers["location"] == f"https://{GATEWAY}:8443/predict"
    assert answer.status == 200
    assert stack.request("GET", "/ready").status == 200


def test_the_prediction_log_is_in_its_volume(stack: Cluster, checkout: Checkout) -> None:
    """The file system of a replica is read-only, but for the volumes: what was predicted is there."""
    checkout.apply("inference-api", "fastapi-app", PREDICTION_LOG_PERCENT=100)
    stack.wait_until("a prediction", lambda: _status(stack, None) == 200)
    [pod] = stack.pod_names("fastapi-app")

    def logged() -> bool:
        return '"feature1":5.3' in stack("exec", pod, "--", "sh", "-c", "cat /var/log/inference/*").replace(" ", "")

    stack.wait_until("the record", logged)


_TRY_MLFLOW = """
import urllib.error, urllib.request
request = urllib.request.Request("http://mlflow:5000/api/2.0/mlflow/experiments/search?max_results=1")
try:
    print(urllib.request.urlopen(request).status)
except urllib.error.HTTPError as error:
    print(error.code)
"""


def test_mlflow_asks_for_a_user(stack: Cluster, checkout: Checkout, seen: Callable[[Traffic], None]) -> None:
    """With MLFLOW_AUTH=true the trainer and a new replica log in; who does not is refused. No prediction fails."""
    overlay = checkout.write("mlflow-users", MLFLOW_AUTH="true")
    try_mlflow = ("exec", "deployment/fastapi-app", "--", "python", "-c", _TRY_MLFLOW)
    assert stack(*try_mlflow).strip() == "200"
    with stack.traffic() as traffic:
        checkout.make("kubernetes", f"OVERLAY={overlay.name}")
        for job in ("mlflow-migrate", "model-trainer"):
            stack("wait", "--for=condition=complete", f"job/{job}", "--timeout=200s")
        stack.rolled_out("deployment/mlflow")
        stack("rollout", "restart", "deployment/fastapi-app")
        stack.rolled_out("deployment/fastapi-app")

    assert stack(*try_mlflow).strip() == "401"
    seen(traffic)
