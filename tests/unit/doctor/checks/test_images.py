"""Images: there, and of the code in this folder."""

import io
import tarfile
from dataclasses import replace
from pathlib import Path

import pytest

from doctor.checks.images import find_image_problems
from doctor.finding import Level
from doctor.installation import Installation
from tests.unit.doctor.examples import RecordedDocker, codes, healthy, printed, with_container

SOURCE = {"settings.py": b"A = 1\n", "service/model.py": b"B = 2\n"}


def _archive(files: dict[str, bytes]) -> bytes:
    """What `docker cp CONTAINER:/app/src -` writes."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, content in {**files, "data.txt": b"x", "__pycache__/settings.cpython-311.pyc": b"x"}.items():
            entry = tarfile.TarInfo(f"src/{name}")
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder with the code of the API."""
    for name, content in SOURCE.items():
        path = tmp_path / "inference_api/src" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return tmp_path


def _with(checkout: Path, files: dict[str, bytes]) -> Installation:
    installation = healthy(checkout)
    images = {container.service: container.image for container in installation.containers}
    docker = RecordedDocker(
        checkout,
        {},
        {"image inspect": printed(images["fastapi-app"])},
        {"taller5-fastapi-app-1:/app/src": _archive(files)},
    )
    # MLflow and the trainer are of the same image, whose code is not recorded.
    return replace(
        installation,
        docker=docker,
        containers=tuple(replace(found, image=images["fastapi-app"]) for found in installation.containers),
    )


def test_an_image_of_this_folder(checkout: Path) -> None:
    """Files that are no code do not count."""
    assert codes(list(find_image_problems(_with(checkout, SOURCE)))) == []


@pytest.mark.parametrize("files", [{**SOURCE, "settings.py": b"A = 0\n"}, {**SOURCE, "gone.py": b""}])
def test_an_image_of_other_code(checkout: Path, files: dict[str, bytes]) -> None:
    """A file is another one, or is not in the folder any more: it is named."""
    [finding] = find_image_problems(_with(checkout, files))

    assert codes([finding]) == ["image-old"]
    assert "inference_api/src/settings.py" in finding.what or "inference_api/src/gone.py" in finding.what


def test_a_container_of_an_older_image(checkout: Path) -> None:
    """The image was built again, and the container was not replaced."""
    installation = with_container(_with(checkout, SOURCE), "fastapi-app", image="sha256:older")

    [finding] = find_image_problems(installation)

    assert codes([finding]) == ["container-old"]
    assert "taller5-fastapi-app-1" in finding.what


@pytest.mark.parametrize(("started", "level"), [(True, Level.WARNING), (False, Level.NOTE)])
def test_images_that_are_missing(checkout: Path, *, started: bool, level: Level) -> None:
    """Before the first start this is as expected."""
    missing = printed(stderr="Error: No such image: mysql:9.7", code=1)
    installation = healthy(checkout, {"image inspect": missing})

    [finding] = find_image_problems(installation if started else replace(installation, containers=()))

    assert (finding.code, finding.level) == ("image-missing", level)
    assert "mysql:9.7" in finding.what
