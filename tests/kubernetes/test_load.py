"""Ten thousand users of Locust inside of the cluster, and what as many connections take."""

import json
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from load import think_time
from tests.kubernetes.cluster import CLIENT_NAMESPACE, GATEWAY, Cluster

USERS = 10_000
SECONDS = 60
CPU_LIMIT = "250m"
_UI = """
import sys, urllib.request
method, path, fields = sys.argv[1:]
request = urllib.request.Request("http://127.0.0.1:8089" + path, fields.encode() or None, method=method)
print(urllib.request.urlopen(request, timeout=30).read().decode())
"""
# The CPU time of the container in seconds, and its memory without the page cache in MiB, of cgroup v2 or v1. The memory
# includes what the kernel keeps for its sockets, and counts for the limit.
_USED = """
cd /sys/fs/cgroup
if [ -e cpu.stat ]; then
  awk '$1 == "usage_usec" {print $2 / 1e6}' cpu.stat
  awk 'NR == FNR {used = $1; next} $1 == "file" {print (used - $2) / 1048576}' memory.current memory.stat
else
  awk '{print $1 / 1e9}' cpuacct/cpuacct.usage
  awk 'NR == FNR {used = $1; next} $1 == "cache" {print (used - $2) / 1048576}' \\
    memory/memory.usage_in_bytes memory/memory.stat
fi
"""
_CONNECTIONS = Path(__file__).with_name("connections.py")


@pytest.fixture
def locust(stack: Cluster, manifests: Path, tmp_path: Path) -> Iterator[Cluster]:
    """Locust with the smallest user, beside a single replica of the API with the CPU limit."""
    folder = tmp_path / "load"
    shutil.copytree(manifests.parents[1] / "load", folder)
    settings = folder / "kustomization.yaml"
    text = settings.read_text(encoding="utf-8")
    assert "LOCUST_USER=fast" in text
    settings.write_text(text.replace("LOCUST_USER=fast", "LOCUST_USER=lean"), encoding="utf-8")
    limits = ("set", "resources", "deployment/fastapi-app", "-c", "fastapi-app")
    stack(*limits, f"--limits=cpu={CPU_LIMIT},memory=256Mi", f"--requests=cpu={CPU_LIMIT},memory=256Mi")
    stack.run("apply", "-k", str(folder))
    for name in ("fastapi-app", "locust", "locust-worker"):
        stack.rolled_out(f"deployment/{name}")
    yield stack
    stack.run("delete", "-k", str(folder))
    stack(*limits, "--limits=cpu=500m,memory=512Mi", "--requests=cpu=250m,memory=256Mi")
    stack.rolled_out("deployment/fastapi-app")


def _ui(stack: Cluster, method: str, path: str, fields: str = "") -> str:
    """Send a request to Locust's page inside of its pod: nobody else may."""
    return stack("exec", "deployment/locust", "--", "python", "-c", _UI, method, path, fields)


def _used(stack: Cluster, name: str) -> tuple[float, float]:
    cpu, memory = stack("exec", stack.pod_names(name)[0], "--", "bash", "-c", _USED).split()
    return float(cpu), float(memory)


def test_ten_thousand_users(locust: Cluster, measured: Callable[[str], None]) -> None:
    """A quarter of a core for the API is enough for all of them, and no request fails."""
    _ui(locust, "POST", "/swarm", f"user_count={USERS}&spawn_rate=100")
    try:
        locust.wait_until("all users", lambda: json.loads(_ui(locust, "GET", "/stats/requests"))["user_count"] == USERS)
        _ui(locust, "POST", "/stats/reset")
        before = {name: _used(locust, name) for name in ("fastapi-app", "gateway", "locust-worker")}
        begin = time.monotonic()
        time.sleep(SECONDS)
        stats = json.loads(_ui(locust, "GET", "/stats/requests"))
        after = {name: _used(locust, name) for name in before}
        took = time.monotonic() - begin
    finally:
        _ui(locust, "POST", "/stop")

    total = stats["stats"][-1]
    offered = USERS / think_time.MEAN_SECONDS
    rate = total["num_requests"] / took
    percentiles = stats["current_response_time_percentiles"]
    measured(f"{USERS} users at {CPU_LIMIT}: {rate:.0f} of {offered:.0f} requests/s, {total['num_failures']} failed")
    measured(f"response times: median {total['median_response_time']} ms, {percentiles}")
    for name, (cpu, memory) in after.items():
        spent = (cpu - before[name][0]) / took
        measured(f"{name}: {spent:.3f} cores, {spent / rate * 1e6:.0f} us a request, {memory:.0f} MiB")
    assert total["num_failures"] == 0
    assert total["num_requests"] > 0


def test_ten_thousand_connections(stack: Cluster, measured: Callable[[str], None]) -> None:
    """A single gateway keeps all of them open, and its memory and that of the API stay below their limits.

    Each connection has sent one prediction; what it takes is the difference, divided by their number.
    """
    command = ["-n", CLIENT_NAMESPACE, "exec", "-i", "client", "--", "python", "-c", _CONNECTIONS.read_text(), GATEWAY]
    names = ("gateway", "fastapi-app")
    idle = {name: _used(stack, name)[1] for name in names}
    with subprocess.Popen(
        [*stack.kubectl, *command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as client:
        assert client.stdin is not None
        assert client.stdout is not None
        for count in (5_000, 10_000):
            client.stdin.write(f"{count}\n")
            client.stdin.flush()
            answered = client.stdout.readline()
            now = {name: _used(stack, name)[1] for name in names}
            assert answered == f"{count} answered\n"
            for name in names:
                each = (now[name] - idle[name]) * 1024 / count
                measured(f"{count} connections: {name} {idle[name]:.0f} -> {now[name]:.0f} MiB, {each:.1f} KiB each")
        client.stdin.close()
