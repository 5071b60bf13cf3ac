"""What the gateway is told to ask of clients."""

import copy
import hashlib
import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from certificates import write_certificate
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from doctor.checks.gateway import find_gateway_problems
from doctor.compose_project import ComposeProject
from doctor.finding import Finding, Level
from doctor.installation import Installation
from tests.unit.doctor.examples import codes, config, healthy, printed

DIGEST = hashlib.sha256(b"a key").hexdigest()


def with_settings(root: Path, **settings: str) -> Installation:
    """The installation in this folder, with these settings of the gateway."""
    changed = copy.deepcopy(config())
    changed["services"]["gateway"]["environment"].update(settings)
    return replace(healthy(), root=root, project=ComposeProject.read(printed(json.dumps(changed))))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder of the project, which the gateway's user can read."""
    (tmp_path / "secrets").mkdir(mode=0o755)
    return tmp_path


def keys(root: Path, text: str) -> list[Finding]:
    """What is found with this file of keys, behind HTTPS."""
    (root / "secrets" / "api-keys").write_text(text)
    write_certificate(root / "secrets" / "server.pem", "api.example")
    installation = with_settings(
        root, API_KEYS_FILE="api-keys", TLS_CERTIFICATE="server.pem", API_TLS_PUBLISH="127.0.0.1:8443"
    )
    return list(find_gateway_problems(installation))


def certificate(root: Path) -> list[Finding]:
    """What is found with the certificate `server.pem`."""
    return list(find_gateway_problems(with_settings(root, TLS_CERTIFICATE="server.pem", API_TLS_PUBLISH="8443")))


def test_nothing_is_asked_of_clients(root: Path) -> None:
    """The defaults have no problem, whether the variables are empty or missing."""
    names = ("API_KEYS_FILE", "RATE_LIMIT", "CONNECTION_LIMIT", "TLS_CERTIFICATE", "CORS_ORIGINS")

    assert codes(list(find_gateway_problems(healthy()))) == []
    assert codes(list(find_gateway_problems(with_settings(root, **dict.fromkeys(names, ""))))) == []


def test_all_is_asked_of_clients(root: Path) -> None:
    """Valid files and values have no problem; lines that are empty or comments count as none."""
    assert codes(keys(root, f"# of the team\n\n  ana:{DIGEST}\nequipo-2:{DIGEST.upper()}\r\n")) == []
    settings = {"RATE_LIMIT": "100", "CONNECTION_LIMIT": "1", "API_KEYS_FOR": "all", "GATEWAY_LOG": "all"}
    origins = "https://panel.example http://localhost:3000"
    assert codes(list(find_gateway_problems(with_settings(root, CORS_ORIGINS=origins, **settings)))) == []


@pytest.mark.parametrize("name", ["RATE_LIMIT", "CONNECTION_LIMIT"])
@pytest.mark.parametrize("text", ["many", "10/s", "-1", "0", "1.5", "\u00b2"])
def test_a_limit_that_is_no_number(name: str, text: str, root: Path) -> None:
    """The gateway would not start, or refuse everything."""
    [finding] = find_gateway_problems(with_settings(root, **{name: text}))

    assert codes([finding]) == ["limit-refused"]
    assert finding.level == Level.FAULT
    assert ("todas las peticiones" in finding.why) == (text == "0")


@pytest.mark.parametrize(("name", "text"), [("API_KEYS_FOR", "todo"), ("API_KEYS_FOR", "ALL"), ("GATEWAY_LOG", "none")])
def test_a_word_that_means_nothing(name: str, text: str, root: Path) -> None:
    """The gateway does as with the default, without a word."""
    [finding] = find_gateway_problems(with_settings(root, **{name: text}))

    assert codes([finding]) == ["choice-unknown"]
    assert text in finding.what


@pytest.mark.parametrize("origin", ["https://panel.example/", "panel.example", "*", "null", "https://panel.example,"])
def test_an_origin_that_no_browser_sends(origin: str, root: Path) -> None:
    """An origin has a scheme and no path, and origins stand apart by blanks."""
    if origin.endswith(","):
        origin += "https://other.example"
    found = list(find_gateway_problems(with_settings(root, CORS_ORIGINS=f"https://good.example {origin}")))

    assert codes(found) == ["origin-unknown"]


def test_no_file_of_keys(root: Path) -> None:
    """Its name is in `.env`, and it is not there."""
    finding, *_ = find_gateway_problems(with_settings(root, API_KEYS_FILE="api-keys"))

    assert codes([finding]) == ["secret-missing"]
    assert "401" in finding.why


@pytest.mark.parametrize(("file", "folder"), [(0o600, 0o755), (0o644, 0o700)])
def test_a_file_that_the_gateway_cannot_read(
    file: int, folder: int, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On Linux the gateway's user is another one; elsewhere Docker Desktop reads the file for it."""
    keys(root, f"ana:{DIGEST}\n")
    (root / "secrets" / "api-keys").chmod(file)
    (root / "secrets").chmod(folder)
    for system, expected in (("linux", ["secret-unreadable"]), ("darwin", [])):
        monkeypatch.setattr(sys, "platform", system)
        found = list(find_gateway_problems(with_settings(root, API_KEYS_FILE="api-keys")))
        assert [code for code in codes(found) if code != "keys-in-clear"] == expected


def test_a_key_instead_of_its_digest(root: Path) -> None:
    """The lines are named by their numbers, and no key is repeated."""
    secret = "Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6"
    [finding] = keys(root, f"ana:{DIGEST}\nben:{secret}\n{secret}\nwith blank:{DIGEST}\n")

    assert codes([finding]) == ["keys-malformed"]
    assert "2, 3, 4." in finding.what
    assert secret not in str(finding)


@pytest.mark.parametrize("text", ["", "# nobody\n", "ana:secret\n"])
def test_no_key(text: str, root: Path) -> None:
    """Every prediction would get 401."""
    found = [finding for finding in keys(root, text) if finding.level == Level.FAULT]

    assert codes(found) == ["keys-none"]


def test_keys_in_clear(root: Path) -> None:
    """Without TLS, on a port that other machines reach, it is a note: a proxy may be in front."""
    keys(root, f"ana:{DIGEST}\n")
    [finding] = find_gateway_problems(with_settings(root, API_KEYS_FILE="api-keys"))

    assert codes([finding]) == ["keys-in-clear"]
    assert finding.level == Level.NOTE


def test_no_certificate(root: Path) -> None:
    """The gateway would not start."""
    [finding] = certificate(root)

    assert codes([finding]) == ["secret-missing"]
    assert "no arranca" in finding.why


def test_a_certificate_of_its_own_making(root: Path) -> None:
    """That it signs itself is no problem."""
    write_certificate(root / "secrets" / "server.pem", "api.example")

    assert codes(certificate(root)) == []


@pytest.mark.parametrize(
    ("days", "code"), [(-1, "certificate-expired"), (13, "certificate-expires"), (15, "")], ids=["-1", "13", "15"]
)
def test_a_certificate_that_ends(days: int, code: str, root: Path) -> None:
    """Less than two weeks before, it is a warning, and after, a fault."""
    write_certificate(root / "secrets" / "server.pem", "api.example", days=days)

    assert codes(certificate(root)) == ([code] if code else [])


@pytest.mark.parametrize("damage", ["key of another", "no key", "no certificate", "empty", "key with password"])
def test_a_certificate_that_cannot_be_used(damage: str, root: Path) -> None:
    """Without its key, or without a certificate, there is no TLS."""
    file = write_certificate(root / "secrets" / "server.pem", "api.example", key_of_another=damage == "key of another")
    text = file.read_text()
    place = text.index("-----BEGIN PRIVATE")
    key = load_pem_private_key(text[place:].encode(), None)
    locked = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"word")).decode()
    damaged = {
        "no key": text[:place],
        "no certificate": text[place:],
        "empty": "",
        "key with password": text[:place] + locked,
    }
    file.write_text(damaged.get(damage, text))
    [finding] = certificate(root)

    assert codes([finding]) == ["certificate-refused"]


def test_https_without_a_port(root: Path) -> None:
    """The redirect would have no port to lead to."""
    write_certificate(root / "secrets" / "server.pem", "api.example")
    installation = with_settings(root, TLS_CERTIFICATE="server.pem", API_TLS_PUBLISH="127.0.0.1:")

    assert codes(list(find_gateway_problems(installation))) == ["tls-port-missing"]
