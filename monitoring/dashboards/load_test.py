"""The dashboard of a load test: what Locust's users see, above what the service does meanwhile."""

from __future__ import annotations

from grafana_foundation_sdk.builders.dashboard import Dashboard

from monitoring.dashboards.expressions import REQUESTS, ROWS_PER_BATCH, prediction_percentile, rate
from monitoring.dashboards.panels import COUNT, PER_SECOND, SECONDS, SLO_SECONDS, board, chart
from monitoring.dashboards.service import resources


def load_test() -> Dashboard:
    """The dashboard. It fits one screen, so that one picture shows the users and the service."""
    return board(
        "Prueba de carga",
        "taller5-load-test",
        "Los usuarios de Locust y, debajo, el servicio en el mismo momento.",
        {
            "Usuarios (Locust)": (
                chart(
                    "Usuarios y peticiones por segundo",
                    COUNT,
                    [
                        ("sum(locust_users)", "usuarios"),
                        (rate("locust_requests_total"), "peticiones/s de Locust"),
                        (REQUESTS, "respuestas/s del servicio"),
                    ],
                    description="Si el servicio responde menos de lo que Locust pide, está saturado.",
                ),
                chart(
                    "Tiempo que ven los usuarios",
                    SECONDS,
                    [
                        ("max by (quantile) (locust_response_time_seconds)", "cuantil {{quantile}}"),
                        (prediction_percentile(0.99), "p99 del servicio"),
                    ],
                    description="De los últimos 10 segundos. La diferencia es la puerta de entrada, la red o Locust.",
                    limit=(SLO_SECONDS, "red"),
                ),
                chart(
                    "Fallos por segundo",
                    PER_SECOND,
                    [
                        (rate("locust_failures_total"), "fallos de Locust"),
                        (
                            rate("haproxy_frontend_http_responses_total", 'proxy="api",code=~"4xx|5xx"'),
                            "errores de la puerta de entrada",
                        ),
                    ],
                ),
            ),
            "Servicio": (
                *resources(),
                chart(
                    "En curso y en espera",
                    COUNT,
                    [
                        ("sum(inference_requests_in_flight)", "peticiones en curso"),
                        ("sum(inference_queue_rows)", "filas en espera"),
                    ],
                ),
                chart(
                    "Réplicas listas y procesos de Locust",
                    COUNT,
                    [("sum(inference_ready)", "réplicas"), ("sum(locust_workers)", "procesos de Locust")],
                ),
                chart(
                    "Filas por lote",
                    COUNT,
                    [(ROWS_PER_BATCH, "media")],
                    description="Con más carga llegan más filas juntas, y cada una cuesta menos.",
                ),
            ),
        },
    )
