"""The metrics and the socket of one container of the API, read inside it."""

import re
import subprocess

_LISTENING = "00010000"  # the flag in /proc/net/unix


def predictions(container: str) -> float:
    """The number of predictions that it counts; None while it does not answer."""
    code = "import urllib.request as r;print(r.urlopen('http://127.0.0.1:8000/metrics').read().decode())"
    return sum(
        float(line.rsplit(" ", 1)[1])
        for line in _run(container, "python", "-c", code).splitlines()
        if line.startswith("inference_requests_total") and "/predict" in line and "200" in line
    )


def lane_predictions(container: str) -> float:
    """The number of predictions of its fast lane."""
    code = "import urllib.request as r;print(r.urlopen('http://127.0.0.1:8000/metrics').read().decode())"
    [line] = re.findall(r"^inference_lane_requests_total (.*)$", _run(container, "python", "-c", code), re.MULTILINE)
    return float(line)


def slot(container: str) -> int | None:
    """The number of its Unix socket."""
    sockets = [line.split() for line in _run(container, "cat", "/proc/net/unix").splitlines()]
    numbers = [
        int(found[1])
        for fields in sockets
        if _LISTENING in fields and (found := re.search(r"/replica-(\d+)\.", fields[-1]))
    ]
    return numbers[0] if numbers else None


def packets(container: str) -> int:
    """The number of packets that it has received through the network."""
    return int(_run(container, "cat", "/sys/class/net/eth0/statistics/rx_packets"))


def pause(container: str) -> None:
    """Stop its processes where they are; its connections stay open."""
    subprocess.run(["docker", "pause", container], check=True, capture_output=True)


def resume(container: str) -> None:
    """Let its processes continue."""
    subprocess.run(["docker", "unpause", container], check=True, capture_output=True)


def exit_code(container: str) -> int:
    """How it ended."""
    command = ["docker", "inspect", "--format", "{{.State.ExitCode}}", container]
    return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def _run(container: str, *command: str) -> str:
    done = subprocess.run(["docker", "exec", container, *command], capture_output=True, text=True, check=False)
    return done.stdout
