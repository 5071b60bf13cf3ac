"""The compiled requirements agree with each other: the tested versions are those of the images."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DEVELOPMENT = ROOT / "requirements-dev.txt"
# The program that looks for vulnerabilities runs in an environment of its own.
AUDIT = ROOT / "audit" / "requirements.txt"
SERVICES = [
    path for path in sorted(ROOT.glob("*/requirements*.txt")) if path.with_suffix(".in").is_file() and path != AUDIT
]


def _pins(path: Path) -> dict[str, str]:
    """Each requirement with its version and marker."""
    lines = path.read_text(encoding="utf-8").splitlines()
    pairs = (re.match(r"([\w.\-\[\]]+)==(\S+)( ; [^\\]*)?", line) for line in lines)
    return {match[1].split("[")[0]: match[2] for match in pairs if match}


def _named(path: Path) -> set[str]:
    """The packages that the .in file names."""
    words = (re.match(r"[A-Za-z][\w.\-]*", line) for line in path.read_text(encoding="utf-8").splitlines())
    return {re.sub(r"[-_.]+", "-", word[0]).lower() for word in words if word}


@pytest.mark.parametrize("path", SERVICES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_service_ships_the_versions_that_the_tests_use(path: Path) -> None:
    """A package has one version in all images and in .venv."""
    development = _pins(DEVELOPMENT)
    service = _pins(path)

    assert service
    assert {name: version for name, version in service.items() if development.get(name) != version} == {}


@pytest.mark.parametrize("path", [DEVELOPMENT, AUDIT, *SERVICES], ids=lambda path: str(path.relative_to(ROOT)))
def test_every_named_package_is_compiled(path: Path) -> None:
    """A changed .in file needs `make lock`."""
    assert _named(path.with_suffix(".in")) <= set(_pins(path))


@pytest.mark.parametrize("path", [DEVELOPMENT, AUDIT, *SERVICES], ids=lambda path: str(path.relative_to(ROOT)))
def test_every_package_has_its_hashes(path: Path) -> None:
    """With the hashes pip installs only the files of the compilation."""
    text = path.read_text(encoding="utf-8")
    packages = re.split(r"^(?=[A-Za-z])", text, flags=re.MULTILINE)[1:]

    assert packages
    assert [package.split("\n")[0] for package in packages if "--hash=sha256:" not in package] == []
