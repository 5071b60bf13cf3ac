"""The S3 server of MLflow's artifacts, as the environment gives it."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from accounts import minio_problem
from proxy import Proxy

if TYPE_CHECKING:
    from collections.abc import Mapping


# The name of the stack's own server, the only one that the MINIO_* variables are about.
MINIO_HOST = "minio"


class BucketError(Exception):
    """The bucket cannot be had; the message says why and what to do."""


@dataclass(frozen=True)
class Storage:
    """An S3 server, the account on it and the bucket wanted there."""

    bucket: str
    access_key: str
    secret_key: str = field(repr=False)
    endpoint: str | None = None  # None is Amazon's own
    verify_tls: bool = True
    region: str = "us-east-1"

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Storage:
        """Read the variables that MLflow reads too.

        Raises:
            BucketError: A variable is missing, or holds what the stack's MinIO cannot work with.
        """
        needed = ("MLFLOW_BUCKET_NAME", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
        missing = [name for name in needed if not environment.get(name)]
        if missing:
            raise BucketError(f"these environment variables must be set: {', '.join(missing)}")
        endpoint = environment.get("MLFLOW_S3_ENDPOINT_URL") or None
        if endpoint and _host(endpoint) == MINIO_HOST:
            accounts = ("MINIO_ROOT_USER", "MINIO_ROOT_PASSWORD", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
            given = {name: environment[name] for name in accounts if environment.get(name)}
            problems = [problem for name, value in given.items() if (problem := minio_problem(name, value))]
            if problems:
                raise BucketError("; ".join(problems))
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
        """What stands before the server."""
        return Proxy.before(self.endpoint or "https://s3.amazonaws.com")

    def client(self) -> Any:
        """Make a client that gives up fast: the waiting is done here, not in botocore."""
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
                # Without this boto3 asks the proxy even for 127.0.0.1.
                proxies=None if self.proxy else {},
            ),
        )

    def __str__(self) -> str:
        """Name the bucket and the server without the secret."""
        return f"bucket {self.bucket!r} at {self.endpoint or 'Amazon S3'}"


def _host(endpoint: str) -> str | None:
    try:
        return urlsplit(endpoint).hostname
    except ValueError as error:
        raise BucketError(f"MLFLOW_S3_ENDPOINT_URL must be the address of an S3 server, not {endpoint!r}") from error
