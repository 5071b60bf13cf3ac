"""The dashboard of the models: what serves, whether the inputs drift, and what the challenger would answer."""

from __future__ import annotations

from collections.abc import Sequence

from grafana_foundation_sdk.builders.dashboard import Dashboard

from monitoring.dashboards.expressions import percentile, prediction_percentile, rate, ratio
from monitoring.dashboards.panels import COUNT, PER_SECOND, SECONDS, SHARE, Panel, board, chart, listing

DRIFT_LIMIT = 0.25
"""From this population stability index on, a distribution counts as another one."""


def models() -> Dashboard:
    """The dashboard."""
    return board(
        "Modelos y deriva",
        "taller5-models",
        "Qué versión responde, si los datos se parecen a los de entrenamiento, y qué diría el retador.",
        {
            "Versiones": _versions(),
            "Deriva": _drift(),
            "Retador (challenger)": _challenger(),
            "Registro de predicciones": _prediction_log(),
        },
    )


def _versions() -> Sequence[Panel]:
    return (
        listing(
            "Qué sirve cada réplica",
            "inference_model_info",
            ("instance", "role", "name", "version", "alias"),
        ),
        chart(
            "Cargas de una versión",
            COUNT,
            [("sum by (outcome) (inference_model_reloads_total)", "{{outcome}}")],
            description="Desde que arrancó cada réplica.",
        ),
        chart(
            "No puede seguir el alias",
            COUNT,
            [("inference_model_reload_failing", "{{instance}}")],
            description="1 mientras la última consulta falló; /model dice por qué.",
            maximum=1,
        ),
    )


def _drift() -> Sequence[Panel]:
    return (
        chart(
            "Deriva de cada columna (PSI)",
            COUNT,
            [("max by (version, column) (inference_drift_psi)", "{{column}} (v{{version}})")],
            description="Menos de 0,1: como al entrenar. Más de 0,25: otra distribución, alerta.",
            limit=(DRIFT_LIMIT, "red"),
            width=12,
        ),
        chart(
            "Deriva de las predicciones (PSI)",
            COUNT,
            [("max by (version) (inference_prediction_drift_psi)", "v{{version}}")],
            limit=(DRIFT_LIMIT, "red"),
            width=6,
        ),
        chart(
            "Filas comparadas",
            COUNT,
            [("inference_drift_rows", "{{instance}} (v{{version}})")],
            description="Filas de la ventana de cada réplica; con pocas, el índice es alto por azar.",
            width=6,
        ),
    )


def _challenger() -> Sequence[Panel]:
    compared = rate("inference_challenger_compared_rows_total", by="version")
    return (
        chart(
            "Filas del retador",
            PER_SECOND,
            [(rate("inference_challenger_rows_total", by="kind"), "{{kind}}")],
            description="shadow: predice después de responder el campeón. canary: responde él.",
        ),
        chart(
            "Cómo acaban",
            PER_SECOND,
            [
                (
                    rate("inference_challenger_requests_total", by="kind, outcome"),
                    "{{kind}} {{outcome}}",
                )
            ],
            description="fallback: el campeón respondió en su lugar. dropped: no había sitio en la cola.",
        ),
        chart(
            "Parte del tráfico",
            "percent",
            [("max by (kind) (inference_challenger_percent)", "{{kind}}")],
            description="Lo que dicen las etiquetas del modelo registrado.",
            maximum=100,
        ),
        chart(
            "Acuerdo con el campeón",
            SHARE,
            [
                (
                    f"sum by (version) (rate(inference_challenger_agreeing_rows_total[$__rate_interval])) / {compared}",
                    "v{{version}}",
                )
            ],
            description="Filas con la misma etiqueta o, en una regresión, con la misma cifra salvo un 1 %.",
            maximum=1,
        ),
        chart(
            "Diferencia media",
            COUNT,
            [
                (
                    ratio(rate(f"inference_challenger_{kind}_difference_sum_total", by="version"), compared),
                    f"{name} v{{{{version}}}}",
                )
                for kind, name in (("absolute", "absoluta"), ("relative", "relativa"))
            ],
        ),
        chart(
            "Tiempo del retador y de /predict (p99)",
            SECONDS,
            [
                (
                    percentile(0.99, "inference_challenger_duration_seconds", by="kind"),
                    "{{kind}}",
                ),
                (prediction_percentile(0.99), "/predict"),
            ],
        ),
        chart(
            "Problemas del retador",
            COUNT,
            [("max by (instance, reason) (inference_challenger_problem)", "{{reason}} {{instance}}")],
            description="1 mientras dura; /model dice por qué.",
            maximum=1,
            width=24,
        ),
    )


def _prediction_log() -> Sequence[Panel]:
    return (
        chart(
            "Filas guardadas",
            PER_SECOND,
            [(rate("inference_prediction_log_records_total", by="instance"), "{{instance}}")],
            width=12,
        ),
        chart(
            "Filas perdidas",
            PER_SECOND,
            [(rate("inference_prediction_log_dropped_total", by="reason"), "{{reason}}")],
            description="Las respuestas no sufren; el disco o la cola, sí.",
            width=12,
        ),
    )
