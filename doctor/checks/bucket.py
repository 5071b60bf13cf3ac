"""The bucket: there, and writable with the keys of MLflow, without writing anything."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import quote

from doctor.compose_project import STACK_STORAGE
from doctor.docker_client import COMPOSE
from doctor.finding import Finding, NotCheckedError, fault
from doctor.installation import Installation

# S3 checks the permission, and then the digest, which is wrong: it answers BadDigest and stores nothing. As the health
# check of the service does, curl signs the request in the container, whose port is not published. The body is empty,
# because older versions of curl do not send the digest that the signature needs for another one.
_PROBE = (
    'exec curl --silent --show-error --max-time 4 --aws-sigv4 aws:amz:us-east-1:s3 --user "$KEY:$SECRET" '
    '--request PUT --header "Content-MD5: AAAAAAAAAAAAAAAAAAAAAA==" --header "Content-Length: 0" "http://127.0.0.1:9000/$TARGET"'
)
_OBJECT = ".doctor"
_WRITABLE = frozenset({"BadDigest", "InvalidDigest"})
_REFUSED_KEY = frozenset({"AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch"})
_WHY = "Sin él no se guarda ni se descarga ningún modelo."


def find_bucket_problems(installation: Installation) -> Iterator[Finding]:
    """A missing bucket, refused keys, or a server that does not answer."""
    given = installation.require_project().environment("create-minio-buckets")
    if given.get("MLFLOW_S3_ENDPOINT_URL") != STACK_STORAGE:
        raise NotCheckedError("es de otro servidor S3")
    container = installation.require_running("minio")
    bucket = given.get("MLFLOW_BUCKET_NAME", "")
    printed = installation.docker.run(
        *("exec", "-e", "KEY", "-e", "SECRET", "-e", "TARGET", container.name, "sh", "-c", _PROBE),
        secrets={
            "KEY": given.get("AWS_ACCESS_KEY_ID", ""),
            "SECRET": given.get("AWS_SECRET_ACCESS_KEY", ""),
            "TARGET": f"{quote(bucket, safe='')}/{_OBJECT}",
        },
    )
    found = re.search(r"<Code>(\w+)</Code>(?:<Message>([^<]*))?", printed.stdout)
    code, message = (found[1], found[2] or "") if found else ("", printed.reason)
    if code in _WRITABLE:
        return
    if code == "NoSuchBucket":
        yield fault(
            "bucket-missing",
            f"No existe el bucket {bucket} en MinIO.",
            f"{_WHY} Si había modelos, se borraron con él.",
            f"{COMPOSE} run --rm model-trainer --force lo crea otra vez y entrena",
        )
    elif code in _REFUSED_KEY:
        yield fault(
            "bucket-refused",
            f"MinIO no acepta las claves de MLflow para el bucket {bucket} ({code}).",
            _WHY,
            "AWS_ACCESS_KEY_ID y AWS_SECRET_ACCESS_KEY tienen que ser MINIO_ROOT_USER y MINIO_ROOT_PASSWORD; "
            f"después: {COMPOSE} up -d",
        )
    else:
        yield fault(
            "bucket-failed",
            f"No se puede escribir en el bucket {bucket}: {code} {message[:200]}",
            _WHY,
            "docker logs minio_server",
        )
