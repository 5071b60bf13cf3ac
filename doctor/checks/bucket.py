"""The bucket: there, and writable with MLflow's own keys, without writing anything."""

from __future__ import annotations

from collections.abc import Iterator

from doctor.docker_client import COMPOSE
from doctor.finding import Finding, NotCheckedError, fault
from doctor.installation import Installation

# S3 checks the permission first and then the digest, which is wrong: it answers BadDigest and stores nothing.
PROBE = """
import sys
sys.path.insert(0, "/opt/mlflow")
from botocore.exceptions import BotoCoreError, ClientError
from storage import Storage
import os
bucket = os.environ["MLFLOW_ARTIFACTS_DESTINATION"].split("/")[2]
storage = Storage.from_environment({**os.environ, "MLFLOW_BUCKET_NAME": bucket})
try:
    storage.client().put_object(Bucket=bucket, Key=".doctor", Body=b"x", ContentMD5="AAAAAAAAAAAAAAAAAAAAAA==")
    print("Stored")
except ClientError as error:
    print(error.response["Error"]["Code"], error.response["Error"].get("Message", ""))
except BotoCoreError as error:
    print("NoAnswer", error)
"""
_WRITABLE = frozenset({"BadDigest", "InvalidDigest"})
_REFUSED_KEY = frozenset({"403", "AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch"})
_WHY = "Sin él no se guarda ni se descarga ningún modelo."


def find_bucket_problems(installation: Installation) -> Iterator[Finding]:
    """A missing bucket, refused keys, or a server that does not answer."""
    project = installation.require_project()
    container = installation.require_running("mlflow")
    endpoint = project.environment("mlflow").get("MLFLOW_S3_ENDPOINT_URL", "")
    bucket = project.environment("create-minio-buckets").get("MLFLOW_BUCKET_NAME", "")
    printed = installation.docker.run("exec", container.name, "python", "-c", PROBE)
    code, _, message = printed.stdout.strip().partition(" ")
    if code in _WRITABLE:
        return
    if code == "NoSuchBucket":
        yield fault(
            "bucket-missing",
            f"No existe el bucket {bucket} en {endpoint}.",
            f"{_WHY} Si había modelos, se borraron con él.",
            f"{COMPOSE} run --rm model-trainer --force lo crea otra vez y entrena",
        )
    elif code in _REFUSED_KEY:
        yield fault(
            "bucket-refused",
            f"{endpoint} no acepta las claves de MLflow para el bucket {bucket} ({code}).",
            _WHY,
            "AWS_ACCESS_KEY_ID y AWS_SECRET_ACCESS_KEY tienen que ser MINIO_ROOT_USER y MINIO_ROOT_PASSWORD; "
            f"después: {COMPOSE} up -d",
        )
    elif code:
        yield fault(
            "bucket-failed",
            f"No se puede escribir en el bucket {bucket} de {endpoint}: {code} {message[:200]}",
            _WHY,
            "docker logs minio_server",
        )
    else:
        raise NotCheckedError(f"el bucket: {printed.reason}")
