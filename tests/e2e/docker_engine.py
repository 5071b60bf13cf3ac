"""Whether the machine can run the stack: a Docker engine answers, and no other copy of the stack exists."""

import re
import shutil
import subprocess

from tests.e2e.checkout import REPOSITORY
from tests.e2e.compose_stack import API, PROJECT


def engine_problem() -> str | None:
    """Why no Docker engine can be used; None if one answers."""
    if shutil.which("docker") is None:
        return "the command `docker` is not installed"
    try:
        done = subprocess.run(["docker", "version"], capture_output=True, text=True, check=False, timeout=30)
    except subprocess.TimeoutExpired:
        return "`docker version` got no answer within 30 s"
    if done.returncode:
        return f"`docker version` says: {done.stderr.strip().splitlines()[-1]}"
    return None


def stack_in_the_way() -> str | None:
    """A container with one of the stack's names that belongs to another project; None without one."""
    template = '{{.Names}} {{.Label "com.docker.compose.project"}}'
    listed = subprocess.run(
        ["docker", "ps", "-a", "--filter", "label=com.docker.compose.project", "--format", template],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    names = set(re.findall(r"container_name: (\S+)", (REPOSITORY / API).read_text()))
    for line in listed.splitlines():
        name, _, project = line.partition(" ")
        if name in names and project != PROJECT:
            return f"container {name} of the Compose project {project}"
    return None
