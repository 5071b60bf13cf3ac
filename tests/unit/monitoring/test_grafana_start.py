"""Grafana's start says when the network reaches it with the public password. A script stands for the image's own."""

import os
import subprocess
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[3]
SCRIPT = ROOT / "monitoring" / "grafana" / "start.sh"
PUBLIC = "supersecret"


def _start(folder: Path, address: str, password: str) -> str:
    """Start it; returns what it says."""
    image = folder / "run.sh"
    image.write_text('#!/bin/sh\necho "started $*"\n', encoding="utf-8")
    image.chmod(0o755)
    variables = {"PAGES_BIND": address, "GF_SECURITY_ADMIN_PASSWORD": password, "GRAFANA_START": str(image)}
    done = subprocess.run(
        ["sh", SCRIPT, "cfg:a=b"], env={**os.environ, **variables}, capture_output=True, text=True, check=True
    )
    assert done.stdout == "started cfg:a=b\n"
    return done.stderr


@pytest.mark.parametrize("address", ["0.0.0.0", "192.0.2.7", "::"])
def test_the_public_password_on_an_open_page_is_a_warning(tmp_path: Path, address: str) -> None:
    """It names the variable, not the password, and Grafana starts."""
    said = _start(tmp_path, address, PUBLIC)

    assert said.startswith(f"start: WARNING: the network reaches Grafana (PAGES_BIND={address})")
    assert "GRAFANA_ADMIN_PASSWORD" in said
    assert PUBLIC not in said


@pytest.mark.parametrize(
    ("address", "password"),
    [("127.0.0.1", PUBLIC), ("localhost", PUBLIC), ("::1", PUBLIC), ("", PUBLIC), ("0.0.0.0", "another")],
)
def test_a_closed_page_or_another_password_is_none(tmp_path: Path, address: str, password: str) -> None:
    """Nothing is said."""
    assert _start(tmp_path, address, password) == ""


def test_compose_starts_it_with_what_it_reads() -> None:
    """The public password is the default of Compose."""
    services = yaml.safe_load((ROOT / "docker-compose-api.yml").read_text(encoding="utf-8"))["services"]
    service = services["grafana"]
    source, target, _ = next(volume for volume in service["volumes"] if "start.sh" in volume).split(":")

    assert (ROOT / source).resolve() == SCRIPT
    assert service["entrypoint"] == ["sh", target]
    assert service["environment"]["GF_SECURITY_ADMIN_PASSWORD"] == f"${{GRAFANA_ADMIN_PASSWORD:-{PUBLIC}}}"
    assert service["environment"]["PAGES_BIND"] == "${PAGES_BIND:-127.0.0.1}"
