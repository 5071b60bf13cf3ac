"""Publish the image and run from it, with a real registry on loopback, which Docker accepts over plain HTTP."""

import hashlib
import math
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.e2e.compose_stack import Stack

pytestmark = pytest.mark.e2e

PROGRAM = "docker-registry"
REPOSITORY = "user/inference-fast-api"
ANSWERS_WITHIN_SECONDS = 30
MANIFESTS = ", ".join(
    f"application/vnd.{kind}+json"
    for kind in ("docker.distribution.manifest.v2", "oci.image.manifest.v1", "oci.image.index.v1")
)
CONFIGURATION = """\
version: 0.1
storage:
  filesystem:
    rootdirectory: {storage}
http:
  addr: {address}
"""


@dataclass(frozen=True)
class Registry:
    """A running registry."""

    address: str

    def manifest(self, reference: str) -> httpx.Response:
        """The manifest of the image."""
        return httpx.get(f"{self._url}/manifests/{reference}", headers={"Accept": MANIFESTS}).raise_for_status()

    def parts(self, reference: str) -> list[dict[str, Any]]:
        """Configuration and layers; newer engines push an index of images, one of them the provenance."""
        manifest = self.manifest(reference).json()
        if "manifests" in manifest:
            return [part for entry in manifest["manifests"] for part in self.parts(entry["digest"])]
        return [manifest["config"], *manifest["layers"]]

    def digest_of_blob(self, digest: str) -> str:
        """Download a part of the image and compute its digest."""
        found = hashlib.sha256()
        with httpx.stream("GET", f"{self._url}/blobs/{digest}") as answer:
            for piece in answer.raise_for_status().iter_raw(1 << 20):
                found.update(piece)
        return f"sha256:{found.hexdigest()}"

    @property
    def _url(self) -> str:
        return f"http://{self.address}/v2/{REPOSITORY}"


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[Registry]:
    """An empty registry with its storage in a temporary folder."""
    if shutil.which(PROGRAM) is None:
        sentence = f"`{PROGRAM}` is not installed (Debian, Ubuntu: sudo apt install {PROGRAM})"
        if os.environ.get("CI") == "true":
            pytest.fail(sentence, pytrace=False)
        pytest.skip(sentence)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    configuration = tmp_path / "registry.yml"
    configuration.write_text(CONFIGURATION.format(storage=tmp_path / "storage", address=address))
    log = tmp_path / "registry.log"
    with (
        log.open("wb") as output,
        subprocess.Popen([PROGRAM, "serve", configuration], stdout=output, stderr=subprocess.STDOUT) as process,
    ):
        try:
            _wait_until_it_answers(address, process, log)
            yield Registry(address)
        finally:
            process.terminate()


@pytest.fixture
def restored(stack: Stack) -> Iterator[Stack]:
    """The stack; afterwards it runs from the image of its own sources, and the published image is removed."""
    yield stack
    (stack.checkout / ".env").unlink(missing_ok=True)
    stack.compose("up", "--build", "-d")
    stack.wait_until_serving()
    published = _docker("image", "ls", "--format", "{{.Repository}}:{{.Tag}}", f"127.0.0.1:*/{REPOSITORY}").split()
    if published:
        _docker("image", "rm", *published)


@pytest.mark.timeout(900)
def test_an_image_is_published_and_runs_from_the_registry(
    restored: Stack, registry: Registry, measured: Callable[[str], None]
) -> None:
    """With README's commands the image is built, pushed, removed and pulled, and the stack predicts with it."""
    image = f"{registry.address}/{REPOSITORY}:v1.0"
    local = _image_of(restored)

    _docker("build", "-f", "Dockerfile.inference", "-t", image, ".", folder=restored.checkout / "inference_api")
    _docker("push", image)
    digest = registry.manifest("v1.0").headers["Docker-Content-Digest"]
    parts = registry.parts("v1.0")
    assert [registry.digest_of_blob(part["digest"]) for part in parts] == [part["digest"] for part in parts]

    # Remove both names and the container, so that the next image can only be that of the registry.
    restored.compose("rm", "--stop", "--force", "fastapi-app")
    _docker("image", "rm", image, local)
    assert _docker("image", "ls", "--quiet", image) == ""
    (restored.checkout / ".env").write_text(f"INFERENCE_IMAGE={image}\n")
    restored.compose("pull", "fastapi-app")
    restored.compose("up", "--no-build", "-d")
    restored.wait_until_serving()

    assert _image_of(restored) == image
    assert f"{registry.address}/{REPOSITORY}@{digest}" in _docker(
        "image", "inspect", "--format", '{{join .RepoDigests " "}}', image
    )
    answer = restored.predict()
    assert answer.status_code == 200
    assert math.isfinite(answer.json()["prediction"])
    measured(f"published image: {len(parts)} parts, {sum(part['size'] for part in parts) / 2**20:.0f} MiB compressed")


def _docker(*arguments: str, folder: Path | None = None) -> str:
    """Run Docker's command line and return its output.

    Docker before version 23 uses BuildKit only if told.
    """
    done = subprocess.run(
        ["docker", *arguments],
        cwd=folder,
        env=os.environ | {"DOCKER_BUILDKIT": "1"},
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode == 0, f"docker {' '.join(arguments)}: {done.stdout[-2000:]}{done.stderr[-4000:]}"
    return done.stdout.strip()


def _image_of(stack: Stack) -> str:
    """The image of the API's containers."""
    names = {_docker("inspect", "--format", "{{.Config.Image}}", replica) for replica in stack.replicas()}
    assert len(names) == 1
    return names.pop()


def _wait_until_it_answers(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + ANSWERS_WITHIN_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if httpx.get(f"http://{address}/v2/").status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.05)
    pytest.fail(f"the registry does not answer:\n{log.read_text(errors='replace')[-2000:]}")
