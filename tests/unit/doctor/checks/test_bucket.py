"""The bucket: answers of the real MinIO."""

import pytest

from doctor.checks.bucket import find_bucket_problems
from doctor.finding import NotCheckedError
from tests.unit.doctor.examples import codes, healthy, printed, with_container


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ("NoSuchBucket The specified bucket does not exist", "bucket-missing"),
        ("SignatureDoesNotMatch The request signature we calculated does not match", "bucket-refused"),
        ("InvalidAccessKeyId The Access Key Id you provided does not exist in our records.", "bucket-refused"),
        ("AccessDenied Access Denied.", "bucket-refused"),
        ("XMinioStorageFull Storage backend has reached its minimum free drive threshold.", "bucket-failed"),
        ('NoAnswer Could not connect to the endpoint URL: "http://minio:9000/"', "bucket-failed"),
    ],
)
def test_a_bucket_with_a_problem(answer: str, code: str) -> None:
    """What S3 answers decides."""
    findings = list(find_bucket_problems(healthy(answers={"exec mlflow_server": printed(f"{answer}\n")})))

    assert codes(findings) == [code]
    assert "mlflow-artifacts" in findings[0].what


@pytest.mark.parametrize("answer", ["BadDigest The Content-Md5 you specified did not match", "InvalidDigest "])
def test_a_bucket_that_can_be_written(answer: str) -> None:
    """Only the deliberately wrong digest is refused: with the right one it would be stored."""
    assert list(find_bucket_problems(healthy(answers={"exec mlflow_server": printed(f"{answer}\n")}))) == []


def test_a_probe_that_fails() -> None:
    """An image without the program says nothing of the bucket."""
    failed = printed(stderr="ModuleNotFoundError: No module named 'storage'", code=1)

    with pytest.raises(NotCheckedError, match="No module named"):
        list(find_bucket_problems(healthy(answers={"exec mlflow_server": failed})))


def test_without_mlflow() -> None:
    """Its container has the keys."""
    with pytest.raises(NotCheckedError, match="mlflow no está en pie"):
        list(find_bucket_problems(with_container(healthy(), "mlflow", status="exited")))
