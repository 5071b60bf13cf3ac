"""The environments of the servers."""

import re
import sys
from pathlib import Path

import pytest

from benchmarks.environments import programs_of, versions_of
from benchmarks.errors import ServerFailedError
from benchmarks.place import ROOT
from benchmarks.servers import SERVERS

LISTS = ROOT / "benchmarks" / "peers"


def test_the_projects_own_environment_is_the_current_one() -> None:
    """This API and the limits run with the interpreter that runs the benchmark."""
    assert programs_of(None) == Path(sys.executable).parent
    assert versions_of(None)["uvicorn"]


def test_failed_installation_has_the_installers_reason(tmp_path: Path) -> None:
    """The error has the message of the installer, so that the table can show it."""
    (tmp_path / "odd.txt").write_text("./missing-1.0-py3-none-any.whl\n")

    with pytest.raises(ServerFailedError, match=r"cannot be installed: .*missing"):
        programs_of("odd", lists=tmp_path, home=tmp_path)
    assert not (tmp_path / "environments" / "odd" / ".installed").exists()


def test_environment_is_created_once(tmp_path: Path) -> None:
    """An environment is created again only after its list has changed."""
    (tmp_path / "empty.txt").write_text("")
    python = programs_of("empty", lists=tmp_path, home=tmp_path) / "python"
    (python.parent / "mark").touch()

    assert (programs_of("empty", lists=tmp_path, home=tmp_path) / "mark").exists()
    (tmp_path / "empty.txt").write_text("# changed\n")
    assert not (programs_of("empty", lists=tmp_path, home=tmp_path) / "mark").exists()


@pytest.mark.parametrize("name", sorted({server.environment for server in SERVERS.values() if server.environment}))
def test_every_peer_is_pinned(name: str) -> None:
    """Every package of a list has one version, and scikit-learn has the same one in all lists."""
    lines = [line for line in (LISTS / f"{name}.txt").read_text().splitlines() if line and not line.startswith("#")]

    assert all(re.match(r"[\w.-]+(\[[\w,-]+\])?==[\w.!+]+( ;.*)?$", line) for line in lines)
    assert f"scikit-learn=={versions_of(None)['scikit-learn']}" in lines
