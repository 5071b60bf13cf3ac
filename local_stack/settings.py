"""The settings of one run; the only module that reads the environment."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from local_stack.errors import NotStartedError

_ROOT = Path(__file__).resolve().parents[1]
_HIGHEST_PORT = 65535


@dataclass(frozen=True, slots=True)
class Settings:
    """The addresses of the stack and the folder of its data."""

    api_host: str
    api_port: int
    mlflow_port: int
    home: Path
    environment: Mapping[str, str] = field(repr=False)
    """What the programs inherit."""
    root: Path = _ROOT

    @property
    def mlflow_url(self) -> str:
        """MLflow is for this machine only: it has no users or passwords."""
        return f"http://127.0.0.1:{self.mlflow_port}"

    @property
    def api_url(self) -> str:
        """Where the API answers, whichever address it is bound to."""
        return f"http://127.0.0.1:{self.api_port}"

    @property
    def logs(self) -> Path:
        """The folder with a log file for each program."""
        return self.home / "logs"


def read_settings(environ: Mapping[str, str]) -> Settings:
    """Read the environment, which `make run NAME=value` sets as well."""
    settings = Settings(
        api_host=environ.get("API_HOST") or "127.0.0.1",
        api_port=_port(environ, "API_PORT", 8000),
        mlflow_port=_port(environ, "MLFLOW_PORT", 8005),
        home=Path(environ.get("LOCAL_STACK_HOME") or _ROOT / ".local-stack").expanduser().absolute(),
        environment=dict(environ),
    )
    if settings.api_port == settings.mlflow_port:
        raise NotStartedError(f"API_PORT y MLFLOW_PORT son el mismo puerto: {settings.api_port}")
    return settings


def _port(environ: Mapping[str, str], name: str, default: int) -> int:
    text = environ.get(name) or str(default)
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= _HIGHEST_PORT:
        raise NotStartedError(f"{name} debe ser un puerto entre 1 y {_HIGHEST_PORT}, no {text!r}")
    return int(text)
