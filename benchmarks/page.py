"""Writes docs/performance.md from the results, with the hand-written notes unchanged."""

from __future__ import annotations

from pathlib import Path

from benchmarks.chart import bars
from benchmarks.comparison import Spread
from benchmarks.goals import goals_table
from benchmarks.prepared import MODELS
from benchmarks.results import Results
from benchmarks.servers import SERVERS
from benchmarks.tables import figure, load_table, load_title, markdown, protocols_table
from benchmarks.users import users_table

_CHART_LOAD = ("single", 64)
_OURS = {"lane", "route", "lane-v2", "lane-invocations"}


def write_page(results: Results, page: Path) -> list[Path]:
    """Write the page and its charts; returns the paths of the written files.

    Args:
        results: The results of a run.
        page: `NAME.md`; in the same folder are `NAME.notes.md`, which is written by hand, and `NAME.users.jsonl`.
    """
    page.parent.mkdir(parents=True, exist_ok=True)
    written = []
    parts = [_introduction(page), "## Objetivos\n\n64 conexiones.\n\n", goals_table(results.comparison)]
    protocols = protocols_table(results.comparison)
    if protocols:
        parts.append(f"\n## Filas por segundo de cada protocolo\n\n64 conexiones.\n\n{protocols}")
    parts.append(_machine(results))
    for model in dict.fromkeys(one.model for one in results.measurements):
        parts.append(f"\n## {MODELS[model]}\n")
        chart = _chart(results, model)
        if chart:
            path = page.with_name(f"{page.stem}.{model}.svg")
            path.write_text(chart, encoding="utf-8")
            written.append(path)
            parts.append(f"\n![{MODELS[model]}: peticiones por segundo]({path.name})\n")
        for kind, connections in results.comparison.loads(model):
            title = load_title(kind, connections)
            parts.append(f"\n### {MODELS[model]}: {title}\n\n{load_table(results, model, kind, connections)}")
    parts.append(users_table(page.with_name(f"{page.stem}.users.jsonl")))
    notes = page.with_name(f"{page.stem}.notes.md")
    if notes.is_file():
        parts.append(f"\n{notes.read_text(encoding='utf-8').strip()}\n")
    parts.append(_method(results))
    page.write_text("".join(parts), encoding="utf-8")
    return [page, *written]


def _introduction(page: Path) -> str:
    return (
        "# Rendimiento\n\n"
        "Esta API junto a otros servidores de modelos y junto a lo máximo que Python permite aquí: cada servidor en un "
        "núcleo, el generador de carga en otro.\n\n"
        f"Esta página la escribe `make bench` a partir de `{page.stem}.json`; lo escrito a mano está en "
        f"`{page.stem}.notes.md` y se conserva.\n\n"
    )


def _machine(results: Results) -> str:
    machine = results.machine
    noise = results.comparison.noise()
    kind = "máquina virtual" if machine.hypervisor else "máquina física"
    text = (
        "\n## Máquina y ruido\n\n"
        f"{machine.processor}, {machine.cores} núcleos, {figure(machine.memory_gib)} GiB, {kind}; {machine.system}; "
        f"Python {machine.python}; wrk {machine.wrk}; proyecto en `{machine.commit}`; {results.day}.\n\n"
    )
    if noise is None:
        return text + "Cada medida se tomó una sola vez: no se conoce su ruido.\n"
    return text + (
        f"{results.repeats} rondas intercaladas de {results.seconds} s por medida. Entre las repeticiones de una "
        f"misma medida, la distancia del máximo al mínimo es el {noise.median:.0%} de su mediana (la mediana de "
        f"todas; la peor {noise.maximum:.0%}). Los cocientes comparan vecinos de la misma ronda.\n"
    )


def _chart(results: Results, model: str) -> str | None:
    rates = []
    for name, server in SERVERS.items():
        repeats = results.comparison.repeats(name, model, *_CHART_LOAD)
        if repeats:
            kind = "ours" if name in _OURS else "limit" if server.constant else "peer"
            median = Spread.over([one.rate for one in repeats]).median
            rates.append((server.title.replace("`", ""), kind, median))
    title = f"{MODELS[model]}: peticiones por segundo, {load_title(*_CHART_LOAD)} (escala logarítmica)"
    return bars(title, rates, "req/s") if rates else None


def _method(results: Results) -> str:
    measured = [name for name in SERVERS if name in results.versions]
    rows = [
        (
            SERVERS[name].title,
            SERVERS[name].settings,
            ", ".join(f"{package} {version}" for package, version in results.versions[name].items()),
        )
        for name in measured
    ]
    table = markdown(("Servidor", "cómo corre", "versiones"), rows).replace("---:|", "---|")
    return (
        "\n## Cómo se midió\n\n"
        "Todos los servidores de un modelo arrancan, cada uno en el mismo núcleo (`sched_setaffinity`) y con un "
        "hilo de OpenMP y BLAS. Antes de medir, sus respuestas a 100 filas, una a una y en lote, se comparan con "
        "las de `mlflow.pyfunc`. El que no se mide está parado (SIGSTOP). wrk pide en bucle cerrado desde el otro "
        "núcleo, con las 100 filas por turno: cada conexión pide de nuevo cuando tiene su respuesta. Por eso los "
        "percentiles son los de un servidor saturado, y wrk los corrige por las peticiones que la espera le "
        "impidió hacer. «CPU» y «RSS» son de todo el árbol de procesos (/proc/PID/stat); «núcleo» por debajo de 1 "
        "indica que el límite no fue la CPU del servidor. Los corchetes son el mínimo y el máximo de las "
        "repeticiones.\n\n"
        f"{table}\n"
        "```bash\n"
        "sudo apt-get install wrk\n"
        f"{_typed(results.command)}\n"
        "```\n"
    )


def _typed(command: str) -> str:
    options = command.removeprefix("python -m benchmarks").strip()
    return f'make bench ARGS="{options}"' if options else "make bench"
