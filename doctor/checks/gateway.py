"""What the gateway is told to ask of clients: the files of keys and of TLS, and the limits."""

from __future__ import annotations

import datetime as dt
import re
import ssl
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

from doctor.certificate import end_of_validity
from doctor.docker_client import COMPOSE
from doctor.finding import Finding, fault, note, warning
from doctor.installation import Installation

_FOLDER = "secrets"
_UP = f"{COMPOSE} up -d"
# As door.lua reads the file.
_KEY = re.compile(r"\s*[\w.@+-]{1,64}:[0-9A-Fa-f]{64}\s*", re.ASCII)
_ORIGIN = re.compile(r"https?://[^/\s]+")
_NO_START = "La puerta no arranca: Docker lo intenta una y otra vez, y nadie llega a la API."
_CHOICES = {"API_KEYS_FOR": ("predictions", "all"), "GATEWAY_LOG": ("failures", "all")}
_EXPIRES_SOON = dt.timedelta(days=14)


def find_gateway_problems(installation: Installation) -> Iterator[Finding]:
    """Settings of the gateway that it refuses, or that do something else than what they say."""
    project = installation.require_project()
    settings = project.environment("gateway")
    keys, certificate = settings.get("API_KEYS_FILE", ""), settings.get("TLS_CERTIFICATE", "")
    yield from _limit_problems(settings)
    yield from _choice_problems(settings)
    if keys:
        yield from _key_problems(installation.root / _FOLDER / keys, f"{_FOLDER}/{keys}")
        port = project.port_of("gateway")
        if not certificate and port is not None and port.is_open:
            yield note(
                "keys-in-clear",
                f"Las claves de API viajan sin cifrar hasta {port.address}:{port.port}.",
                "Quien ve el tráfico de la red las lee, si no hay un proxy con HTTPS delante.",
                "TLS_CERTIFICATE en .env; docs/security.md dice cómo",
            )
    if certificate:
        yield from _certificate_problems(installation.root / _FOLDER / certificate, f"{_FOLDER}/{certificate}")
        if settings.get("API_TLS_PUBLISH", "").endswith(":"):
            yield warning(
                "tls-port-missing",
                "TLS_CERTIFICATE está, y API_TLS_PUBLISH no: HTTPS está en un puerto libre cualquiera.",
                "La redirección de HTTP no tiene puerto al que llevar.",
                f"En .env: API_TLS_PUBLISH=8443; después: {_UP}",
            )


def _limit_problems(settings: dict[str, str]) -> Iterator[Finding]:
    for name in ("RATE_LIMIT", "CONNECTION_LIMIT"):
        text = settings.get(name, "")
        if text and not (re.fullmatch("[0-9]+", text) and int(text)):
            yield fault(
                "limit-refused",
                f"{name} es {text!r}, y tiene que ser un número entero, de 1 en adelante.",
                "La puerta rechaza todas las peticiones." if re.fullmatch("0+", text) else _NO_START,
                f"Cámbialo en .env, o déjalo vacío para no poner límite; después: {_UP}",
            )


def _choice_problems(settings: dict[str, str]) -> Iterator[Finding]:
    for name, choices in _CHOICES.items():
        text = settings.get(name, choices[0])
        if text not in choices:
            yield warning(
                "choice-unknown",
                f"{name} es {text!r}, y solo puede ser {' o '.join(choices)}.",
                f"La puerta hace lo mismo que con {choices[0]}.",
                f"Cámbialo en .env; después: {_UP}",
            )
    for origin in settings.get("CORS_ORIGINS", "").split():
        if not _ORIGIN.fullmatch(origin):
            yield warning(
                "origin-unknown",
                f"CORS_ORIGINS tiene {origin!r}, y un origen es como https://panel.example: sin ruta ni / al final.",
                "Ningún navegador manda ese origen, así que su página no puede leer las respuestas.",
                f"Cámbialo en .env; después: {_UP}",
            )


def _file_problems(file: Path, name: str, missing: str, remedy: str) -> Iterator[Finding]:
    """Why the gateway's user cannot read a file; nothing when it can."""
    try:
        found = file.is_file()
    except OSError:
        found = True
    if not found:
        yield fault("secret-missing", f"No hay archivo {name}.", missing, remedy)
    elif sys.platform == "linux" and not _others_read(file):
        yield fault(
            "secret-unreadable",
            f"El usuario de la puerta (99) no puede leer {name}.",
            missing,
            f"chmod o+x {_FOLDER}; chmod o+r {name}",
        )


def _others_read(file: Path) -> bool:
    # Docker Desktop, on other systems, lets every user of a container read what its own user can.
    try:
        return bool(file.stat().st_mode & stat.S_IROTH and file.parent.stat().st_mode & stat.S_IXOTH)
    except OSError:
        return False


def _key_problems(file: Path, name: str) -> Iterator[Finding]:
    missing = "No vale ninguna clave: toda predicción recibe 401."
    remedy = "make key NAME=ana"
    yield from _file_problems(file, name, missing, remedy)
    try:
        lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return
    written = [
        (number, line) for number, line in enumerate(lines, 1) if line.strip() and not line.strip().startswith("#")
    ]
    wrong = [number for number, line in written if not _KEY.fullmatch(line)]
    if wrong:
        yield warning(
            "keys-malformed",
            f"En {name} no son nombre:sha256 las líneas {', '.join(map(str, wrong[:10]))}.",
            "La puerta no las cuenta; y si tienen la clave misma en vez de su SHA-256, la usa quien lea el archivo.",
            f"Bórralas, y haz otra clave: {remedy}",
        )
    if len(wrong) == len(written):
        yield fault("keys-none", f"En {name} no hay ninguna clave.", missing, remedy)


def _certificate_problems(file: Path, name: str) -> Iterator[Finding]:
    remedy = f"El certificado, los intermedios y la clave, en PEM, en {name}; después: {_UP}"
    yield from _file_problems(file, name, _NO_START, remedy)
    try:
        text = file.read_text(encoding="ascii", errors="replace")
    except OSError:
        return
    try:
        # Both in one file, as HAProxy wants them; it never asks for the password of a key.
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(file, password="")
        end = end_of_validity(text)
    except (OSError, ValueError) as error:
        is_of_another = getattr(error, "reason", "") == "KEY_VALUES_MISMATCH"
        reason = "su clave es la de otro" if is_of_another else "no se puede usar, o falta su clave"
        yield fault(
            "certificate-refused",
            f"El certificado de {name}: {reason} ({error}).",
            "Si la puerta ya corre, sigue con el anterior; si no, no arranca.",
            remedy,
        )
        return
    left = end - dt.datetime.now(dt.timezone.utc)
    if left < dt.timedelta():
        yield fault(
            "certificate-expired",
            f"El certificado de {name} caducó el {end:%Y-%m-%d}.",
            "Los clientes que lo comprueban no se conectan.",
            f"Uno nuevo en {name}; se usa en segundos, sin reiniciar nada",
        )
    elif left < _EXPIRES_SOON:
        yield warning(
            "certificate-expires",
            f"El certificado de {name} caduca el {end:%Y-%m-%d}, dentro de {left.days} días.",
            "Después, los clientes que lo comprueban no se conectan.",
            f"Uno nuevo en {name}; se usa en segundos, sin reiniciar nada",
        )
