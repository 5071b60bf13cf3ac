"""The command and the environment of each program of the stack."""

from pathlib import Path

import pytest

from local_stack.plan import Program, api, mlflow_server, trainer
from local_stack.settings import Settings, read_settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings with other ports and another folder, in an environment with settings for another MLflow."""
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
    """The user's variables for another server, registry or experiment are not passed on."""
    assert program.environment["MLFLOW_TRACKING_URI"] == "http://127.0.0.1:8006"
    assert "MLFLOW_REGISTRY_URI" not in program.environment
    assert "MLFLOW_EXPERIMENT_ID" not in program.environment


def test_no_program_sends_telemetry_or_uses_a_proxy_for_loopback(program: Program) -> None:
    """Telemetry is disabled, and both spellings of NO_PROXY have loopback."""
    assert program.environment["MLFLOW_DISABLE_TELEMETRY"] == "true"
    assert program.environment["NO_PROXY"] == "example.org,127.0.0.1,localhost"
    assert program.environment["no_proxy"] == "example.org,127.0.0.1,localhost"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, "127.0.0.1,localhost"),
        ({"no_proxy": "small", "NO_PROXY": "large"}, "small,127.0.0.1,localhost"),
        ({"no_proxy": "", "NO_PROXY": "large"}, "large,127.0.0.1,localhost"),
        ({"NO_PROXY": "*"}, "*"),
    ],
)
def test_hosts_of_the_users_no_proxy_are_kept(given: dict[str, str], expected: str) -> None:
    """Both spellings get the same value: programs read only one of them, and the lower-case one takes precedence."""
    environment = trainer(read_settings(given)).environment

    assert (environment["NO_PROXY"], environment["no_proxy"]) == (expected, expected)


def test_every_program_logs_into_the_data_folder(program: Program, settings: Settings) -> None:
    """Each program has its own log file with its name."""
    assert program.log == settings.logs / f"{program.name}.log"


def test_mlflow_listens_on_loopback_and_does_not_start_jobs(settings: Settings) -> None:
    """MLflow has no passwords, and its job executor would start a dozen processes."""
    server = mlflow_server(settings)

    assert server.command[server.command.index("--host") + 1] == "127.0.0.1"
    assert server.environment["MLFLOW_SERVER_ENABLE_JOB_EXECUTION"] == "false"
    assert server.folder == settings.home


def test_trainer_keeps_a_registered_model(settings: Settings) -> None:
    """A second `make run` serves the model that the first one registered."""
    assert "--skip-if-registered" in trainer(settings).command


def test_the_api_gets_its_address_and_cache(settings: Settings) -> None:
    """HOST of the environment, which some shells set to the machine's name, is ignored."""
    environment = api(settings).environment

    assert (environment["HOST"], environment["PORT"]) == ("127.0.0.1", "8001")
    assert environment["MODEL_CACHE_DIR"] == str(settings.home / "model-cache")
    assert environment["PREDICTION_LOG_DIR"] == str(settings.home / "prediction-log")
    assert environment["REGISTERED_MODEL_NAME"] == "other_model"


def test_mlflow_is_imported_from_the_given_folder(tmp_path: Path) -> None:
    """The folder comes before the user's PYTHONPATH, which is unchanged without a folder."""
    settings = read_settings({"PYTHONPATH": "/own"})

    assert mlflow_server(settings, tmp_path).environment["PYTHONPATH"] == f"{tmp_path}:/own"
    assert mlflow_server(settings).environment["PYTHONPATH"] == "/own"


def test_the_home_page_links_mlflow(settings: Settings) -> None:
    """Of the other pages only MLflow's exists, on its port of this run."""
    assert api(settings).environment["PAGES_LINKS"] == "MLflow=127.0.0.1:8006@127.0.0.1:8006"
