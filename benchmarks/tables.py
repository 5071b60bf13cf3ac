"""The results as Markdown tables, for the page and for the terminal."""

from __future__ import annotations

import re
import statistics
from collections.abc import Sequence

from benchmarks.comparison import Comparison, Spread
from benchmarks.measurement import Measurement
from benchmarks.prepared import BATCH_ROWS, MODELS
from benchmarks.results import Results
from benchmarks.schedule import load_key
from benchmarks.servers import SERVERS

REFERENCE = "lane"
_PROTOCOLS = ("lane", "lane-v2", "mlserver", "lane-invocations", "mlflow")
_CONNECTIONS = 64
_HEAD = ("Servidor", "req/s", "vía rápida ÷ este", "p50 ms", "p99 ms", "CPU µs/req", "núcleo", "RSS MiB", "fallos")


def markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table; the first column is text, the others are numbers."""
    lines = [f"| {' | '.join(head)} |", f"|---|{'---:|' * (len(head) - 1)}"]
    lines += [f"| {' | '.join(cell.replace('|', '/') for cell in row)} |" for row in rows]
    return "\n".join(lines) + "\n"


def figure(value: float) -> str:
    """A number with at least three significant digits, and thousands grouped by a space: 12 345, 12.3, 0.123."""
    for least, digits in ((100, 0), (10, 1), (1, 2)):
        if value >= least:
            return f"{value:,.{digits}f}".replace(",", " ")
    return f"{value:.3f}"


def spread(one: Spread) -> str:
    """The median with minimum and maximum: `12.3 [11.9-12.8]`."""
    return f"{figure(one.median)} [{figure(one.minimum)}-{figure(one.maximum)}]"


def load_title(kind: str, connections: int) -> str:
    """The title of a load."""
    many = f"{connections} conexiones" if connections > 1 else "1 conexión"
    return f"{many}, una fila" if kind == "single" else f"{many}, lotes de {BATCH_ROWS} filas"


def load_table(results: Results, model: str, kind: str, connections: int) -> str:
    """All servers under one load; a server that could not be measured has the reason in its row."""
    comparison = results.comparison
    failures = results.failures.get(model, {})
    rows = []
    for name, server in SERVERS.items():
        repeats = comparison.repeats(name, model, kind, connections)
        reason = failures.get(load_key(name, kind, connections)) or failures.get(name)
        if repeats:
            row = _row(comparison, name, repeats)
            rows.append((f"{row[0]} (no terminó: {_public(reason)})", *row[1:]) if reason else row)
        elif reason:
            rows.append((server.title, f"no se midió: {_public(reason)}", *[""] * (len(_HEAD) - 2)))
        elif kind == "batch" and server.batch is None and not server.constant and _measured(results, model, name):
            rows.append((server.title, "no tiene lotes", *[""] * (len(_HEAD) - 2)))
    return markdown(_HEAD, rows)


def protocols_table(comparison: Comparison) -> str:
    """Rows per second of each protocol, ours and of the server that it comes from; empty without a measurement."""
    rows = []
    for model in dict.fromkeys(one.model for one in comparison.measurements):
        for name in _PROTOCOLS:
            single = comparison.repeats(name, model, "single", _CONNECTIONS)
            batch = comparison.repeats(name, model, "batch", _CONNECTIONS)
            if single or batch:
                per_second = (_rows_per_second(single, 1), _rows_per_second(batch, BATCH_ROWS))
                rows.append((f"{MODELS[model]}: {SERVERS[name].title}", SERVERS[name].single.path, *per_second))
    head = ("Modelo y servidor", "ruta", "filas/s, una por petición", f"filas/s, {BATCH_ROWS} por petición")
    return markdown(head, rows) if rows else ""


def terminal_table(results: Results) -> str:
    """The tables of all models and loads, for the terminal."""
    parts = []
    for model in dict.fromkeys(one.model for one in results.measurements):
        for kind, connections in results.comparison.loads(model):
            parts.append(f"\n{MODELS[model]}, {load_title(kind, connections)}\n\n")
            parts.append(load_table(results, model, kind, connections))
    return "".join(parts)


def _public(reason: str) -> str:
    """A reason with the paths of this machine reduced to file names."""
    return re.sub(r"(?:/[\w.@+-]+)+/", "", reason)


def _rows_per_second(repeats: Sequence[Measurement], rows: int) -> str:
    return spread(Spread.over([one.rate * rows for one in repeats])) if repeats else ""


def _measured(results: Results, model: str, name: str) -> bool:
    return any(one.server == name and one.model == model for one in results.measurements)


def _row(comparison: Comparison, name: str, repeats: Sequence[Measurement]) -> tuple[str, ...]:
    one = repeats[0]
    ratio = comparison.ratio(REFERENCE, name, one.model, one.kind, one.connections)
    return (
        SERVERS[name].title,
        spread(Spread.over([repeat.rate for repeat in repeats])),
        spread(ratio) if ratio else "",
        figure(statistics.median(repeat.p50_ms for repeat in repeats)),
        figure(statistics.median(repeat.p99_ms for repeat in repeats)),
        figure(statistics.median(repeat.cpu_us for repeat in repeats)),
        f"{statistics.median(repeat.cores for repeat in repeats):.2f}",
        figure(max(repeat.rss_mib for repeat in repeats)),
        str(sum(repeat.failures for repeat in repeats)),
    )
