"""The storage's settings, read from the environment."""

import pytest

from storage import BucketError, Storage


def test_settings_come_from_mlflow_s_own_variables() -> None:
    """The job and the server read the same variables, with the same meaning."""
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
    """One run tells everything that is missing."""
    with pytest.raises(BucketError, match="MLFLOW_BUCKET_NAME, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY"):
        Storage.from_environment({})
