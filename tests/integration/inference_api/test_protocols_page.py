"""docs/protocols.md: its commands and programs, unchanged but for the service's port, answer what the page shows."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pytest
from service_process import ROOT, Service
from shown_json import resembles

from tests.unit.docs.markdown import Block, Document

pytestmark = pytest.mark.integration

PAGE: Final = Document.read("docs/protocols.md")
MODEL: Final = "linear_regression_model"
PORT: Final = "8000"
# The trainer's container, without Docker.
TRAINER: Final = re.compile(r"docker compose -f \S+ run --rm -v \S+ model-trainer \\\n\s+--data /datos/(\S+) (.*)")


@pytest.fixture(scope="module")
def service(mlflow_server: str, serve: Callable[..., Service], tmp_path_factory: pytest.TempPathFactory) -> Service:
    """A service with the reference model, as the trainer registers it."""
    _train(mlflow_server, tmp_path_factory.mktemp("trainer"))
    service = serve(MODEL)
    service.wait_ready()
    return service


def test_the_page_is_followed(service: Service, mlflow_server: str, tmp_path: Path) -> None:
    """Every command and program of the page, in its order, succeeds with the answer that the page shows."""
    _write_table_of_readme(tmp_path)
    for block, shown in _steps():
        if trained := TRAINER.fullmatch(block.text):
            version = service.model()["version"]
            _train(mlflow_server, tmp_path, "--data", trained[1], *trained[2].split())
            service.wait_version(str(int(version) + 1))
            continue
        text = block.text.replace(PORT, service.url.rpartition(":")[2])
        command = (
            [sys.executable, "-c", text] if block.language == "python" else ["bash", "-euo", "pipefail", "-c", text]
        )
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{block.section}: {text}\n{done.stderr}"
        answer = json.loads(done.stdout)
        assert "error" not in answer, f"{block.section}: {text}\n{done.stdout}"
        if shown is not None:
            assert resembles(answer, json.loads(shown.text)), f"{block.section}: {text}\n{done.stdout}"


def _steps() -> Iterator[tuple[Block, Block | None]]:
    """Each block that is run, with the answer that follows it."""
    for block, following in zip(PAGE.blocks, [*PAGE.blocks[1:], None], strict=True):
        if block.language != "json":
            yield block, following if following is not None and following.language == "json" else None


def _train(server: str, folder: Path, *arguments: str) -> None:
    environment = {**os.environ, "MLFLOW_TRACKING_URI": server, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "src.service.training_standalone", "--model-name", MODEL, *arguments]
    subprocess.run(command, cwd=folder, env=environment, capture_output=True, check=True)


def _write_table_of_readme(folder: Path) -> None:
    """Write the CSV file that the page takes from README."""
    [block] = [
        block for block in Document.read("README.md").blocks if "datos/casas.csv" in block.text and "awk" in block.text
    ]
    made = [command for command in block.commands if not command.startswith("docker")]
    subprocess.run(["bash", "-euc", "\n".join(made)], cwd=folder, check=True)
    (folder / "datos" / "casas.csv").rename(folder / "casas.csv")
