"""Publishing under a user name: a real registry on loopback that requires a login, as Docker Hub does."""

import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

pytestmark = pytest.mark.e2e

PROGRAM = "docker-registry"
# The bcrypt hash of the password below; the registry reads no other format.
ACCOUNT = ("student", "correct horse")
HASHED = "$2b$04$nDzRgZwWvCyAYXVQ0rjzi.l8wa8rAiudCgGLZn1tzZ2UNVb18cCqO"
CONFIGURATION = """\
version: 0.1
storage:
  filesystem:
    rootdirectory: {folder}/storage
http:
  addr: {address}
auth:
  htpasswd:
    realm: tests
    path: {folder}/htpasswd
"""


@dataclass(frozen=True)
class Person:
    """A user with a Docker configuration."""

    home: Path
    registry: str

    def docker(self, *arguments: str, typed: str = "") -> subprocess.CompletedProcess[str]:
        """Run Docker's command line and type an answer to its prompts."""
        return subprocess.run(
            ["docker", *arguments],
            env=os.environ | {"DOCKER_CONFIG": str(self.home)},
            input=typed,
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture
def person(tmp_path: Path, docker_engine: None) -> Iterator[Person]:  # noqa: ARG001 - decides whether there is anything to do
    """A user who is not logged in, and a registry that requires a login."""
    if shutil.which(PROGRAM) is None:
        sentence = f"`{PROGRAM}` is not installed (Debian, Ubuntu: sudo apt install {PROGRAM})"
        if os.environ.get("CI") == "true":
            pytest.fail(sentence, pytrace=False)
        pytest.skip(sentence)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    (tmp_path / "registry.yml").write_text(CONFIGURATION.format(folder=tmp_path, address=address), encoding="utf-8")
    (tmp_path / "htpasswd").write_text(f"{ACCOUNT[0]}:{HASHED}\n", encoding="utf-8")
    with (
        (tmp_path / "registry.log").open("wb") as log,
        subprocess.Popen([PROGRAM, "serve", tmp_path / "registry.yml"], stdout=log, stderr=log) as process,
    ):
        try:
            _wait_until_it_answers(address)
            yield Person(tmp_path / "docker", address)
        finally:
            process.terminate()


@pytest.fixture
def image(person: Person) -> Iterator[str]:
    """A small image under the user's name in the registry."""
    name = f"{person.registry}/{ACCOUNT[0]}/inference-fast-api"
    for tag in ("v1.0", "latest"):
        subprocess.run(["docker", "tag", "haproxy:3.2", f"{name}:{tag}"], check=True)
    yield name
    subprocess.run(["docker", "image", "rm", f"{name}:v1.0", f"{name}:latest"], check=True, capture_output=True)


def test_a_push_needs_a_login(person: Person, image: str) -> None:
    """Without `docker login` the push fails with the message in README; with it both tags are pushed."""
    refused = person.docker("push", f"{image}:v1.0")
    assert refused.returncode != 0
    assert "no basic auth credentials" in refused.stderr

    login = person.docker("login", "--username", ACCOUNT[0], "--password-stdin", person.registry, typed=ACCOUNT[1])
    assert login.returncode == 0, login.stderr
    for tag in ("v1.0", "latest"):
        pushed = person.docker("push", f"{image}:{tag}")
        assert pushed.returncode == 0, pushed.stderr
    listed = httpx.get(f"http://{person.registry}/v2/{ACCOUNT[0]}/inference-fast-api/tags/list", auth=ACCOUNT)
    assert sorted(listed.json()["tags"]) == ["latest", "v1.0"]
    assert person.registry in json.loads((person.home / "config.json").read_text(encoding="utf-8"))["auths"]


def _wait_until_it_answers(address: str) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            if httpx.get(f"http://{address}/v2/").status_code == httpx.codes.UNAUTHORIZED:
                return
        except httpx.TransportError:
            time.sleep(0.05)
    pytest.fail("the registry does not answer")
