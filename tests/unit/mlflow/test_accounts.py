"""MLflow's users from the environment."""

import pytest

from accounts import Account, Accounts
from configuration import ConfigurationError

ENVIRONMENT = {
    "MLFLOW_AUTH": "true",
    "MLFLOW_TRACKING_USERNAME": "admin",
    "MLFLOW_TRACKING_PASSWORD": "password of people",
    "MLFLOW_API_USERNAME": "api",
    "MLFLOW_API_PASSWORD": "señal-de-la-API",
}


def test_the_users() -> None:
    """One for people and the trainer, one for the API; a password is in no text of theirs."""
    accounts = Accounts.from_environment(ENVIRONMENT)

    assert accounts == Accounts(Account("admin", "password of people"), Account("api", "señal-de-la-API"))
    assert "password of people" not in repr(accounts)


@pytest.mark.parametrize("switch", [{}, {"MLFLOW_AUTH": ""}, {"MLFLOW_AUTH": "false"}, {"MLFLOW_AUTH": "Off"}])
def test_no_users_without_authentication(switch: dict[str, str]) -> None:
    """The other variables are not looked at then."""
    assert Accounts.from_environment({"MLFLOW_TRACKING_PASSWORD": "short", **switch}) is None


@pytest.mark.parametrize("text", ["ture", "basic-auth", "2"])
def test_a_misspelt_switch_does_not_open_the_server(text: str) -> None:
    """It is an error, not false."""
    with pytest.raises(ConfigurationError, match=f"MLFLOW_AUTH must be true or false, not '{text}'"):
        Accounts.from_environment({**ENVIRONMENT, "MLFLOW_AUTH": text})


def test_there_are_no_default_passwords() -> None:
    """All that is missing is named, with a command that makes a password."""
    given = {**ENVIRONMENT, "MLFLOW_TRACKING_PASSWORD": "", "MLFLOW_API_PASSWORD": ""}

    with pytest.raises(ConfigurationError, match=r"MLFLOW_TRACKING_PASSWORD, MLFLOW_API_PASSWORD .* `openssl"):
        Accounts.from_environment(given)


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("MLFLOW_TRACKING_PASSWORD", "elevenchars", "MLFLOW_TRACKING_PASSWORD has 11 characters"),
        ("MLFLOW_API_PASSWORD", "password1234", "MLFLOW_API_PASSWORD is the public password"),
        ("MLFLOW_API_PASSWORD", " password-of-api", "MLFLOW_API_PASSWORD begins or ends with"),
        ("MLFLOW_API_PASSWORD", "password\x07of-api", r"MLFLOW_API_PASSWORD holds the control character U\+0007"),
        ("MLFLOW_API_USERNAME", "the:api", "MLFLOW_API_USERNAME holds ':'"),
        ("MLFLOW_API_USERNAME", "a" * 256, "MLFLOW_API_USERNAME has 256 characters"),
        ("MLFLOW_API_USERNAME", "admin", "must be two users"),
    ],
)
def test_what_mlflow_cannot_use(name: str, value: str, problem: str) -> None:
    """The message names the variable, and shows no password."""
    with pytest.raises(ConfigurationError, match=problem) as caught:
        Accounts.from_environment({**ENVIRONMENT, name: value})
    assert value not in str(caught.value)
