"""Public default passwords behind pages that are open to the network."""

from __future__ import annotations

from collections.abc import Iterator

from doctor.docker_client import COMPOSE
from doctor.finding import Finding, warning
from doctor.installation import Installation
from env_file.lines import read_defaults

_PAGES = ("mlflow", "minio", "grafana")
# Services with their variables, and what these are called in .env.
_PASSWORDS = {
    "minio": {"MINIO_ROOT_PASSWORD": "MINIO_ROOT_PASSWORD"},
    "mysql": {"MYSQL_PASSWORD": "MYSQL_PASSWORD", "MYSQL_ROOT_PASSWORD": "MYSQL_ROOT_PASSWORD"},
    "grafana": {"GF_SECURITY_ADMIN_PASSWORD": "GRAFANA_ADMIN_PASSWORD"},
}


def find_public_passwords(installation: Installation) -> Iterator[Finding]:
    """Defaults of `.env.example` that guard something that other machines reach."""
    project = installation.require_project()
    expected = set(installation.expected_services())
    pages = [port for service in _PAGES if service in expected and (port := project.port_of(service)) and port.is_open]
    if not pages:
        return
    defaults = read_defaults((installation.root / ".env.example").read_text(encoding="utf-8"))
    public = [
        name
        for service, names in _PASSWORDS.items()
        for variable, name in names.items()
        if service in expected and project.environment(service).get(variable) == defaults.get(name)
    ]
    if public:
        opened = ", ".join(f"{page.service} en {page.address}:{page.port}" for page in pages)
        yield warning(
            "public-passwords",
            f"La red llega a {opened}, con las contraseñas públicas de .env.example: {', '.join(public)}.",
            "Quien las conoce lee, cambia y borra los modelos.",
            f"Cierra las páginas (PAGES_BIND=127.0.0.1; {COMPOSE} up -d), o cambia las contraseñas: make secrets",
        )
