"""A table of the trials with ten thousand users that `make trial` wrote."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from benchmarks.tables import figure, markdown

_HEAD = (
    "Camino",
    "usuarios",
    "CPU",
    "MiB",
    "sostiene",
    "req/s buenas",
    "fallos",
    "p50 ms",
    "p95 ms",
    "p99 ms",
    "API",
    "gateway",
    "Locust",
    "µs/req",
    "memoria MiB",
    "períodos frenados",
)


def users_table(file: Path) -> str:
    """A section of the page; empty without a file of trials."""
    if not file.is_file():
        return ""
    trials = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
    if not trials:
        return ""
    return (
        "\n## Diez mil usuarios con una cuota de CPU\n\n"
        "El stack de Compose en la misma máquina (`make trial ARGS=--help`); usuarios «lean» de Locust que "
        "esperan de 1 a 2.5 s entre peticiones y llegan de 500 en 500. Cada fila es el último escalón de una prueba: "
        "todos los usuarios o, si no se sostuvieron, los que había. «API», «gateway» y «Locust» son núcleos usados. La "
        "memoria es la del contenedor sin la caché de páginas.\n\n"
        f"{markdown(_HEAD, [_cells(trial) for trial in trials])}"
    )


def _cells(trial: dict[str, Any]) -> tuple[str, ...]:
    step = trial["step"]
    rate = step["achieved"]
    return (
        trial["via"],
        figure(step["users_planned"]),
        f"{trial['limits']['cpus']:g}",
        f"{trial['limits']['memory_mib']:g}",
        "sí" if trial["holds"] else "no",
        f"{figure(rate)} ({rate / step['offered']:.0%})",
        str(sum(step["failures"].values())),
        f"{step['p50_ms']:.0f}",
        f"{step['p95_ms']:.0f}",
        f"{step['p99_ms']:.0f}",
        f"{step['api_cores']:.3f}",
        f"{step['gateway_cores']:.3f}",
        f"{step['generator_cores']:.2f}",
        f"{step['api_cores'] / rate * 1e6:.0f}" if rate else "",
        f"{step['api_memory_peak_mib']:.0f}",
        f"{step['throttled']}/{step['periods']}",
    )
