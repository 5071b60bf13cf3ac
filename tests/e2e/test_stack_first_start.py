"""The stack starts without help: after `down`, after `down -v`, and after a kill during its first start.

A kill from inside a container is a crash for Docker, as one by the kernel is: `docker kill` would count as a stop.
"""

import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import httpx
import pytest

from tests.e2e.compose_stack import Stack, StackError, inspect_container
from tests.e2e.docker_client import NOBODY, configure_proxy

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]

# Kills the first process whose command line has the words, except the process of this script, which has them too.
KILL = """
for process in /proc/[0-9]*; do
  id=${process##*/}
  if [ "$id" != $$ ] && [ "$id" != 1 ] && tr '\\0' ' ' <"$process/cmdline" 2>/dev/null | grep -q -e "$1"; then
    kill -9 "$id" && exit 0
  fi
done
exit 1
"""


@dataclass(frozen=True)
class Crash:
    """A process to kill at a moment of the first start.

    Attributes:
        container: Its container.
        process: Words of its command line.
        after: A container, and words of its log that must come first.
    """

    container: str
    process: str
    after: tuple[str, str] | None = None

    def happen(self) -> None:
        """Wait for the moment and kill the process.

        Raises:
            StackError: The moment never came.
        """
        deadline = time.monotonic() + 180
        while not (self._due() and self._kill()):
            if time.monotonic() > deadline:
                raise StackError(f"never came to {self}")
            time.sleep(0.05)

    def _due(self) -> bool:
        if self.after is None:
            return True
        container, words = self.after
        logs = subprocess.run(["docker", "logs", container], capture_output=True, text=True, check=False)
        return words in logs.stdout + logs.stderr

    def _kill(self) -> bool:
        command = ["docker", "exec", self.container, "sh", "-c", KILL, "kill", self.process]
        return subprocess.run(command, capture_output=True, check=False).returncode == 0


# Quoted as .env.example says; MinIO's and MLflow's cannot begin or end with a blank.
HARD_ACCOUNTS = r"""
MYSQL_ROOT_PASSWORD="'\"\\@:/%#\$!& `*;=ñ€ \\"
MYSQL_USER='it\'s\me@home:/%#$!& "ñ'
MYSQL_DATABASE='ml-flow_%`/ ñ'
MYSQL_PASSWORD=' -\'b\@:/%#$!& "`*;=ñ€😀 '
MINIO_ROOT_USER='it\'s\me@home/%#$!& "'
MINIO_ROOT_PASSWORD='-\'b\@:/%#$!& "`*;=,ñ€😀'
AWS_ACCESS_KEY_ID='it\'s\me@home/%#$!& "'
AWS_SECRET_ACCESS_KEY='-\'b\@:/%#$!& "`*;=,ñ€😀'
MLFLOW_AUTH=true
MLFLOW_TRACKING_USERNAME='it\'s\me@home/%#$!& "ñ'
MLFLOW_TRACKING_PASSWORD='-\'b\@:/%#$!& "`*;=,ñ€😀'
MLFLOW_API_USERNAME='the\'api\@home/%#$!& "ñ'
MLFLOW_API_PASSWORD='another -\'b\@:/%#$!& "`*;=,ñ€😀'
"""
MODELS_OF_MLFLOW = "http://127.0.0.1:8005/api/2.0/mlflow/registered-models/search"
AS_ROOT = """MYSQL_PWD=$MYSQL_ROOT_PASSWORD mysql --protocol=tcp --host=127.0.0.1 --execute 'SELECT 1'"""
OWN_SOCKETS = "id -u; find /run/replicas -name 'replica-*.sock' -user 12345"
ANY_USER = """
services:
  fastapi-app:
    user: "12345:0"
"""

# The image's own script never ends when its server is killed: 10 s without a server, of 30, are enough to begin anew.
LESS_PATIENCE = """
services:
  mysql:
    environment:
      FIRST_START_PATIENCE: "10"
"""

MIGRATING = ("mlflow_migrate", "Updating database tables")
# Crashes of one start: what makes one good does not touch what the others leave.
WHILE_TABLES_ARE_CREATED = (
    Crash("mysql_mlflow_metadata", "mysqld --initialize"),
    Crash("mysql_mlflow_metadata", "^mysqld", after=MIGRATING),
    Crash("mlflow_server", "mlflow server"),
)
WHILE_USERS_ARE_CREATED = (
    Crash("mysql_mlflow_metadata", "--skip-networking"),
    Crash("mlflow_migrate", "migrate.py", after=MIGRATING),
)


def start_with_crashes(stack: Stack, crashes: tuple[Crash, ...], override: str = "services: {}") -> float:
    """Start the stack, which has no data, with these crashes.

    Returns:
        The seconds from the last crash to the first prediction.
    """
    (stack.checkout / "override.yml").write_text(override)
    with stack.attached(override="override.yml") as up:
        for crash in crashes:
            crash.happen()
        seconds = stack.wait_until_serving(up)
    for container, count in Counter(crash.container for crash in crashes).items():
        assert inspect_container(container)["RestartCount"] == count
    assert httpx.get(f"{stack.url}/model", timeout=10).json()["version"] == "1"
    return seconds


@pytest.fixture
def empty(compose_stack: Stack) -> Iterator[Stack]:
    """The stack's checkout without containers and data."""
    compose_stack.compose("down", "--volumes")
    yield compose_stack
    compose_stack.ensure_serving()


def test_up_from_nothing_ends_in_a_prediction(empty: Stack, tmp_path: Path, measured: Callable[[str], None]) -> None:
    """`up --build` in the foreground without images and data: 503 with a reason until there is a model, then 200.

    With a proxy in the configuration of the Docker client, which sets it in every container.
    """
    configure_proxy(tmp_path)
    behind_a_proxy = replace(empty, environment={**empty.environment, "DOCKER_CONFIG": str(tmp_path)})
    refusals: list[httpx.Response] = []
    with behind_a_proxy.attached("--build") as up:
        seconds = empty.wait_until_serving(up, refusals)

    assert {refusal.status_code for refusal in refusals} == {503}
    for refusal in refusals:
        assert refusal.json()["error"] != ""
        assert int(refusal.headers["Retry-After"]) > 0
    measured(f"from `up --build` (images built) to the first 200 on /predict: {seconds:.1f} s")
    for container in empty.containers():
        assert container["RestartCount"] == 0, container["Name"]
        assert f"HTTP_PROXY={NOBODY}" in container["Config"]["Env"], container["Name"]
    # Every health check passes, also that of MinIO on its loopback.
    behind_a_proxy.compose("up", "-d", "--wait", seconds=180)


@pytest.fixture
def hard_accounts(compose_stack: Stack) -> Iterator[Stack]:
    """The stack's checkout without containers and data, with special characters in names and passwords."""
    settings = compose_stack.checkout / ".env"
    compose_stack.compose("down", "--volumes")
    settings.write_text(HARD_ACCOUNTS, encoding="utf-8")
    yield compose_stack
    compose_stack.compose("down", "--volumes")
    settings.unlink()


def test_crashes_while_users_are_created_and_data_after_down(
    hard_accounts: Stack, measured: Callable[[str], None]
) -> None:
    """MySQL is killed while it creates its users, and the migration while it creates the tables; the start goes on.

    After `down` and `up` the same version serves: it is neither trained nor registered again. With any names and
    passwords, those of MLflow's users included, and although the API runs as another user the second time.
    """
    stack = hard_accounts
    seconds = start_with_crashes(stack, WHILE_USERS_ARE_CREATED, LESS_PATIENCE)
    measured(
        f"{seconds:.1f} s to the first 200 after kills of MySQL and of the migration, with hard names and passwords"
    )
    before = httpx.get(f"{stack.url}/model", timeout=10).json()
    root = stack.compose("exec", "-T", "mysql", "sh", "-c", AS_ROOT)
    without_user = httpx.get(MODELS_OF_MLFLOW, timeout=10)
    stack.compose("down")
    with stack.attached("--build") as up:
        seconds = stack.wait_until_serving(up)
    measured(f"from `up --build` after `down` to the first 200 on /predict: {seconds:.1f} s")
    override = stack.checkout / "docker-compose-any-user.yml"
    override.write_text(ANY_USER)
    stack.compose("-f", override.name, "up", "--no-deps", "-d", "fastapi-app")
    stack.wait_until_serving()

    after = httpx.get(f"{stack.url}/model", timeout=10).json()
    assert after["run_id"] == before["run_id"]
    assert root.stdout.split() == ["1", "1"]
    assert without_user.status_code == httpx.codes.UNAUTHORIZED
    assert before["warnings"] == []
    [warning] = after["warnings"]
    assert "cannot be written (Permission denied)" in warning
    assert stack.compose("logs", "fastapi-app").stdout.count("cannot be written") == 1
    [user, *sockets] = stack.compose("exec", "-T", "fastapi-app", "sh", "-c", OWN_SOCKETS).stdout.split()
    assert (user, len(sockets)) == ("12345", 1)


def test_crashes_while_tables_are_created(empty: Stack, measured: Callable[[str], None]) -> None:
    """MySQL is killed twice and MLflow before it answers: the start goes on to a prediction, and `up` does not fail.

    Nothing but the kills differs from a first start, so that the other tests can use this stack.
    """
    seconds = start_with_crashes(empty, WHILE_TABLES_ARE_CREATED)
    measured(f"{seconds:.1f} s to the first 200 after kills of MySQL twice, and of MLflow before it answers")
