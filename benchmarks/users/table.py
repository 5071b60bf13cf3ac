"""The runs with ten thousand users, as a table."""

from __future__ import annotations

import json
from pathlib import Path

from benchmarks.tables import markdown
from benchmarks.users.run import HEAD, UsersRun


def users_table(file: Path) -> str:
    """A chapter of the page; empty when no run was kept."""
    if not file.is_file():
        return ""
    runs = [UsersRun(**json.loads(line)) for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
    if not runs:
        return ""
    return (
        "\n## Diez mil usuarios con una cuota de CPU\n\n"
        "El stack de Compose en la misma máquina; usuarios «lean» de Locust que esperan de 1 a 2.5 s entre peticiones; "
        "solo cuenta lo medido con todos los usuarios presentes. «API», «gateway» y «Locust» son núcleos usados. La "
        "memoria es la del contenedor sin la caché de páginas.\n\n"
        f"{markdown(HEAD, [run.cells() for run in runs])}"
    )
