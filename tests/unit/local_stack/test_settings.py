"""The settings of `make run NAME=value`."""

from pathlib import Path

import pytest

from local_stack.errors import NotStartedError
from local_stack.settings import read_settings

ROOT = Path(__file__).resolve().parents[3]


def test_the_defaults_are_the_ports_of_the_compose_stack() -> None:
    """Without variables: API on loopback port 8000, MLflow on 8005, data in .local-stack."""
    settings = read_settings({})

    assert (settings.api_host, settings.api_port, settings.mlflow_port) == ("127.0.0.1", 8000, 8005)
    assert settings.home == ROOT / ".local-stack"


def test_variables_move_ports_and_data(tmp_path: Path) -> None:
    """Each setting has a variable."""
    settings = read_settings(
        {"API_PORT": "8001", "API_HOST": "0.0.0.0", "MLFLOW_PORT": "8006", "LOCAL_STACK_HOME": str(tmp_path)}
    )

    assert settings.api_host == "0.0.0.0"
    assert settings.api_url == "http://127.0.0.1:8001"
    assert settings.mlflow_url == "http://127.0.0.1:8006"
    assert settings.logs == tmp_path / "logs"


def test_an_empty_variable_is_unset() -> None:
    """`make run API_PORT=` uses the default."""
    assert read_settings({"API_PORT": "", "MLFLOW_PORT": ""}).api_port == 8000


@pytest.mark.parametrize("text", ["http", "0", "65536", "-1", "80.0", "٨٠٠٠"])
def test_an_invalid_port_is_an_error(text: str) -> None:
    """The message has the variable and its value."""
    with pytest.raises(NotStartedError, match="API_PORT") as caught:
        read_settings({"API_PORT": text})

    assert text in str(caught.value)


def test_two_programs_cannot_use_one_port() -> None:
    """The same port for both is an error before anything starts."""
    with pytest.raises(NotStartedError, match="9000"):
        read_settings({"API_PORT": "9000", "MLFLOW_PORT": "9000"})
