"""The text of `.env`: its encoding, its names, its quotes."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from pathlib import Path

from doctor.docker_client import COMPOSE
from doctor.finding import Finding, fault, note, warning
from doctor.installation import Installation
from env_file.lines import Assignment, read_assignments, read_defaults

_BOM = b"\xef\xbb\xbf"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_TYPOGRAPHIC = "“”‘’«»"  # noqa: RUF001 - what an editor writes for quotes
# Read by Docker and Compose themselves.
_OF_DOCKER = re.compile(
    r"(COMPOSE|DOCKER|BUILDKIT|BUILDX)_\w+|(?:HTTPS?|ALL|FTP)_PROXY|(?:https?|all|no|ftp)_proxy", re.ASCII
)
_SILENT = "Compose no avisa: el stack arranca con el valor por defecto."
_DOLLAR = re.compile(r'The \\?"(\w+)\\?" variable is not set')


def find_env_file_problems(installation: Installation) -> Iterator[Finding]:
    """Problems of the file, if there is one."""
    path = installation.root / ".env"
    if not path.is_file():
        yield from _misplaced(installation.root)
        return
    try:
        content = path.read_bytes()
    except OSError as error:
        yield fault(
            "env-unreadable",
            f"Este usuario no puede leer .env: {error.strerror}.",
            "Compose tampoco, y ningún comando suyo funciona.",
            'sudo chown "$USER" .env && chmod 600 .env',
        )
        return
    yield from _encoding_problems(content)
    if content.startswith(_UTF16):
        return  # its lines cannot be read
    text = content.decode("utf-8", "replace").lstrip("\ufeff")
    defaults = read_defaults((installation.root / ".env.example").read_text(encoding="utf-8"))
    assignments = list(read_assignments(text))
    yield from _name_problems(assignments, defaults)
    yield from _ignored_lines(text, defaults)
    yield from _quote_problems(assignments)
    yield from _shell_problems(installation, assignments)
    if installation.project is not None:
        yield from _dollar_problems(installation.project.warnings, {assignment.name for assignment in assignments})


def explain_unreadable(installation: Installation) -> Finding:
    """Why Compose cannot read the configuration."""
    reason = installation.configured.reason
    remedy = f"{COMPOSE} config dice lo mismo; corrige lo que nombra"
    if ".env" in reason:
        if "unterminated" in reason:
            remedy = (
                "Cierra la comilla en .env; una comilla dentro del valor se escribe con la otra alrededor: CLAVE='a\"b'"
            )
        elif "space" in reason:
            remedy = "Quita el blanco del nombre en .env: NOMBRE=valor"
        else:
            remedy = "Guarda .env como UTF-8 sin BOM, una línea NOMBRE=valor por variable"
    elif "invalid" in reason.lower() and "port" in reason.lower():
        remedy = "En .env o en la terminal: un número entre 1 y 65535 en API_PORT, MLFLOW_PORT, MINIO_CONSOLE_PORT"
    return fault(
        "configuration-unreadable",
        f"Compose no puede leer la configuración: {reason}",
        "Ningún comando de Compose funciona.",
        remedy,
    )


def _misplaced(root: Path) -> Iterator[Finding]:
    for name in (".env.txt", "env", "env.txt", ".env.local"):
        if (root / name).is_file():
            yield warning(
                "env-file-name",
                f"Hay un archivo {name}, y Compose lee solo .env.",
                _SILENT,
                f"mv {name} .env",
            )


def _encoding_problems(content: bytes) -> Iterator[Finding]:
    if content.startswith(_UTF16):
        yield fault(
            "env-utf16",
            ".env está en UTF-16, como lo escriben PowerShell y el Bloc de notas («Unicode»).",
            "Compose no lo puede leer.",
            _converted("UTF-16"),
        )
        return
    if content.startswith(_BOM):
        yield warning(
            "env-bom",
            ".env empieza con una marca invisible (BOM), que ponen algunos editores de Windows.",
            "Versiones anteriores de Compose 2 la toman por parte del primer nombre (docker/compose#8763).",
            r"perl -pi -e 's/^\xEF\xBB\xBF//' .env",
        )
    if b"\r" in content:
        yield note(
            "env-crlf",
            ".env tiene finales de línea de Windows (CRLF).",
            "Compose los quita, pero no un `source .env` ni un `docker run --env-file .env`: el valor acaba en \\r.",
            r"perl -pi -e 's/\r$//' .env",
        )
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        yield warning(
            "env-not-utf8",
            f".env no es UTF-8 en la línea {line}.",
            "Una contraseña así no es la que parece, y el primer arranque la rechaza.",
            _converted("ISO-8859-1"),
        )


def _converted(encoding: str) -> str:
    # As `make secrets` writes it, nobody else may read the file.
    return f"(umask 077; iconv -f {encoding} -t UTF-8 .env > .env.utf8 && mv .env.utf8 .env)"


def _name_problems(assignments: list[Assignment], defaults: dict[str, str]) -> Iterator[Finding]:
    seen: dict[str, int] = {}
    for assignment in assignments:
        name = assignment.name
        if name in seen:
            yield warning(
                "env-twice",
                f"{name} está dos veces en .env, en las líneas {seen[name]} y {assignment.number}.",
                "Cuenta la última.",
                f"Borra la línea {seen[name]} de .env",
            )
        seen[name] = assignment.number
        if name in defaults or _OF_DOCKER.fullmatch(name):
            continue
        likely = _likely_name(name, set(defaults))
        if likely:
            yield warning(
                "env-misspelt",
                f"Nada lee {name} (línea {assignment.number} de .env). ¿Es {likely}?",
                _SILENT,
                f"perl -pi -e 's/{re.escape(name)}/{likely}/ if $. == {assignment.number}' .env",
            )
        else:
            yield warning(
                "env-unknown",
                f"Nada lee {name} (línea {assignment.number} de .env).",
                "Compose no avisa de una variable que nadie usa.",
                "Los nombres que hay están en .env.example; borra la línea si es de otro programa",
            )


def _likely_name(name: str, known: set[str]) -> str | None:
    upper = re.sub(r"[^A-Z0-9]+", "_", name.upper())
    return next(iter(difflib.get_close_matches(upper, sorted(known), n=1, cutoff=0.75)), None)


def _ignored_lines(text: str, defaults: dict[str, str]) -> Iterator[Finding]:
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip() in defaults:
            yield warning(
                "env-without-value",
                f"La línea {number} de .env es {line.strip()} y nada más.",
                _SILENT,
                f"Escribe {line.strip()}=VALOR",
            )


def _quote_problems(assignments: list[Assignment]) -> Iterator[Finding]:
    for assignment in assignments:
        value, name = assignment.without_comment, assignment.name
        if any(character in _TYPOGRAPHIC for character in (value[:1], value[-1:]) if character):
            yield warning(
                "env-quotes",
                f"{name} (línea {assignment.number} de .env) tiene comillas tipográficas.",
                "No son comillas para Compose: son parte del valor.",
                f"Usa comillas simples: {name}='…'",
            )
        elif len(value) > 1 and value[0] not in "'\"" and value[-1] in "'\"":
            yield warning(
                "env-quotes",
                f"{name} (línea {assignment.number} de .env) acaba en una comilla que no se abrió.",
                "Es parte del valor.",
                f"Quítala, o pon el valor entero entre comillas simples: {name}='…'",
            )
        elif name.endswith(("PASSWORD", "SECRET_ACCESS_KEY")) and value != assignment.value:
            yield warning(
                "env-comment",
                f"{name} (línea {assignment.number} de .env) tiene un # detrás de un blanco.",
                "Desde ahí es un comentario: la contraseña es más corta de lo que parece.",
                f"Si es parte de la contraseña, ponla entre comillas simples: {name}='…'",
            )


def _shell_problems(installation: Installation, assignments: list[Assignment]) -> Iterator[Finding]:
    for assignment in assignments:
        exported = installation.environment.get(assignment.name)
        if exported is None or exported == assignment.without_comment.strip("'\""):
            continue
        yield warning(
            "env-overridden",
            f"{assignment.name} está también exportada en esta terminal, con otro valor que en .env.",
            "Cuenta la de la terminal, en esta y no en otras.",
            f"unset {assignment.name}",
        )


def _dollar_problems(warnings: tuple[str, ...], names: set[str]) -> Iterator[Finding]:
    for name in sorted({found[1] for line in warnings if (found := _DOLLAR.search(line))} - names):
        yield warning(
            "env-dollar",
            f"En .env hay un ${name}, y no hay ninguna variable {name}.",
            "Compose lo sustituye por nada: el valor es más corto de lo que parece.",
            "Pon el valor entre comillas simples, CLAVE='a$b', o dobla el signo: a$$b",
        )
