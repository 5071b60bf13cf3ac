"""What `make audit` prints."""

from pathlib import Path

from audit.__main__ import summary
from audit.ignored import IGNORED
from audit.vulnerabilities import Report, Vulnerability


def test_a_vulnerability_names_the_images(tmp_path: Path) -> None:
    """The requirements files that have the package, with extras or without; one of the tests is in none of them."""
    for name, text in (
        ("mlflow", "requests==1\n"),
        ("locust", "requests[socks]==1\n"),
        ("other", "requests-toolbelt==1"),
    ):
        (tmp_path / name).mkdir()
        (tmp_path / name / "requirements.txt").write_text(text, encoding="utf-8")
    found = [
        Vulnerability("requests", "1", ("CVE-1", "GHSA-1"), ("2", "3")),
        Vulnerability("ruff", "0.1", ("CVE-2",), ()),
    ]

    served, tested, end = summary(Report(2, [], found), root=tmp_path)

    assert served == (
        "requests 1: CVE-1, GHSA-1; corregida en 2, 3; en locust/requirements.txt, mlflow/requirements.txt"
    )
    assert tested == "ruff 0.1: CVE-2; sin versión corregida; en requirements-dev.txt"
    assert end == "2 paquetes comprobados, 2 vulnerabilidades conocidas."


def test_what_was_not_checked_is_a_warning() -> None:
    """GitHub shows the line with the mark."""
    unknown, end = summary(Report(0, ["numpy", "scipy"], []), "::warning::")

    assert unknown.startswith("::warning::")
    assert unknown.endswith(": numpy, scipy")
    assert end.startswith("0 paquetes comprobados")


def test_every_ignored_vulnerability_has_a_reason() -> None:
    """An identifier alone does not say why it does not matter."""
    assert all(reason.strip() for reason in IGNORED.values())
