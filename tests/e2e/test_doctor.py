"""`make doctor` with the real stack; test_readme_problems.py has more faults."""

from collections.abc import Iterator

import pytest

from tests.e2e.compose_stack import Stack
from tests.e2e.diagnosis import diagnose
from tests.e2e.readme import Reader

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]

OBJECTS = (
    "import boto3, os;"
    "s3 = boto3.client('s3', endpoint_url=os.environ['MLFLOW_S3_ENDPOINT_URL']);"
    "print(sorted(o['Key'] for o in s3.list_objects_v2(Bucket='mlflow-artifacts').get('Contents', [])))"
)
AS_ROOT = "MYSQL_PWD=$MYSQL_ROOT_PASSWORD mysql -uroot mlflow_metadata --execute"
MARKER = "first_migration_in_progress"


@pytest.fixture(scope="module")
def complete(compose_stack: Stack) -> Stack:
    """The stack as after `up`: other tests leave jobs that failed, or other settings."""
    compose_stack.ensure_serving()
    compose_stack.compose("up", "-d", "--wait")
    compose_stack.wait_until_serving()
    return compose_stack


def test_a_healthy_stack(complete: Stack) -> None:
    """Every check is possible and finds nothing; nothing is written, not even by the check of the bucket."""
    before = _state(complete)
    said = Reader(complete).type("make doctor")
    found = diagnose(complete)

    assert said.returncode == 0, said.stdout
    assert "Todo bien." in said.stdout
    assert found.problems == set()
    assert found.exit_code == 0
    assert found.not_checked == {"local-stack"}
    assert _state(complete) == before


def _state(stack: Stack) -> tuple[str, set[str]]:
    """The objects in the bucket, and the containers."""
    objects = stack.compose("exec", "-T", "mlflow", "python", "-c", OBJECTS).stdout
    return objects, {container["Id"] for container in stack.containers()}


def test_settings_that_do_not_fit_the_running_stack(complete: Stack) -> None:
    """Another password than that of the data, a name that MLflow refuses, and an alias that no version has."""
    found = diagnose(complete, MYSQL_PASSWORD="another", PUBLIC_HOST="machine.example", MODEL_ALIAS="nobody")

    assert found.problems == {"database-refused", "mlflow-host", "alias-missing"}
    assert found.exit_code == 2
    assert "ERROR 1045" in found.findings["database-refused"]["what"]
    assert "machine.example" in found.findings["mlflow-host"]["what"]
    assert "nobody" in found.findings["alias-missing"]["what"]
    assert "mlflow" in found.findings["settings-changed"]["what"]


@pytest.fixture
def half_migrated(complete: Stack) -> Iterator[Stack]:
    """The stack with the marker of a first migration that never finished."""
    statement = f'{AS_ROOT} "CREATE TABLE {MARKER} (id INT)"'
    complete.compose("exec", "-T", "mysql", "sh", "-c", statement)
    yield complete
    complete.compose("exec", "-T", "mysql", "sh", "-c", f'{AS_ROOT} "DROP TABLE {MARKER}"')


def test_a_database_that_is_half_migrated(half_migrated: Stack) -> None:
    """The table that the migration makes first and drops last."""
    assert diagnose(half_migrated).problems == {"database-half-migrated"}
