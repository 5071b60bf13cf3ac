"""Create the bucket for MLflow's artifacts unless it exists; wait for the S3 server first."""

from __future__ import annotations

import argparse
import logging
import sys
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from storage import BucketError, Storage

if TYPE_CHECKING:
    from collections.abc import Sequence

log = logging.getLogger("create_bucket")

# boto3 hands over the S3 error code, or the bare HTTP status where the server gave no body.
MISSING = {"404", "NoSuchBucket"}
OURS = {"BucketAlreadyOwnedByYou"}
REFUSED = {"401", "403", "AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch"}
# HTTP: below is the caller's fault, so that trying again is no use.
SERVER_ERROR = 500


def ensure_bucket(storage: Storage, client: Any) -> bool:
    """Create the bucket unless it is there.

    Returns:
        True if it was created now.

    Raises:
        botocore.exceptions.ClientError: The server refused.
        BucketError: A proxy answered in its place.
    """
    from botocore.exceptions import ClientError  # noqa: PLC0415 - as above

    try:
        answer = client.head_bucket(Bucket=storage.bucket)
    except ClientError as error:
        if error.response["Error"]["Code"] not in MISSING:
            raise
    else:
        _require_s3(storage, answer)
        return False
    # Amazon wants every region named here but its first; others take it as well.
    place = {} if storage.region == "us-east-1" else {"LocationConstraint": storage.region}
    try:
        answer = client.create_bucket(Bucket=storage.bucket, **({"CreateBucketConfiguration": place} if place else {}))
    except ClientError as error:
        if error.response["Error"]["Code"] not in OURS:
            raise
        return False
    _require_s3(storage, answer)
    return True


def _require_s3(storage: Storage, answer: Any) -> None:
    """Tell an answer of a proxy from one of S3, which numbers its answers (x-amz-request-id).

    Raises:
        BucketError: It is the proxy's.
    """
    found = answer["ResponseMetadata"]
    if storage.proxy and not any(name.startswith("x-amz-") for name in found["HTTPHeaders"]):
        raise BucketError(f"{storage}: HTTP {found['HTTPStatusCode']} is no answer of S3{_note(storage)}")


def _note(storage: Storage) -> str:
    """Name what stands between the job and the server."""
    if storage.proxy is None:
        return ""
    host = urlsplit(storage.endpoint or "").hostname or "s3.amazonaws.com"
    return f"; asked through {storage.proxy}: if {host} needs no proxy, add {host} to NO_PROXY"


def _raise_if_final(storage: Storage, error: Any) -> None:
    """Tell an answer that a later try would get again, such as a refused key, from a server that starts.

    Raises:
        BucketError: It is final.
    """
    if error.response["ResponseMetadata"]["HTTPStatusCode"] >= SERVER_ERROR:
        return
    _require_s3(storage, error.response)
    code = error.response["Error"]["Code"]
    if code in REFUSED:
        raise BucketError(
            f"{storage}: the server refuses the access key {storage.access_key!r} ({code}). "
            "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY must be MINIO_ROOT_USER and MINIO_ROOT_PASSWORD; "
            "Compose takes them from your shell first, then from .env."
        ) from error
    raise BucketError(f"{storage}: {error}") from error


def create_bucket(storage: Storage, wait: float) -> None:
    """Wait for the server, at most `wait` seconds, and create the bucket unless it is there.

    Raises:
        BucketError: The server refused, or did not answer in time.
    """
    from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError  # noqa: PLC0415 - as above

    deadline = time.monotonic() + wait
    announced = False
    client = storage.client()
    while True:
        try:
            log.info("%s %s", storage, "is created" if ensure_bucket(storage, client) else "exists already")
        except ParamValidationError as error:
            raise BucketError(f"MLFLOW_BUCKET_NAME is no bucket's name: {error}") from error
        except RecursionError as error:  # boto3 meets a redirect without a region by asking the same again
            raise BucketError(f"{storage}: a redirect is no answer of S3{_note(storage)}") from error
        except ClientError as error:
            _raise_if_final(storage, error)
            reason: Exception = error
        except BotoCoreError as error:
            reason = error
        else:
            return
        if time.monotonic() > deadline:
            raise BucketError(f"{storage}: no answer within {wait:.0f} s: {reason}{_note(storage)}")
        if not announced:
            log.info("waiting for %s%s", storage, _note(storage))
            announced = True
        time.sleep(0.5)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Returns:
        0 when the bucket is there, 1 otherwise.
    """
    parser = argparse.ArgumentParser(prog="create_bucket", description=__doc__)
    parser.add_argument("--wait", type=float, default=300, help="seconds to wait for S3 (default: %(default)s)")
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    try:
        create_bucket(Storage.from_environment(), options.wait)
    except BucketError as error:
        log.error("%s", error)  # noqa: TRY400 - the sentence is enough
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
