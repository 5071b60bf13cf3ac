"""Health check of the load test's containers: `python -m load.health master` or `python -m load.health worker`."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from urllib.request import ProxyHandler, build_opener

_UI = "http://127.0.0.1:8089/"
_MASTER_PORT = 5557
_TIMEOUT_SECONDS = 3
_ESTABLISHED = "01"
_LISTENING = "0A"


def main(arguments: list[str]) -> str | None:
    """Return what is wrong, or None; the roles are those of docker-compose-load-testing.yml."""
    parser = argparse.ArgumentParser(prog="load.health", description=__doc__)
    parser.add_argument("role", choices=["master", "worker"])
    role = parser.parse_args(arguments).role
    if role == "worker":
        return None if _has_socket(_ESTABLISHED, remote=True) else "no connection to the master"
    if os.environ.get("LOCUST_HEADLESS", ""):
        return None if _has_socket(_LISTENING, remote=False) else "not listening for workers"
    try:
        # The container may have a proxy for other hosts, which must not be used for the loopback address.
        with build_opener(ProxyHandler({})).open(_UI, timeout=_TIMEOUT_SECONDS):
            return None
    except OSError as error:
        return f"the UI does not answer: {error}"


def _has_socket(state: str, *, remote: bool) -> bool:
    """Whether a TCP socket is in that state with the master's port at the remote or local end, see proc_net_tcp(5)."""
    port = f":{_MASTER_PORT:04X}"
    for table in (Path("/proc/net/tcp"), Path("/proc/net/tcp6")):
        lines = table.read_text().splitlines()[1:] if table.exists() else []
        for line in lines:
            _, local_end, remote_end, state_now, *_ = line.split()
            if state_now == state and (remote_end if remote else local_end).endswith(port):
                return True
    return False


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
