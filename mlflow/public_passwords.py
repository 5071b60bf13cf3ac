"""A warning about public default passwords while the pages are open to the network."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

# The defaults of .env.example. MINIO_ROOT_PASSWORD, with which the console opens, is that of AWS_SECRET_ACCESS_KEY.
PUBLIC_PASSWORDS: Final = {"AWS_SECRET_ACCESS_KEY": "supersecret", "MYSQL_PASSWORD": "mlflow_meta_pass"}


def public_password_warning(environment: Mapping[str, str]) -> str | None:
    """What to say at the start; None when the pages are closed or the passwords were changed."""
    address = environment.get("PAGES_BIND", "")
    public = [name for name, value in PUBLIC_PASSWORDS.items() if environment.get(name) == value]
    if not public or not _is_open(address):
        return None
    return (
        f"the network reaches MLflow and the console of MinIO (PAGES_BIND={address}), with public default passwords: "
        f"{', '.join(public)}. Set PAGES_BIND=127.0.0.1, or other passwords before the first start (`make secrets`)"
    )


def _is_open(address: str) -> bool:
    try:
        return bool(address) and not ipaddress.ip_address(address).is_loopback
    except ValueError:
        return address != "localhost"
