"""The images: built, and from the code of this folder."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from doctor.docker_client import COMPOSE
from doctor.finding import Finding, note, warning
from doctor.installation import Installation


@dataclass(frozen=True)
class Code:
    """Where the code of an image comes from.

    Attributes:
        image: The image that this folder builds.
        inside: The folder of the code in the image.
        outside: The same folder in the project.
    """

    image: str
    inside: str
    outside: str


CODE: Mapping[str, Code] = {
    "fastapi-app": Code("taller5/inference-fast-api:local", "/app/src", "inference_api/src"),
    "mlflow": Code("taller5/mlflow:local", "/opt/mlflow", "mlflow"),
    "model-trainer": Code("taller5/trainer:local", "/app/src", "inference_api/src"),
}


def find_image_problems(installation: Installation) -> Iterator[Finding]:
    """Images that are missing, and containers with other code than this folder."""
    installation.require_engine()
    project = installation.require_project()
    names = {project.image(service) for service in installation.expected_services()}
    ids = {name: _image_id(installation, name) for name in names}
    missing = sorted(name for name, found in ids.items() if not found)
    if missing:
        report = warning if installation.is_started else note
        yield report(
            "image-missing",
            f"Faltan imágenes: {', '.join(missing)}.",
            "El próximo arranque las descarga o las construye, y tarda minutos.",
            f"{COMPOSE} up --build -d",
        )
    for service, code in CODE.items():
        if project.image(service) == code.image:  # not a published one, which need not be that of this folder
            yield from _old_code(installation, service, code, ids.get(code.image, ""))


def _image_id(installation: Installation, name: str) -> str:
    """The id of an image; empty if it is not on this machine."""
    printed = installation.docker.run("image", "inspect", "--format", "{{.Id}}", name)
    return printed.stdout.strip() if printed.ok else ""


def _old_code(installation: Installation, service: str, code: Code, image: str) -> Iterator[Finding]:
    for container in installation.of(service)[:1]:
        if image and container.image != image:
            yield warning(
                "container-old",
                f"{container.name} es de una imagen anterior a la {code.image} que hay.",
                "Corre el código de antes.",
                f"{COMPOSE} up -d",
            )
            return
        different = _different_files(installation, container.name, code)
        if different:
            yield warning(
                "image-old",
                f"La imagen de {service} tiene otro código que esta carpeta: {', '.join(different[:3])}"
                f"{f' y {len(different) - 3} más' if len(different) > 3 else ''}.",  # noqa: PLR2004 - those that are named
                "Lo que cambió en la carpeta (un `git pull`, una edición) no cuenta hasta que se construye otra vez.",
                f"{COMPOSE} up --build -d",
            )


def _different_files(installation: Installation, container: str, code: Code) -> list[str]:
    """The Python files of the image that are others in this folder, or are not there any more."""
    archive = installation.docker.archive(container, code.inside)
    if archive is None:
        return []
    different = []
    with tarfile.open(fileobj=io.BytesIO(archive)) as files:
        for member in files:
            content = files.extractfile(member) if member.isfile() and member.name.endswith(".py") else None
            if content is None:
                continue
            # The archive begins with the last folder of the path.
            name = PurePosixPath(*PurePosixPath(member.name).parts[1:])
            here = installation.root / code.outside / name
            if not here.is_file() or here.read_bytes() != content.read():
                different.append(f"{code.outside}/{name}")
    return sorted(different)
