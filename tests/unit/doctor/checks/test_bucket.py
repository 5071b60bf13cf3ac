"""The bucket: answers of the real MinIO."""

from dataclasses import replace

import pytest

from doctor.checks.bucket import find_bucket_problems
from doctor.command import CommandResult
from doctor.finding import NotCheckedError
from tests.unit.doctor.examples import RecordedDocker, codes, healthy, printed, project, with_container

ANSWER = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{}</Code><Message>{}</Message><Key>.doctor</Key>'
    "<BucketName>mlflow-artifacts</BucketName><Resource>/mlflow-artifacts/.doctor</Resource></Error>"
)
SILENT = "curl: (7) Failed to connect to 127.0.0.1 port 9000"


def _answer(code: str, message: str = "a sentence") -> dict[str, CommandResult]:
    return {"exec": printed(ANSWER.format(code, message))}


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (_answer("NoSuchBucket", "The specified bucket does not exist"), "bucket-missing"),
        (_answer("SignatureDoesNotMatch"), "bucket-refused"),
        (_answer("InvalidAccessKeyId"), "bucket-refused"),
        (_answer("AccessDenied", "Access Denied."), "bucket-refused"),
        (
            _answer("XMinioStorageFull", "Storage backend has reached its minimum free drive threshold."),
            "bucket-failed",
        ),
        ({"exec": printed(stderr=SILENT, code=7)}, "bucket-failed"),
        ({"exec": CommandResult(124, "", "sin respuesta en 6 s")}, "bucket-failed"),
    ],
)
def test_a_bucket_with_a_problem(answer: dict[str, CommandResult], code: str) -> None:
    """What S3 answers decides; without an answer this is told."""
    findings = list(find_bucket_problems(healthy(answers=answer)))

    assert codes(findings) == [code]
    assert "mlflow-artifacts" in findings[0].what


@pytest.mark.parametrize("code", ["BadDigest", "InvalidDigest"])
def test_a_bucket_that_can_be_written(code: str) -> None:
    """Only the deliberately wrong digest is refused: with the right one it would be stored."""
    assert list(find_bucket_problems(healthy(answers=_answer(code)))) == []


def test_the_keys_are_no_arguments() -> None:
    """They are variables of the command."""
    installation = healthy(answers=_answer("BadDigest"))
    list(find_bucket_problems(installation))

    assert isinstance(installation.docker, RecordedDocker)
    assert len(installation.docker.asked) == 1
    assert "supersecret" not in installation.docker.asked[0]


def test_another_server() -> None:
    """Its bucket is not asked for."""
    other = project(MLFLOW_S3_ENDPOINT_URL="https://s3.example.com")

    with pytest.raises(NotCheckedError, match="otro servidor S3"):
        list(find_bucket_problems(replace(healthy(), project=other)))


def test_without_minio() -> None:
    """Another check says why it is down."""
    with pytest.raises(NotCheckedError, match="minio no está en pie"):
        list(find_bucket_problems(with_container(healthy(), "minio", status="exited")))
