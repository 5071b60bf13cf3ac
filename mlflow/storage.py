"""The S3 server and bucket of MLflow's artifacts, from the environment."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from configuration import ConfigurationError, require
from credentials import minio_problem
from proxy import Proxy

if TYPE_CHECKING:
    from collections.abc import Mapping


# The host name of the server of the stack: the MINIO_* variables apply to no other.
MINIO_HOST = "minio"


class BucketError(Exception):
    """The bucket cannot be used; the message says why and what to do."""


@dataclass(frozen=True)
class Storage:
    """An S3 server, an account and a bucket."""

    bucket: str
    access_key: str
    secret_key: str = field(repr=False)
    endpoint: str | None = None  # None: Amazon S3
    verify_tls: bool = True
    region: str = "us-east-1"

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Storage:
        """Read the variables, which are those of MLflow.

        Raises:
            ConfigurationError: A variable is missing, or invalid for the MinIO of the stack.
        """
        require(environment, ("MLFLOW_BUCKET_NAME", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"))
        endpoint = environment.get("MLFLOW_S3_ENDPOINT_URL") or None
        if endpoint and _host(endpoint) == MINIO_HOST:
            accounts = ("MINIO_ROOT_USER", "MINIO_ROOT_PASSWORD", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
            given = {name: environment[name] for name in accounts if environment.get(name)}
            problems = [problem for name, value in given.items() if (problem := minio_problem(name, value))]
            if problems:
                raise ConfigurationError("; ".join(problems))
        return cls(
            bucket=environment["MLFLOW_BUCKET_NAME"],
            access_key=environment["AWS_ACCESS_KEY_ID"],
            secret_key=environment["AWS_SECRET_ACCESS_KEY"],
            endpoint=endpoint,
            verify_tls=environment.get("MLFLOW_S3_IGNORE_TLS", "false").lower() not in {"true", "1"},
            region=environment.get("AWS_DEFAULT_REGION") or "us-east-1",
        )

    @property
    def proxy(self) -> Proxy | None:
        """The proxy for the server, if any."""
        return Proxy.for_endpoint(self.endpoint or "https://s3.amazonaws.com")

    def client(self) -> Any:
        """Make a client with short timeouts and no retries, because `create_bucket` retries."""
        import boto3  # noqa: PLC0415 - half a second, not needed for --help
        from botocore.config import Config  # noqa: PLC0415 - as above

        return boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            aws_access_key_id=self.access_key,
            aws_secret_access_key=self.secret_key,
            region_name=self.region,
            verify=self.verify_tls or False,
            config=Config(
                connect_timeout=2,
                read_timeout=10,
                retries={"max_attempts": 1, "mode": "standard"},
                # An empty mapping: boto3 would use the proxy even for 127.0.0.1.
                proxies=None if self.proxy else {},
            ),
        )

    def __str__(self) -> str:
        """Name the bucket and the server, without the secret."""
        return f"bucket {self.bucket!r} at {self.endpoint or 'Amazon S3'}"


def _host(endpoint: str) -> str | None:
    try:
        return urlsplit(endpoint).hostname
    except ValueError as error:
        raise ConfigurationError(
            f"MLFLOW_S3_ENDPOINT_URL must be the address of an S3 server, not {endpoint!r}"
        ) from error
