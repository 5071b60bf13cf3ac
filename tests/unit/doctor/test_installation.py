"""The facts of an installation, gathered with a small program in the place of `docker`."""

from pathlib import Path

import pytest

from doctor.finding import NotCheckedError
from doctor.installation import inspect_installation
from tests.unit.doctor import examples

RECORDED = Path(examples.__file__).parent / "recorded"
# Answers as the real client did; Compose prints its warnings on the other stream.
DOCKER = f"""#!/bin/sh
case "$*" in
  version*) cat {RECORDED}/version.json;;
  *config*) echo 'level=warning msg="a warning"' >&2; cat {RECORDED}/config.json;;
  ps*) cat {RECORDED}/ps.txt;;
  inspect*) cat {RECORDED}/inspect.json;;
  *) exit 1;;
esac
"""


def _docker(folder: Path, script: str) -> dict[str, str]:
    (folder / "docker").write_text(script, encoding="utf-8")
    (folder / "docker").chmod(0o755)
    return {"PATH": f"{folder}:/usr/bin:/bin"}


def test_all_facts(tmp_path: Path) -> None:
    """Project, containers and ports are those of the record."""
    found = inspect_installation(tmp_path, _docker(tmp_path, DOCKER))

    assert found.require_project().name == "taller5"
    assert found.require_project().warnings == ('level=warning msg="a warning"',)
    assert {port.variable: port.port for port in found.require_project().ports()} == {
        "API_PORT": 8000,
        "MLFLOW_PORT": 8005,
        "MINIO_CONSOLE_PORT": 8009,
    }
    assert found.require_running("mysql").name == "mysql_mlflow_metadata"
    assert {container.service for container in found.containers} == set(found.require_project().services) - {
        "after-training"
    }
    assert [container.name for container in found.listed if container.publishes(8000)] == ["api_gateway"]


def test_a_job_does_not_run(tmp_path: Path) -> None:
    """It has ended with 0."""
    found = inspect_installation(tmp_path, _docker(tmp_path, DOCKER))

    assert [container.exit_code for container in found.of("model-trainer")] == [0]
    with pytest.raises(NotCheckedError, match="model-trainer no está en pie"):
        found.require_running("model-trainer")


def test_without_docker(tmp_path: Path) -> None:
    """Every fact is missing, and nothing is raised."""
    found = inspect_installation(tmp_path, {"PATH": str(tmp_path)})

    assert found.engine.missing
    assert (found.project, found.containers, found.listed) == (None, (), ())
    with pytest.raises(NotCheckedError, match="Compose"):
        found.require_project()
    with pytest.raises(NotCheckedError, match="motor"):
        found.require_running("mysql")


@pytest.mark.parametrize("output", ["", "{", "[]", '{"name": "x"}', "no JSON at all"])
def test_an_output_that_cannot_be_read(tmp_path: Path, output: str) -> None:
    """A client of another kind, such as Podman's: no crash."""
    found = inspect_installation(tmp_path, _docker(tmp_path, f"#!/bin/sh\necho '{output}'\n"))

    assert found.project is None
    assert found.containers == ()
