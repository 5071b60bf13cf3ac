"""Settings from the environment."""

from dataclasses import FrozenInstanceError, fields
from pathlib import Path

import pytest

from src.settings import PageLink, Settings, SettingsError


def test_defaults_without_an_environment() -> None:
    """No variable is needed: an empty environment gives the documented defaults."""
    settings = Settings.from_environment({})
    assert settings == Settings()
    assert settings.mlflow_tracking_uri == "http://mlflow:5000"
    assert (settings.registered_model_name, settings.model_alias) == ("linear_regression_model", "champion")
    assert (settings.port, settings.model_poll_seconds, settings.allow_pickle) == (8000, 5.0, False)


def test_empty_challenger_alias_is_none() -> None:
    """An empty CHALLENGER_ALIAS counts: it means that no version is tried beside the champion."""
    assert Settings().challenger_alias == "challenger"
    assert Settings.from_environment({"CHALLENGER_ALIAS": " "}).challenger_alias == ""


@pytest.mark.parametrize("field", [field.name for field in fields(Settings) if field.name != "challenger_alias"])
def test_empty_variable_keeps_its_default(field: str) -> None:
    """Compose passes unset variables as empty ones: empty and blank values keep the default."""
    assert Settings.from_environment({field.upper(): ""}) == Settings()
    assert Settings.from_environment({field.upper(): "  "}) == Settings()


GOOD = [
    ("MLFLOW_TRACKING_URI", "https://mlflow.example/base/", "https://mlflow.example/base"),
    ("MLFLOW_TRACKING_URI", "http://[::1]:5000", "http://[::1]:5000"),
    ("REGISTERED_MODEL_NAME", " precio de la vivienda ", "precio de la vivienda"),
    ("MODEL_CACHE_DIR", "some/folder", Path("some/folder")),
    ("MODEL_POLL_SECONDS", "0.2", 0.2),
    ("MODEL_FETCH_SECONDS", "60", 60.0),
    ("ALLOW_PICKLE", "True", True),
    ("ALLOW_PICKLE", "on", True),
    ("ALLOW_PICKLE", "0", False),
    ("PORT", "65535", 65535),
    ("MAX_BATCH_ROWS", "1", 1),
    ("FAST_LANE", "false", False),
    ("LONGEST_REST_MS", "0", 0.0),
    ("LONGEST_REST_MS", "7.5", 7.5),
    ("DRIFT_WINDOW_ROWS", "0", 0),
    ("DRIFT_WINDOW_ROWS", "1000", 1000),
    ("DRIFT_WINDOW_SECONDS", "0", 0.0),
    ("DRIFT_WINDOW_SECONDS", "86400", 86400.0),
    ("SOCKET_DIR", "/run/inference", "/run/inference"),
    ("ROOT_PATH", "/ml", "/ml"),
    ("ROOT_PATH", "/team/ml-2.0/", "/team/ml-2.0"),
    ("ROOT_PATH", "/", ""),
    ("FORWARDED_ALLOW_IPS", "*", "*"),
    ("FORWARDED_ALLOW_IPS", "10.0.0.1, fd00::/8,", "10.0.0.1,fd00::/8"),
    ("CANARY_HEADER", "X-User-ID", "X-User-ID"),
    ("PAGES_LINKS", "MLflow=127.0.0.1:8005@mlflow:5000", (PageLink("MLflow", "127.0.0.1", 8005, "mlflow", 5000),)),
    (
        "PAGES_LINKS",
        "My page=[::1]:1@a.b:2, B=0.0.0.0:3@c-d:4,",
        (PageLink("My page", "::1", 1, "a.b", 2), PageLink("B", "0.0.0.0", 3, "c-d", 4)),
    ),
    ("LOG_LEVEL", "debug", "DEBUG"),
    ("PREDICTION_LOG_PERCENT", "0", 0.0),
    ("PREDICTION_LOG_PERCENT", "0.5", 0.5),
    ("PREDICTION_LOG_PERCENT", "100", 100.0),
    ("PREDICTION_LOG_DIR", "logs", Path("logs")),
    ("PREDICTION_LOG_KEEP_DAYS", "7", 7),
]


@pytest.mark.parametrize(("name", "text", "value"), GOOD)
def test_value_is_read(name: str, text: str, value: object) -> None:
    """Each variable becomes the field of the same name, in that field's type."""
    found = getattr(Settings.from_environment({name: text}), name.lower())
    assert found == value
    assert isinstance(found, type(value))


BAD = [
    ("CANARY_HEADER", "X-User-ID:"),
    ("CANARY_HEADER", "user id"),
    ("CANARY_HEADER", "usuário"),
    ("CANARY_HEADER", "x" * 201),
    ("MLFLOW_TRACKING_URI", "sqlite:///mlflow.db"),
    ("MLFLOW_TRACKING_URI", "mlflow:5000"),
    ("MLFLOW_TRACKING_URI", "http://"),
    ("MLFLOW_TRACKING_URI", "http://[::1"),
    ("MLFLOW_TRACKING_URI", "http://mlflow:99999"),
    ("MLFLOW_TRACKING_URI", "http://mlflow:port"),
    ("MLFLOW_TRACKING_URI", "http://user:secret@mlflow:5000"),
    ("MODEL_POLL_SECONDS", "0"),
    ("MODEL_POLL_SECONDS", "-1"),
    ("MODEL_POLL_SECONDS", "nan"),
    ("MODEL_POLL_SECONDS", "inf"),
    ("MODEL_FETCH_SECONDS", "soon"),
    ("ALLOW_PICKLE", "maybe"),
    ("PORT", "0"),
    ("PORT", "65536"),
    ("PORT", "80.5"),
    ("PORT", "http"),
    ("MAX_BODY_BYTES", "0"),
    ("LONGEST_REST_MS", "-1"),
    ("PREDICTION_LOG_PERCENT", "100.1"),
    ("PREDICTION_LOG_PERCENT", "-1"),
    ("PREDICTION_LOG_FILE_MB", "0"),
    ("LONGEST_REST_MS", "long"),
    ("ROOT_PATH", "ml"),
    ("ROOT_PATH", "//host"),
    ("ROOT_PATH", "/ml/../x"),
    ("ROOT_PATH", "https://host/ml"),
    ("ROOT_PATH", "/ml x"),
    ("FORWARDED_ALLOW_IPS", "gateway"),
    ("FORWARDED_ALLOW_IPS", "10.0.0.1/8"),
    ("FORWARDED_ALLOW_IPS", "10.0.0.1 10.0.0.2"),
    ("PAGES_LINKS", "MLflow"),
    ("PAGES_LINKS", "MLflow=127.0.0.1:8005"),
    ("PAGES_LINKS", "MLflow=localhost:8005@mlflow:5000"),
    ("PAGES_LINKS", "MLflow=127.0.0.1:0@mlflow:5000"),
    ("PAGES_LINKS", "MLflow=127.0.0.1:8005@mlflow:99999"),
    ("PAGES_LINKS", "<b>=127.0.0.1:8005@mlflow:5000"),
    ("MAX_BATCH_ROWS", "-5"),
    ("MAX_QUEUE_ROWS", "1e6"),
    ("KEEP_ALIVE_SECONDS", "²"),
    ("SHUTDOWN_SECONDS", "9" * 5000),
    ("DRIFT_WINDOW_ROWS", "999"),
    ("DRIFT_WINDOW_ROWS", "-1"),
    ("DRIFT_WINDOW_ROWS", "1e4"),
    ("DRIFT_WINDOW_SECONDS", "-1"),
    ("DRIFT_WINDOW_SECONDS", "1h"),
    ("LOG_LEVEL", "LOUD"),
]


@pytest.mark.parametrize(("name", "text"), BAD)
def test_bad_value_is_named(name: str, text: str) -> None:
    """An invalid value is refused; the error names the variable and does not contain a secret."""
    with pytest.raises(SettingsError, match=rf"^{name} .*must|^{name} Exceeds") as caught:
        Settings.from_environment({name: text})
    assert "secret" not in str(caught.value)


def test_all_bad_values_are_named_at_once() -> None:
    """One error names every invalid variable."""
    values = {"PORT": "x", "ALLOW_PICKLE": "x", "MODEL_POLL_SECONDS": "x", "MLFLOW_TRACKING_URI": "x", "LOG_LEVEL": "x"}
    with pytest.raises(SettingsError) as caught:
        Settings.from_environment(values)
    assert all(name in str(caught.value) for name in values)


def test_frozen() -> None:
    """Settings cannot be changed."""
    with pytest.raises(FrozenInstanceError):
        Settings().port = 1  # type: ignore[misc]


def test_secrets_are_not_shown() -> None:
    """The text of the settings, as a log or a traceback would show it, holds neither password nor token."""
    text = repr(Settings(mlflow_tracking_password="one-secret", mlflow_tracking_token="other-secret"))
    assert "secret" not in text
