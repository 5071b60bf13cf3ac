"""What each program of the stack is told."""

from pathlib import Path

import pytest

from local_stack.plan import Program, api, mlflow_server, trainer
from local_stack.settings import Settings, read_settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A stack on ports and a folder of its own, started by someone with settings of their own."""
    return read_settings(
        {
            "API_PORT": "8001",
            "MLFLOW_PORT": "8006",
            "LOCAL_STACK_HOME": str(tmp_path),
            "MLFLOW_TRACKING_URI": "http://elsewhere:5000",
            "MLFLOW_REGISTRY_URI": "http://elsewhere:5000",
            "MLFLOW_EXPERIMENT_ID": "7",
            "NO_PROXY": "example.org",
            "HOST": "laptop",
            "REGISTERED_MODEL_NAME": "other_model",
        }
    )


@pytest.fixture(params=[mlflow_server, trainer, api], ids=lambda make: make.__name__)
def program(request: pytest.FixtureRequest, settings: Settings) -> Program:
    """Each program in turn."""
    made: Program = request.param(settings)
    return made


def test_every_program_uses_the_stacks_own_mlflow(program: Program) -> None:
    """Neither the server nor the registry nor the experiment that the person uses otherwise reaches it."""
    assert program.environment["MLFLOW_TRACKING_URI"] == "http://127.0.0.1:8006"
    assert "MLFLOW_REGISTRY_URI" not in program.environment
    assert "MLFLOW_EXPERIMENT_ID" not in program.environment


def test_no_program_sends_telemetry_or_asks_a_proxy_for_loopback(program: Program) -> None:
    """Nothing leaves the machine."""
    assert program.environment["MLFLOW_DISABLE_TELEMETRY"] == "true"
    assert program.environment["NO_PROXY"] == "example.org,127.0.0.1,localhost"


def test_every_program_logs_into_the_data_folder(program: Program, settings: Settings) -> None:
    """One file each, named after the program."""
    assert program.log == settings.logs / f"{program.name}.log"


def test_mlflow_listens_on_loopback_and_does_not_start_jobs(settings: Settings) -> None:
    """It has no passwords, and its job executor costs a dozen processes."""
    server = mlflow_server(settings)

    assert server.command[server.command.index("--host") + 1] == "127.0.0.1"
    assert server.environment["MLFLOW_SERVER_ENABLE_JOB_EXECUTION"] == "false"
    assert server.folder == settings.home


def test_the_trainer_leaves_a_registered_model_alone(settings: Settings) -> None:
    """A second `make run` serves what the first one registered."""
    assert "--skip-if-registered" in trainer(settings).command


def test_the_api_gets_its_address_and_cache(settings: Settings) -> None:
    """HOST may be set by the person's shell to the machine's name: it is not taken over."""
    environment = api(settings).environment

    assert (environment["HOST"], environment["PORT"]) == ("127.0.0.1", "8001")
    assert environment["MODEL_CACHE_DIR"] == str(settings.home / "model-cache")
    assert environment["REGISTERED_MODEL_NAME"] == "other_model"
