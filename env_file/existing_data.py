"""Whether MySQL has data already, whose passwords `.env` cannot change."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

_COMPOSE_FILE = "docker-compose-api.yml"
_VOLUME = "mysql-data"
_SECONDS = 10


def find_data_volume(root: Path, environment: Mapping[str, str]) -> str | None:
    """The volume with MySQL's data; None without one, or without an engine that could have one."""
    name = environment.get("COMPOSE_PROJECT_NAME") or _project_name(root)
    command = [
        *("docker", "volume", "ls", "--quiet"),
        *("--filter", f"label=com.docker.compose.project={name}"),
        *("--filter", f"label=com.docker.compose.volume={_VOLUME}"),
    ]
    try:
        done = subprocess.run(  # noqa: S603 - the command is fixed
            command, env=dict(environment), capture_output=True, text=True, check=False, timeout=_SECONDS
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return next(iter(done.stdout.split()), None) if done.returncode == 0 else None


def _project_name(root: Path) -> str:
    found = re.search(r"^name: (\S+)$", (root / _COMPOSE_FILE).read_text(encoding="utf-8"), re.MULTILINE)
    return found[1] if found else root.name.lower()
