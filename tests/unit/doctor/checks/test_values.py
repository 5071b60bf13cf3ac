"""Values that a service refuses."""

import sys
from dataclasses import replace

import pytest

from doctor.checks.values import find_refused_values
from doctor.finding import NotCheckedError
from tests.unit.doctor.examples import codes, healthy, project


def _find(**variables: str) -> list[str]:
    return codes(list(find_refused_values(replace(healthy(), project=project(**variables)))))


def test_the_defaults_are_fine() -> None:
    """Nothing is found."""
    assert _find() == []


@pytest.mark.parametrize(
    ("variables", "code"),
    [
        ({"LOG_LEVEL": "loud"}, "setting-refused"),
        ({"MODEL_POLL_SECONDS": "0"}, "setting-refused"),
        ({"ROOT_PATH": "ml"}, "setting-refused"),
        ({"MYSQL_PASSWORD": "a\tb"}, "credential-refused"),
        ({"MYSQL_USER": "u" * 33}, "credential-refused"),
        ({"MINIO_ROOT_PASSWORD": "short", "AWS_SECRET_ACCESS_KEY": "other-one"}, "credential-refused"),
        ({"AWS_SECRET_ACCESS_KEY": "another-secret"}, "keys-differ"),
        ({"MINIO_ROOT_USER": "somebody"}, "keys-differ"),
        ({"MLFLOW_AUTH": "ture"}, "account-refused"),
        ({"MLFLOW_AUTH": "true"}, "account-refused"),
        ({"MLFLOW_AUTH": "true", "MLFLOW_TRACKING_PASSWORD": "p" * 12, "MLFLOW_API_PASSWORD": "p"}, "account-refused"),
    ],
)
def test_a_value_that_is_refused(variables: dict[str, str], code: str) -> None:
    """The code that reads the value in the container says the same."""
    assert code in _find(**variables)


def test_each_setting_is_a_finding() -> None:
    """Both are named at once."""
    assert _find(LOG_LEVEL="loud", ALLOW_PICKLE="perhaps") == ["setting-refused", "setting-refused"]


def test_a_dollar_is_one_dollar() -> None:
    """Compose doubles it in its output."""
    assert project(MYSQL_PASSWORD="a$$b").environment("mysql")["MYSQL_PASSWORD"] == "a$b"


def test_another_storage_has_other_keys() -> None:
    """The account of MinIO says nothing about another S3 server."""
    assert _find(MLFLOW_S3_ENDPOINT_URL="https://s3.example.com", AWS_ACCESS_KEY_ID="x,y") == []


def test_an_old_python(monkeypatch: pytest.MonkeyPatch) -> None:
    """Python 3.9 cannot read the settings of the API: this is said, and the other values are checked."""
    monkeypatch.setattr(sys, "version_info", (3, 9, 18))
    findings = find_refused_values(replace(healthy(), project=project(MYSQL_PASSWORD="a\tb", LOG_LEVEL="loud")))

    assert next(findings).code == "credential-refused"
    with pytest.raises(NotCheckedError, match=r"Python 3\.10"):
        next(findings)
