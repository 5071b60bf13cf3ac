"""The values that the API, MySQL, MinIO and MLflow get, checked by the code that reads them."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from doctor.compose_project import STACK_STORAGE
from doctor.docker_client import COMPOSE
from doctor.finding import Finding, NotCheckedError, fault
from doctor.installation import Installation

_REMEDY = f"Cámbialo en .env (o en la terminal, si está exportado); después: {COMPOSE} up -d"
_MYSQL = ("MYSQL_DATABASE", "MYSQL_USER", "MYSQL_PASSWORD")
_STORAGE = ("MINIO_ROOT_USER", "MINIO_ROOT_PASSWORD", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")


def find_refused_values(installation: Installation) -> Iterator[Finding]:
    """Values with which a service does not start."""
    from credentials import minio_problem, mysql_problem  # noqa: PLC0415 - in mlflow/, which `main` makes importable

    project = installation.require_project()
    mysql = project.environment("mysql")
    problems = [mysql_problem(name, mysql[name]) for name in _MYSQL if mysql.get(name)]
    storage = project.environment("create-minio-buckets")
    if storage.get("MLFLOW_S3_ENDPOINT_URL") == STACK_STORAGE:
        problems += [minio_problem(name, storage[name]) for name in _STORAGE if storage.get(name)]
    for problem in filter(None, problems):
        yield fault("credential-refused", problem, "MySQL o MinIO no pueden usar este valor.", _REMEDY)
    yield from _different_keys(storage)
    yield from _refused_accounts(project.environment("mlflow"))
    yield from _refused_settings(project.environment("fastapi-app"))


def _different_keys(storage: dict[str, str]) -> Iterator[Finding]:
    if storage.get("MLFLOW_S3_ENDPOINT_URL") != STACK_STORAGE:
        return
    for key, account in (("AWS_ACCESS_KEY_ID", "MINIO_ROOT_USER"), ("AWS_SECRET_ACCESS_KEY", "MINIO_ROOT_PASSWORD")):
        if storage.get(key) != storage.get(account):
            yield fault(
                "keys-differ",
                f"{key} no es lo mismo que {account}.",
                "MLflow entra en MinIO con la primera, y MinIO solo conoce la segunda: no hay bucket ni modelos.",
                f"En .env: {key} con el valor de {account}; después: {COMPOSE} up -d",
            )


def _refused_accounts(environment: dict[str, str]) -> Iterator[Finding]:
    from accounts import Accounts  # noqa: PLC0415 - as above
    from configuration import ConfigurationError  # noqa: PLC0415 - as above

    try:
        Accounts.from_environment(environment)
    except ConfigurationError as error:
        for problem in str(error).split("; "):
            yield fault("account-refused", problem, "MLflow no arranca sin sus usuarios.", _REMEDY)


def _refused_settings(environment: dict[str, str]) -> Iterator[Finding]:
    if sys.version_info < (3, 10):
        raise NotCheckedError("los valores de la API: hace falta Python 3.10, y este es anterior")
    from src.settings import Settings, SettingsError  # noqa: PLC0415 - it cannot be imported by an older Python

    try:
        Settings.from_environment(environment)
    except SettingsError as error:
        for problem in str(error).split("; "):
            yield fault("setting-refused", problem, "La API termina al arrancar.", _REMEDY)
