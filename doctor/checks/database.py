"""The database: whether the passwords of `.env` open it, and whether MLflow's tables are complete."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from doctor.command import CommandResult
from doctor.docker_client import COMPOSE
from doctor.finding import Finding, NotCheckedError, fault, warning
from doctor.installation import Installation

# mlflow/schema.py creates it before the tables of a first migration, and drops it after them.
MARKER_TABLE = "first_migration_in_progress"
_TABLES = "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE()"
_REFUSED = {"1045": "el usuario o la contraseña", "1044": "el usuario", "1049": "la base de datos"}
_FIRST_START = "MySQL conserva los nombres y contraseñas de su primer arranque."
_START_OVER = f"Devuelve los valores de antes a .env; o, sin los datos: {COMPOSE} down -v && {COMPOSE} up -d"


def find_database_problems(installation: Installation) -> Iterator[Finding]:
    """Refused accounts, then missing tables."""
    project = installation.require_project()
    installation.require_running("mysql")
    given = project.environment("mysql")
    user, database = given["MYSQL_USER"], given["MYSQL_DATABASE"]
    account = (f"--user={user}", f"--database={database}")
    tables = _query(installation, account, given["MYSQL_PASSWORD"], _TABLES)
    if tables.ok:
        yield from _table_problems(set(tables.stdout.split()))
    else:
        yield _refusal(tables, user, database)
    root = _query(installation, ("--user=root",), given["MYSQL_ROOT_PASSWORD"], "SELECT 1")
    if _error_number(root) == "1045":
        yield warning(
            "root-password-refused",
            "MySQL no acepta MYSQL_ROOT_PASSWORD: no es la de su primer arranque.",
            "El stack no la usa, pero con ella se hacen las copias de seguridad.",
            _START_OVER,
        )


def _query(installation: Installation, account: Sequence[str], password: str, statement: str) -> CommandResult:
    container = installation.require_running("mysql").name
    return installation.docker.run(
        *("exec", "-e", "MYSQL_PWD", container, "mysql", "--protocol=tcp", "--host=127.0.0.1", "--connect-timeout=2"),
        *("--default-character-set=utf8mb4", "--batch", "--skip-column-names", *account, "--execute", statement),
        secrets={"MYSQL_PWD": password},
    )


def _error_number(printed: CommandResult) -> str:
    found = re.search(r"ERROR (\d+)", printed.stderr)
    return found[1] if found else ""


def _refusal(printed: CommandResult, user: str, database: str) -> Finding:
    what = _REFUSED.get(_error_number(printed))
    if what is None:
        if printed.timed_out or "Can't connect" in printed.stderr:
            return fault(
                "database-silent",
                f"MySQL no contesta: {printed.reason}",
                "Sin él MLflow no contesta, y no entra ningún modelo nuevo.",
                "docker logs mysql_mlflow_metadata",
            )
        raise NotCheckedError(f"MySQL: {printed.reason}")
    return fault(
        "database-refused",
        f"MySQL no acepta {what} de .env (usuario {user}, base de datos {database}): {printed.reason}",
        f"{_FIRST_START} MLflow no arranca con otros.",
        _START_OVER,
    )


def _table_problems(names: set[str]) -> Iterator[Finding]:
    again = f"{COMPOSE} up -d mlflow-migrate, y después docker logs mlflow_migrate"
    if MARKER_TABLE in names:
        yield fault(
            "database-half-migrated",
            f"La base de datos está a medio crear: tiene la tabla {MARKER_TABLE}.",
            "La primera migración se interrumpió; ningún servidor ha usado aún esas tablas.",
            f"{again}: las borra, vacías como están, y empieza otra vez",
        )
    elif all(name.startswith("alembic_") for name in names):
        yield fault(
            "database-empty",
            "La base de datos está vacía.",
            "MLflow no arranca sin sus tablas, que crea mlflow_migrate.",
            again,
        )
    elif "alembic_version" not in names or "registered_models" not in names:
        yield fault(
            "database-incomplete",
            f"A la base de datos le faltan tablas de MLflow; tiene {len(names)}.",
            "Alguien las borró, o una migración no terminó.",
            f"{again}; si no lo arregla, restaura la copia de seguridad",
        )
