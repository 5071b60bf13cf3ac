"""The first two commands of README."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.unit.docs.markdown import ROOT, Document

URL = "https://github.com/jcamilogomezc/MLOps-Grupo2.git"
GIT = shutil.which("git") or "git"


def _git(folder: Path, *arguments: str) -> None:
    author = ("-c", "user.name=test", "-c", "user.email=test@example.com")
    subprocess.run([GIT, *author, *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def published(tmp_path: Path) -> Path:
    """The course's repository, with this project as one of its folders."""
    repository = tmp_path / "published"
    workshop = repository / "Talleres" / "Taller_5"
    workshop.mkdir(parents=True)
    for name in ("README.md", "docker-compose-api.yml", "docker-compose-load-testing.yml", "Makefile"):
        shutil.copy2(ROOT / name, workshop)
    _git(repository, "init", "--quiet")
    _git(repository, "add", ".")
    _git(repository, "commit", "--quiet", "--message", "workshop")
    return repository


def test_the_repository_is_cloned_to_the_folder_of_the_readme(published: Path, tmp_path: Path) -> None:
    """With Git's URL replaced by a local one, the commands end in the folder of the Compose files."""
    [clone] = [block for block in Document.read("README.md").blocks if "git clone" in block.text]
    assert URL in clone.text
    redirected = {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"url.file://{published}.insteadOf",
        "GIT_CONFIG_VALUE_0": URL,
    }
    done = subprocess.run(
        ["/bin/sh", "-ec", f"{clone.text}\nls docker-compose-api.yml"],
        cwd=tmp_path,
        env=os.environ | redirected,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
