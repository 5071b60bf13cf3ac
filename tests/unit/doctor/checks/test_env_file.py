"""The text of `.env`: real files, each with one fault."""

import re
import shutil
import stat
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from doctor.checks.env_file import find_env_file_problems
from doctor.finding import Finding, Level
from tests.unit.doctor.examples import ROOT, codes, healthy, project


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder with `.env.example`."""
    shutil.copy2(ROOT / ".env.example", tmp_path)
    return tmp_path


def _find(checkout: Path, content: bytes | str, **exported: str) -> list[Finding]:
    (checkout / ".env").write_bytes(content if isinstance(content, bytes) else content.encode())
    return list(find_env_file_problems(replace(healthy(checkout), environment=exported)))


def test_no_file_is_fine(checkout: Path) -> None:
    """None is needed."""
    assert list(find_env_file_problems(healthy(checkout))) == []


def test_the_example_is_fine(checkout: Path) -> None:
    """`cp .env.example .env` gives a file without problems."""
    assert codes(_find(checkout, (ROOT / ".env.example").read_bytes())) == []


def test_passwords_as_the_example_explains_them_are_fine(checkout: Path) -> None:
    """In single quotes, in double quotes with escapes, without quotes; and names that Docker itself reads."""
    text = (
        "MYSQL_PASSWORD='a$b #c\\'d'\n"
        'MYSQL_ROOT_PASSWORD="x\\\\"\n'
        "MINIO_ROOT_PASSWORD=a#b-c\n"
        "COMPOSE_PROJECT_NAME=other\nHTTPS_PROXY=http://proxy:3128\nhttp_proxy=http://proxy:3128\n"
        'API_PORT=8001 # a "comment"\n'
    )

    assert codes(_find(checkout, text)) == []


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"\xff\xfeA\x00P\x00I\x00", "env-utf16"),
        (b"\xef\xbb\xbfAPI_PORT=8001\n", "env-bom"),
        (b"API_PORT=8001\r\nMYSQL_PASSWORD=abc\r\n", "env-crlf"),
        (b"API_PORT=8001\nMYSQL_PASSWORD=a\xf1o\n", "env-not-utf8"),
        ("API_PORT\n", "env-without-value"),
        ("API_PORT=8001\nAPI_PORT=8002\n", "env-twice"),
        ("MYSQL_PASSWORD=“abc”\n", "env-quotes"),
        ("MYSQL_PASSWORD=abc'\n", "env-quotes"),
        ('MYSQL_PASSWORD=abc"\n', "env-quotes"),
        ("MYSQL_PASSWORD=abc #def\n", "env-comment"),
        ("MY_OWN_THING=1\n", "env-unknown"),
    ],
)
def test_one_fault(checkout: Path, content: bytes | str, code: str) -> None:
    """Exactly this is found."""
    assert codes(_find(checkout, content)) == [code]


@pytest.mark.parametrize(
    ("name", "right"),
    [
        ("MYSQL_PASWORD", "MYSQL_PASSWORD"),
        ("mysql_password", "MYSQL_PASSWORD"),
        ("API-PORT", "API_PORT"),
        ("API_MEM_LIMIT", "API_MEMORY_LIMIT"),
        ("MINIO_PASSWORD", "MINIO_ROOT_PASSWORD"),
        ("MODEL_POLL_SECOND", "MODEL_POLL_SECONDS"),
    ],
)
def test_a_misspelt_name(checkout: Path, name: str, right: str) -> None:
    """The likely right one is named, with the command that writes it."""
    [finding] = _find(checkout, f"API_PORT=8001\n{name}=x\n")

    assert finding.code == "env-misspelt"
    assert f"línea 2 de .env). ¿Es {right}?" in finding.what
    assert right in finding.remedy


@pytest.mark.parametrize(
    "content",
    [
        "API_PORT=8001\nMYSQL_PASSWORD=año\n".encode("utf-16"),
        b"\xef\xbb\xbfAPI_PORT=8001\nMYSQL_PASSWORD=abc\n",
        b"API_PORT=8001\r\nMYSQL_PASSWORD=abc\r\n",
        "API_PORT=8001\nMYSQL_PASSWORD=año\n".encode("iso-8859-1"),
        b"API_PORT=8001\nMYSQL_PASWORD=abc\n",
        b"API_PORT=8001\nMYSQL-PASSWORD=abc\n",
    ],
    ids=["UTF-16", "BOM", "CRLF", "ISO-8859-1", "misspelt", "hyphen"],
)
def test_the_remedy_mends_the_file(checkout: Path, content: bytes) -> None:
    """The command, typed as it is shown, leaves a file without problems, which nobody else can read."""
    [finding] = _find(checkout, content)
    (checkout / ".env").chmod(0o600)

    subprocess.run(["sh", "-c", finding.remedy], cwd=checkout, check=True)

    assert list(find_env_file_problems(healthy(checkout))) == []
    text = (checkout / ".env").read_text(encoding="utf-8")
    assert re.fullmatch(r"API_PORT=8001\nMYSQL_PASSWORD=(abc|año)\n", text)
    assert stat.S_IMODE((checkout / ".env").stat().st_mode) == 0o600


def test_a_file_that_cannot_be_read(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As after a `sudo make secrets`."""

    def refuse(_path: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    (checkout / ".env").touch()
    monkeypatch.setattr(Path, "read_bytes", refuse)

    assert codes(list(find_env_file_problems(healthy(checkout)))) == ["env-unreadable"]


def test_the_line_of_a_wrong_encoding(checkout: Path) -> None:
    """The finding has the number of the line, so that nobody has to search."""
    [finding] = _find(checkout, b"API_PORT=8001\nMYSQL_PASSWORD=a\xf1o\n")

    assert "línea 2" in finding.what


def test_windows_line_ends_are_only_a_note(checkout: Path) -> None:
    """Compose takes the carriage return away."""
    [finding] = _find(checkout, b"API_PORT=8001\r\n")

    assert finding.level is Level.NOTE


def test_the_shell_overrides_the_file(checkout: Path) -> None:
    """A variable that is exported with another value counts; with the same value there is no difference."""
    assert codes(_find(checkout, "API_PORT=8001\n", API_PORT="8002")) == ["env-overridden"]
    assert codes(_find(checkout, "API_PORT='8001'\n", API_PORT="8001")) == []
    assert codes(_find(checkout, "API_PORT=8001 # mine\n", API_PORT="8001")) == []


def test_a_dollar_that_compose_replaces(checkout: Path) -> None:
    """Recorded with Compose 2.40 for MYSQL_PASSWORD=a$b; a variable of the file itself is no problem."""
    said = (
        'time="2026-11-29T12:44:38Z" level=warning msg="The \\"b\\" variable is not set. Defaulting to a blank string."'
    )
    (checkout / ".env").write_text("MYSQL_PASSWORD=a$b\n", encoding="utf-8")
    installation = replace(healthy(checkout), project=replace(project(), warnings=(said, said)))

    [finding] = find_env_file_problems(installation)

    assert finding.code == "env-dollar"
    assert "$b" in finding.what


@pytest.mark.parametrize("name", [".env.txt", "env", ".env.local"])
def test_a_file_with_another_name(checkout: Path, name: str) -> None:
    """Compose reads `.env` alone; the editor of Windows appends `.txt`."""
    (checkout / name).write_text("API_PORT=8001\n", encoding="utf-8")

    [finding] = find_env_file_problems(healthy(checkout))

    assert finding.code == "env-file-name"
    assert finding.remedy == f"mv {name} .env"
