"""`make key`: the file of keys that the gateway reads, and the key that is printed once."""

import hashlib
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[3] / "gateway" / "new_key.py"


def make_key(name: str, file: Path) -> subprocess.CompletedProcess[str]:
    """Run the command as the Makefile does."""
    return subprocess.run(
        [sys.executable, str(SCRIPT), name, "--file", str(file)], capture_output=True, text=True, check=False
    )


def test_the_file_has_the_digest_and_not_the_key(tmp_path: Path) -> None:
    """Each key is printed alone on stdout, and only its SHA-256 is stored, beside its name."""
    file = tmp_path / "keys"
    first, second = make_key("ana", file), make_key("equipo-2", file)
    keys = [first.stdout.strip(), second.stdout.strip()]

    assert [first.returncode, second.returncode] == [0, 0]
    assert len(set(keys)) == 2
    assert min(map(len, keys)) >= 43
    assert file.read_text().splitlines() == [
        f"{name}:{hashlib.sha256(key.encode()).hexdigest()}"
        for name, key in zip(["ana", "equipo-2"], keys, strict=True)
    ]


def test_a_line_without_an_end_stays_a_line(tmp_path: Path) -> None:
    """A key is a line of its own also behind a file that an editor left without a final line end."""
    file = tmp_path / "keys"
    file.write_text("# ours")
    make_key("ana", file)
    assert file.read_text().splitlines()[0] == "# ours"
    assert file.read_text().splitlines()[1].startswith("ana:")


@pytest.mark.parametrize("name", ["", "a b", "ana:x", "../x", "ñ", "x" * 65])
def test_a_name_that_the_log_or_the_file_cannot_hold_is_refused(tmp_path: Path, name: str) -> None:
    """Nothing is written, and the message says what a name is."""
    result = make_key(name, tmp_path / "keys")
    assert (result.returncode, result.stdout) == (2, "")
    assert "letters, digits" in result.stderr
    assert not (tmp_path / "keys").exists()


def test_a_name_has_one_key(tmp_path: Path) -> None:
    """The name in the log tells one key: a second one for the same name is refused."""
    file = tmp_path / "keys"
    make_key("ana", file)
    before = file.read_text()
    result = make_key("ana", file)
    assert result.returncode == 2
    assert "has a key of ana" in result.stderr
    assert file.read_text() == before


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """The message names the file, and no key is printed that would not work."""
    result = make_key("ana", tmp_path / "missing" / "keys")
    assert (result.returncode, result.stdout) == (2, "")
    assert "missing" in result.stderr
