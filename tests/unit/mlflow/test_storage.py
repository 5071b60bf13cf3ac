"""The settings of the S3 storage, from the environment."""

import pytest

from configuration import ConfigurationError
from storage import Storage


def test_settings_come_from_the_variables_of_mlflow() -> None:
    """The job and the server read the same variables."""
    read = Storage.from_environment(
        {
            "MLFLOW_BUCKET_NAME": "mlflow-artifacts",
            "AWS_ACCESS_KEY_ID": "admin",
            "AWS_SECRET_ACCESS_KEY": "supersecret",
            "MLFLOW_S3_ENDPOINT_URL": "https://s3.example",
            "MLFLOW_S3_IGNORE_TLS": "true",
            "AWS_DEFAULT_REGION": "eu-west-1",
        }
    )

    assert read == Storage("mlflow-artifacts", "admin", "supersecret", "https://s3.example", False, "eu-west-1")  # noqa: FBT003 - reads as the fields do


def test_all_missing_variables_are_named_at_once() -> None:
    """One message names all missing variables."""
    with pytest.raises(ConfigurationError, match="MLFLOW_BUCKET_NAME, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY"):
        Storage.from_environment({})


STACK = {
    "MLFLOW_BUCKET_NAME": "mlflow-artifacts",
    "AWS_ACCESS_KEY_ID": "admin",
    "AWS_SECRET_ACCESS_KEY": "supersecret",
    "MINIO_ROOT_USER": "admin",
    "MINIO_ROOT_PASSWORD": "supersecret",
    "MLFLOW_S3_ENDPOINT_URL": "http://minio:9000",
}


@pytest.mark.parametrize(
    ("variable", "value", "reason"),
    [
        ("MINIO_ROOT_USER", "a,b", "holds ',' (U+002C), which cannot be used in the name of MinIO's user"),
        ("AWS_ACCESS_KEY_ID", "a:b", "holds ':' (U+003A), which cannot be used in the name of MinIO's user"),
        ("MINIO_ROOT_USER", "ab", "has 2 characters, and MinIO wants 3 or more"),
        ("MINIO_ROOT_PASSWORD", "short", "has 5 characters, and MinIO wants 8 or more"),
        ("AWS_SECRET_ACCESS_KEY", "a secret ", "begins or ends with ' ' (U+0020), which cannot be used there"),
        ("MINIO_ROOT_PASSWORD", "env://secret", "begins with 'env://', which MinIO takes for an address"),
        ("MINIO_ROOT_PASSWORD", "secret\nsecret", "holds the control character U+000A, which cannot be used"),
    ],
)
def test_a_value_that_minio_cannot_use_is_an_error(variable: str, value: str, reason: str) -> None:
    """The message names the variable and the character, which neither MinIO nor an S3 client does."""
    with pytest.raises(ConfigurationError) as raised:
        Storage.from_environment({**STACK, variable: value})

    assert str(raised.value) == f"{variable} {reason}"


def test_other_s3_servers_have_their_own_rules() -> None:
    """For another S3 server the rules of MinIO do not apply."""
    given = {
        **STACK,
        "AWS_ACCESS_KEY_ID": "a:b",
        "MINIO_ROOT_USER": "ab",
        "MLFLOW_S3_ENDPOINT_URL": "https://s3.example",
    }

    assert Storage.from_environment(given).access_key == "a:b"


@pytest.mark.parametrize("password", ["""'"\\ @:/%#$!& ñ€😀`*;=,""", "-p345678", "p" * 300])
def test_any_printable_password_is_valid(password: str) -> None:
    """Quotes, backslashes, inner blanks and characters of every script are valid in a password."""
    given = {**STACK, "MINIO_ROOT_PASSWORD": password, "AWS_SECRET_ACCESS_KEY": password}

    assert Storage.from_environment(given).secret_key == password


def test_an_invalid_endpoint_is_named() -> None:
    """The message has the variable and its value."""
    with pytest.raises(ConfigurationError, match=r"MLFLOW_S3_ENDPOINT_URL .*'http://\[minio'"):
        Storage.from_environment({**STACK, "MLFLOW_S3_ENDPOINT_URL": "http://[minio"})
