"""Docker and Compose: there, answering, recent enough."""

from dataclasses import replace
from pathlib import Path

import pytest

from doctor.checks.engine import find_engine_problems, version_of
from doctor.command import CommandResult
from doctor.finding import Level
from tests.unit.doctor.examples import codes, healthy, printed

# Recorded with Docker 20.10 and Compose 2.40.
DAEMON = "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?"
FORBIDDEN = (
    "permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock: "
    "Get http://%2Fvar%2Frun%2Fdocker.sock/v1.41/version: dial unix /var/run/docker.sock: connect: permission denied"
)


def test_a_healthy_engine() -> None:
    """Nothing is found."""
    assert codes(list(find_engine_problems(healthy()))) == []


@pytest.mark.parametrize(
    ("result", "code"),
    [
        (printed(stderr=DAEMON, code=1), "docker-stopped"),
        (printed(stderr=FORBIDDEN, code=1), "docker-forbidden"),
        (CommandResult(124, "", "sin respuesta en 6 s"), "docker-hangs"),
        (printed('{"Server": {"Version": "19.03.15"}}'), "docker-old"),
    ],
)
def test_an_engine_with_a_problem(result: CommandResult, code: str) -> None:
    """What the client says is told, with a remedy of its own for each."""
    [finding] = find_engine_problems(replace(healthy(), engine=result))

    assert codes([finding]) == [code]
    assert finding.level == (Level.WARNING if code == "docker-old" else Level.FAULT)
    assert result.ok or result.reason.rstrip(".") in finding.what


@pytest.mark.parametrize("version", ["28.2.2", "20.10.24+dfsg1", "dev", "0.0.0-20240101", ""])
def test_a_version_that_is_enough(version: str) -> None:
    """A development build has no number that could be compared."""
    result = printed(f'{{"Server": {{"Version": "{version}"}}}}')

    assert codes(list(find_engine_problems(replace(healthy(), engine=result)))) == []


@pytest.mark.parametrize("output", ["", "[]", "podman", '{"Client": {"Version": "5.4.0"}}'])
def test_a_client_that_is_not_of_docker(output: str) -> None:
    """Podman answers to the same name: nothing can be said of its version."""
    assert codes(list(find_engine_problems(replace(healthy(), engine=printed(output))))) == []


def test_no_docker(tmp_path: Path) -> None:
    """A fault, but only a note for who uses `make run`; nothing is said of Compose then."""
    missing = replace(healthy(tmp_path), engine=CommandResult(127, "", "docker: No such file or directory"))
    [finding] = find_engine_problems(missing)
    assert (finding.code, finding.level) == ("docker-missing", Level.FAULT)
    assert "make run" in finding.remedy

    (tmp_path / ".local-stack").mkdir()
    [finding] = find_engine_problems(missing)
    assert (finding.code, finding.level) == ("docker-missing", Level.NOTE)


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (printed(stderr="docker: 'compose' is not a docker command.", code=1), "compose-missing"),
        (printed("1.29.2\n"), "compose-old"),
    ],
)
def test_compose_with_a_problem(answer: CommandResult, code: str) -> None:
    """Compose is missing, or is of before version 2."""
    assert codes(list(find_engine_problems(healthy(answers={"compose version": answer})))) == [code]


@pytest.mark.parametrize(
    ("reason", "remedy"),
    [
        ('failed to read /x/.env: line 3: unterminated quoted value "abc', "comilla"),
        ("failed to read /x/.env: line 1: key cannot contain a space", "blanco"),
        ('failed to read /x/.env: line 1: unexpected character "\\ufffd" in variable name', "UTF-8"),
        ("Invalid hostPort: 80a0", "API_PORT"),
        ("yaml: line 5: did not find expected key", "config"),
    ],
)
def test_a_configuration_that_compose_cannot_read(reason: str, remedy: str) -> None:
    """Compose's own words, which name the line, and how to mend it."""
    unreadable = replace(healthy(), configured=printed(stderr=f"{reason}\n", code=1), project=None)

    [finding] = find_engine_problems(unreadable)

    assert finding.code == "configuration-unreadable"
    assert reason in finding.what
    assert remedy in finding.remedy


@pytest.mark.parametrize(
    ("text", "version"), [("v2.40.3-3", (2, 40, 3)), ("20.10.24+dfsg1", (20, 10, 24)), ("dev", (0,))]
)
def test_the_numbers_of_a_version(text: str, version: tuple[int, ...]) -> None:
    """With any prefix and suffix."""
    assert version_of(text) == version
