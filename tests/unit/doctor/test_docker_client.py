"""The command line of Docker, run with a small program in its place."""

from pathlib import Path

import pytest

from doctor.docker_client import DockerClient


def _program(folder: Path, name: str, script: str) -> None:
    (folder / name).write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    (folder / name).chmod(0o755)


@pytest.fixture
def client(tmp_path: Path) -> DockerClient:
    """A client that finds only the programs of the test."""
    return DockerClient(tmp_path, {"PATH": str(tmp_path)})


def test_a_secret_is_no_argument(client: DockerClient) -> None:
    """Other users of the machine can see arguments, but not variables."""
    _program(client.folder, "docker", 'echo "$*:$MYSQL_PWD"')

    assert client.run("exec", secrets={"MYSQL_PWD": "hidden"}).stdout == "exec:hidden\n"


def test_compose_is_a_plugin_or_a_program(client: DockerClient) -> None:
    """Debian and older installations have `docker-compose` instead of the plugin."""
    _program(client.folder, "docker", "echo \"docker: 'compose' is not a docker command\" >&2; exit 1")
    assert not client.compose("config").ok

    _program(client.folder, "docker-compose", 'echo "program $*"')
    assert client.compose("config").stdout == "program config\n"

    _program(client.folder, "docker", 'echo "plugin $*"')
    assert client.compose("config").stdout == "plugin compose config\n"


def test_an_error_of_the_plugin_is_kept(client: DockerClient) -> None:
    """A file that the plugin cannot read is not read by the program either."""
    _program(client.folder, "docker", 'case "$2" in version) echo 2;; *) echo unreadable >&2; exit 1;; esac')
    _program(client.folder, "docker-compose", "echo program")

    assert client.compose("config").reason == "unreadable"


def test_what_is_no_json_is_nothing(client: DockerClient) -> None:
    """An output that cannot be read is as good as none."""
    _program(client.folder, "docker", 'echo "$1"')

    assert client.read('{"a": 1}') == {"a": 1}
    assert client.read("error") is None


def test_without_docker(client: DockerClient) -> None:
    """Every command says that it is missing."""
    assert client.run("version").missing
    assert client.compose("version").missing
    assert client.read("info") is None
    assert client.archive("container", "/app") is None
