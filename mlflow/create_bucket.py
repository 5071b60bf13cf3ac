"""Create the bucket for MLflow's artifacts unless it exists; wait for the S3 server first."""

from __future__ import annotations

import argparse
import logging
import sys
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from configuration import ConfigurationError
from storage import BucketError, Storage

if TYPE_CHECKING:
    from collections.abc import Sequence

log = logging.getLogger("create_bucket")

# boto3 gives the error code of S3, or the HTTP status when the answer has no body.
NOT_FOUND_CODES = {"404", "NoSuchBucket"}
ALREADY_OWNED_CODES = {"BucketAlreadyOwnedByYou"}
REFUSED_KEY_CODES = {"401", "403", "AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch"}
# Below it, the error is the client's, and a later attempt fails as well.
MIN_SERVER_ERROR = 500


def ensure_bucket(storage: Storage, client: Any) -> bool:
    """Create the bucket unless it exists.

    Returns:
        Whether it was created now.

    Raises:
        botocore.exceptions.ClientError: The server answered with an error.
        BucketError: The answer is that of a proxy.
    """
    from botocore.exceptions import ClientError  # noqa: PLC0415 - half a second, not needed for --help

    try:
        answer = client.head_bucket(Bucket=storage.bucket)
    except ClientError as error:
        if error.response["Error"]["Code"] not in NOT_FOUND_CODES:
            raise
    else:
        _require_s3(storage, answer)
        return False
    # Amazon requires each region here except its first; other servers accept it.
    location = {} if storage.region == "us-east-1" else {"LocationConstraint": storage.region}
    try:
        answer = client.create_bucket(
            Bucket=storage.bucket, **({"CreateBucketConfiguration": location} if location else {})
        )
    except ClientError as error:
        if error.response["Error"]["Code"] not in ALREADY_OWNED_CODES:
            raise
        return False
    _require_s3(storage, answer)
    return True


def _require_s3(storage: Storage, answer: Any) -> None:
    """Check that S3 answered and not a proxy: S3 sends headers such as x-amz-request-id.

    Raises:
        BucketError: The answer is that of a proxy.
    """
    metadata = answer["ResponseMetadata"]
    if storage.proxy and not any(name.startswith("x-amz-") for name in metadata["HTTPHeaders"]):
        raise BucketError(f"{storage}: HTTP {metadata['HTTPStatusCode']} is no answer of S3{_proxy_note(storage)}")


def _proxy_note(storage: Storage) -> str:
    """The proxy between the job and the server, for a message; empty without one."""
    if storage.proxy is None:
        return ""
    host = urlsplit(storage.endpoint or "").hostname or "s3.amazonaws.com"
    return f"; asked through {storage.proxy}: if {host} needs no proxy, add {host} to NO_PROXY"


def _raise_if_permanent(storage: Storage, error: Any) -> None:
    """Raise for an error that a later attempt gets again, such as a refused key, but not for a server that starts.

    Raises:
        BucketError: The error is permanent.
    """
    if error.response["ResponseMetadata"]["HTTPStatusCode"] >= MIN_SERVER_ERROR:
        return
    _require_s3(storage, error.response)
    code = error.response["Error"]["Code"]
    if code in REFUSED_KEY_CODES:
        raise BucketError(
            f"{storage}: the server refuses the access key {storage.access_key!r} ({code}). "
            "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY must be MINIO_ROOT_USER and MINIO_ROOT_PASSWORD; "
            "Compose takes them from your shell first, then from .env."
        ) from error
    raise BucketError(f"{storage}: {error}") from error


def create_bucket(storage: Storage, wait: float) -> None:
    """Wait for the server, at most `wait` seconds, and create the bucket unless it exists.

    Raises:
        BucketError: The server refused the request, or did not answer in time.
    """
    from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError  # noqa: PLC0415 - half a second, not needed for --help

    deadline = time.monotonic() + wait
    announced = False
    client = storage.client()
    while True:
        try:
            log.info("%s %s", storage, "is created" if ensure_bucket(storage, client) else "exists already")
        except ParamValidationError as error:
            raise BucketError(f"MLFLOW_BUCKET_NAME is no bucket's name: {error}") from error
        except RecursionError as error:  # boto3 repeats the request on a redirect without a region
            raise BucketError(f"{storage}: a redirect is no answer of S3{_proxy_note(storage)}") from error
        except ClientError as error:
            _raise_if_permanent(storage, error)
            reason: Exception = error
        except BotoCoreError as error:
            reason = error
        else:
            return
        if time.monotonic() > deadline:
            raise BucketError(f"{storage}: no answer within {wait:.0f} s: {reason}{_proxy_note(storage)}")
        if not announced:
            log.info("waiting for %s%s", storage, _proxy_note(storage))
            announced = True
        time.sleep(0.5)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Returns:
        0 when the bucket exists, 1 otherwise.
    """
    parser = argparse.ArgumentParser(prog="create_bucket", description=__doc__)
    parser.add_argument("--wait", type=float, default=300, help="seconds to wait for S3 (default: %(default)s)")
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    try:
        create_bucket(Storage.from_environment(), options.wait)
    except (BucketError, ConfigurationError) as error:
        log.error("%s", error)  # noqa: TRY400 - the message is enough
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
