"""A Kubernetes cluster, used as by a person: with kubectl, and over HTTP from a pod."""

import json
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

NAMESPACE = "taller5"
CLIENT_NAMESPACE = "taller5-client"
GATEWAY = f"gateway.{NAMESPACE}"
SAMPLE = {"feature1": 5.3, "feature2": 2.1, "feature3": 0.8}
STEADY_LOAD = Path(__file__).with_name("steady_load.py")
# A limit for what does not happen; no test asserts a time.
WITHIN_SECONDS = 240
_REQUEST = """
import sys, json, ssl, urllib.request, urllib.error
method, url, body, headers, authority = sys.argv[1:]
class StaysHere(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None
trust = urllib.request.HTTPSHandler(context=ssl.create_default_context(cadata=authority or None))
opener = urllib.request.build_opener(StaysHere, trust)
request = urllib.request.Request(url, body.encode() or None, json.loads(headers), method=method)
try:
    answer = opener.open(request, timeout=30)
except urllib.error.HTTPError as error:
    answer = error
print(json.dumps([answer.status, dict(answer.headers), answer.read().decode()]))
"""


class ClusterError(AssertionError):
    """A command failed, or something did not happen; the message has the states of the pods."""


@dataclass(frozen=True)
class Answer:
    """A response of the gateway."""

    status: int
    headers: dict[str, str]
    text: str


@dataclass
class Traffic:
    """What a steady load has seen, filled in when it ends."""

    outcomes: dict[str, int] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    slowest: float = 0.0
    reconnected: int = 0

    def __str__(self) -> str:
        """A line for the figures of the run."""
        return f"{self.outcomes}, slowest {self.slowest * 1000:.0f} ms, reconnected {self.reconnected}"


@dataclass(frozen=True)
class Cluster:
    """A cluster.

    Attributes:
        kubectl: The command that reaches it, such as `kubectl` or `sudo kubectl --context test`.
        namespace: That of the stack.
    """

    kubectl: Sequence[str]
    namespace: str = NAMESPACE

    def run(self, *arguments: str, stdin: str = "", check: bool = True, seconds: float = 300) -> str:
        """Run kubectl and return its standard output.

        Raises:
            ClusterError: It failed, and `check` is true.
        """
        done = subprocess.run(
            [*self.kubectl, *arguments], input=stdin, capture_output=True, text=True, timeout=seconds, check=False
        )
        if check and done.returncode != 0:
            raise ClusterError(f"kubectl {' '.join(arguments)}: {done.stderr or done.stdout}")
        return done.stdout

    def __call__(self, *arguments: str, stdin: str = "", check: bool = True) -> str:
        """Run kubectl in the namespace of the stack."""
        return self.run("-n", self.namespace, *arguments, stdin=stdin, check=check)

    def get(self, *arguments: str) -> Any:
        """Objects of the namespace of the stack."""
        return json.loads(self("get", *arguments, "-o", "json"))

    def pods(self, name: str) -> list[dict[str, Any]]:
        """The pods of a program that are not being stopped, sorted by name."""
        found = self.get("pods", "-l", f"app.kubernetes.io/name={name}")["items"]
        return sorted(
            (pod for pod in found if "deletionTimestamp" not in pod["metadata"]),
            key=lambda pod: pod["metadata"]["name"],
        )

    def pod_names(self, name: str) -> list[str]:
        """The names of the pods of a program."""
        return [pod["metadata"]["name"] for pod in self.pods(name)]

    def wait_until(self, what: str, happened: Callable[[], bool], seconds: float = WITHIN_SECONDS) -> None:
        """Wait for something to happen.

        Raises:
            ClusterError: It did not happen in time.
        """
        deadline = time.monotonic() + seconds
        while not happened():
            if time.monotonic() > deadline:
                raise ClusterError(f"{what}: not within {seconds:.0f} s\n{self('get', 'pods', '-o', 'wide')}")
            time.sleep(0.5)

    def rolled_out(self, what: str) -> None:
        """Wait for the end of a rollout, and of the replicas that it replaces."""
        self("rollout", "status", what, f"--timeout={WITHIN_SECONDS}s")
        name = what.partition("/")[2]
        replicas = self.get(what)["spec"]["replicas"]
        label = f"app.kubernetes.io/name={name}"
        self.wait_until(
            f"only {replicas} pods of {name}", lambda: len(self.get("pods", "-l", label)["items"]) == replicas
        )

    def scale(self, replicas: int) -> None:
        """Have exactly so many replicas of the API, whatever the load."""
        self.autoscale(replicas, replicas)
        self.wait_until(
            f"{replicas} replicas", lambda: self.get("deployment/fastapi-app")["spec"]["replicas"] == replicas
        )
        self.rolled_out("deployment/fastapi-app")

    def autoscale(self, least: int, most: int, percent: int = 80) -> None:
        """Set the limits of the autoscaler, which reacts to less load at once."""
        metric = {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": percent}}
        down = {"stabilizationWindowSeconds": 0, "policies": [{"type": "Pods", "value": 4, "periodSeconds": 15}]}
        spec = {
            "minReplicas": least,
            "maxReplicas": most,
            "metrics": [{"type": "Resource", "resource": metric}],
            "behavior": {"scaleDown": down},
        }
        self("patch", "hpa/fastapi-app", "--type=merge", "-p", json.dumps({"spec": spec}))

    def in_client(self, *command: str, stdin: str = "") -> str:
        """Run a command in the client's pod and return its output."""
        return self.run("-n", CLIENT_NAMESPACE, "exec", "-i", "client", "--", *command, stdin=stdin)

    def request(
        self, method: str, path: str, body: object = None, *, key: str | None = None, authority: str = ""
    ) -> Answer:
        """Send a request to the gateway from the client's pod; with the certificate of an authority, over HTTPS."""
        text = "" if body is None else json.dumps(body)
        gateway = f"gateway.{self.namespace}"
        origin = f"https://{gateway}:8443" if authority else f"http://{gateway}:8000"
        headers = {"Content-Type": "application/json"} | ({"X-API-Key": key} if key else {})
        arguments = (method, origin + path, text, json.dumps(headers), authority)
        return Answer(*json.loads(self.in_client("python", "-c", _REQUEST, *arguments)))

    def version_of(self, pod: str) -> str | None:
        """The version that a replica has, asked inside of its pod; None without one."""
        program = "import urllib.request, sys; sys.stdout.write(urllib.request.urlopen('http://127.0.0.1:8000/ready').read().decode())"
        output = self("exec", pod, "--", "python", "-c", program, check=False)
        return str(json.loads(output)["version"]) if output else None

    def served_version(self) -> str:
        """The version that answers a prediction."""
        answer = self.request("POST", "/predict", SAMPLE)
        if answer.status != 200:
            raise ClusterError(f"the prediction failed: {answer}")
        return {name.lower(): value for name, value in answer.headers.items()}["x-model-version"]

    def detached_traffic(self, seconds: int, *options: str) -> Callable[[], Traffic]:
        """Send predictions for so long, without a connection to the kubelet; the result waits for the end."""
        script = 'source=$1; shift; python -c "$source" "$@" >/tmp/seen.json 2>&1 </dev/null &'
        self.in_client("sh", "-c", script, "sh", STEADY_LOAD.read_text(), "--seconds", str(seconds), *options)

        def result() -> Traffic:
            seen: list[str] = []

            def ended() -> bool:
                seen[:] = self.in_client("cat", "/tmp/seen.json").splitlines()
                return bool(seen)

            self.wait_until("the end of the load", ended)
            return Traffic(**json.loads(seen[-1]))

        return result

    @contextmanager
    def traffic(self, *options: str) -> Iterator[Traffic]:
        """Send predictions from the client's pod until the block ends; the result is filled in then."""
        seen = Traffic()
        command = ["-n", CLIENT_NAMESPACE, "exec", "-i", "client", "--", "python", "-c", STEADY_LOAD.read_text()]
        with subprocess.Popen(
            [*self.kubectl, *command, *options], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as load:
            try:
                time.sleep(2)  # some requests before anything changes
                yield seen
                time.sleep(2)  # and some after it
            finally:
                output, _ = load.communicate("", timeout=60)
        if load.returncode != 0:
            raise ClusterError(f"the load ended with {load.returncode}: {output}")
        for name, value in json.loads(output).items():
            setattr(seen, name, value)
