"""`make secrets`: write a `.env` with random passwords, before the first start."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from env_file.existing_data import find_data_volume
from env_file.random_passwords import with_random_passwords

_ROOT = Path(__file__).resolve().parents[1]
_COMPOSE = "docker compose -f docker-compose-api.yml"
_WRITTEN = f"""\
.env tiene ahora contraseñas al azar y solo lo lee tu usuario. Guarda una copia: sin ella los datos no se abren.
Vale para el primer arranque, que fija las de MySQL; con MLFLOW_AUTH=true pide usuario también MLflow:
  {_COMPOSE} up --build
"""
_FOR_A_RUNNING_STACK = f"""
MySQL conserva las contraseñas de su primer arranque, y con otras en .env el stack no arranca. Hay dos caminos.

Empezar de nuevo, sin los datos:
  {_COMPOSE} down -v
  make secrets

Cambiarlas sin perder los datos, con el stack en pie. Primero en MySQL (pide la contraseña de root):
  {_COMPOSE} exec mysql mysql -u root -p
  ALTER USER 'mlflow_meta'@'%' IDENTIFIED BY 'NUEVA';
  ALTER USER 'root'@'%' IDENTIFIED BY 'OTRA', 'root'@'localhost' IDENTIFIED BY 'OTRA';
Después las mismas en .env (MYSQL_PASSWORD, MYSQL_ROOT_PASSWORD). La de MinIO se cambia solo en .env, igual en
MINIO_ROOT_PASSWORD y en AWS_SECRET_ACCESS_KEY. Al final:
  {_COMPOSE} up -d
"""


def main(arguments: Sequence[str] | None = None, root: Path = _ROOT) -> int:
    """Write the file; returns 0, or 2 when nothing was written."""
    parser = argparse.ArgumentParser(
        prog="make secrets",
        description="Escribe .env, con contraseñas al azar en lugar de las públicas de .env.example.",
        epilog=_FOR_A_RUNNING_STACK,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.parse_args(arguments)
    target = root / ".env"
    if target.exists():
        return _refuse(f"{target} ya existe, y make secrets no lo cambia.")
    volume = find_data_volume(root, os.environ)
    if volume:
        return _refuse(f"MySQL tiene ya datos, en el volumen {volume}; no se ha escrito nada.{_FOR_A_RUNNING_STACK}")
    text = with_random_passwords((root / ".env.example").read_text(encoding="utf-8"))
    try:
        # Nobody else can read it at any moment, and a file that appears meanwhile is kept.
        descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        return _refuse(f"No se puede escribir {target}: {error.strerror}.")
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    sys.stdout.write(_WRITTEN)
    return 0


def _refuse(problem: str) -> int:
    sys.stderr.write(f"Error: {problem}\n")
    return 2


if __name__ == "__main__":
    sys.exit(main())
