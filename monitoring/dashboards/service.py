"""The dashboard of the service: is it there, what does it answer, how fast, and with which resources?"""

from __future__ import annotations

from collections.abc import Sequence

from grafana_foundation_sdk.builders.dashboard import Dashboard

from monitoring.dashboards.expressions import (
    CPU,
    ERROR_SHARE,
    REQUESTS,
    ROWS_PER_BATCH,
    THROTTLED_SHARE,
    percentile,
    prediction_percentile,
    rate,
)
from monitoring.dashboards.panels import (
    BYTES,
    COUNT,
    PER_SECOND,
    SECONDS,
    SHARE,
    SLO_SECONDS,
    Panel,
    board,
    chart,
    figure,
    listing,
)


def service() -> Dashboard:
    """The dashboard."""
    return board(
        "Servicio",
        "taller5-service",
        "Las réplicas y la puerta de entrada: qué responden, en cuánto tiempo y con qué recursos.",
        {
            "Ahora": _now(),
            "Peticiones": _requests(),
            "Recursos de cada réplica": resources(),
            "Puerta de entrada": _gateway(),
            "Alertas y lo demás del stack": _others(),
        },
    )


def resources() -> Sequence[Panel]:
    """CPU, throttling and memory of each replica."""
    return (
        chart(
            "CPU",
            COUNT,
            [(CPU, "{{instance}}"), ("max(inference_cpu_limit_cores)", "límite")],
            description="Núcleos que usa cada réplica, y su límite (API_CPU_LIMIT).",
        ),
        chart(
            "Frenada por el límite de CPU",
            SHARE,
            [(THROTTLED_SHARE, "{{instance}}")],
            description="Parte de los periodos de 100 ms en que agotó su CPU y tuvo que esperar. Desde 25 %, alerta.",
            limit=(0.25, "red"),
            maximum=1,
        ),
        chart(
            "Memoria",
            BYTES,
            [("inference_memory_bytes", "{{instance}}"), ("max(inference_memory_limit_bytes)", "límite")],
            description="Sin la caché de archivos que el núcleo puede soltar. Desde 90 % del límite, alerta.",
        ),
    )


def _now() -> Sequence[Panel]:
    return (
        figure(
            "Réplicas listas",
            COUNT,
            ("sum(inference_ready) or vector(0)", "réplicas"),
            description="Con un modelo que responde.",
            limits=[(0, "red"), (1, "green")],
        ),
        figure("Peticiones por segundo", PER_SECOND, (REQUESTS, "peticiones")),
        figure(
            "p99 de /predict",
            SECONDS,
            (prediction_percentile(0.99), "p99"),
            description="El 99 % de las predicciones tarda menos.",
            limits=[(SLO_SECONDS, "red")],
        ),
        figure("Respuestas 5xx", SHARE, (ERROR_SHARE, "5xx"), limits=[(0.01, "red")]),
        figure(
            "Alertas",
            COUNT,
            ('count(ALERTS{alertstate="firing"}) or vector(0)', "alertas"),
            description="Las que están activas; Prometheus dice en /alerts qué hacer.",
            limits=[(1, "red")],
        ),
        figure(
            "Versión del campeón",
            COUNT,
            ('max by (version) (inference_model_info{role="champion"})', "{{version}}"),
            description="La versión del modelo que responde.",
            names=True,
        ),
    )


def _requests() -> Sequence[Panel]:
    return (
        chart(
            "Peticiones por ruta y estado",
            PER_SECOND,
            [(rate("inference_requests_total", by="route, status"), "{{route}} {{status}}")],
        ),
        chart(
            "Tiempo de respuesta de /predict",
            SECONDS,
            [(prediction_percentile(share), f"p{share * 100:g}") for share in (0.5, 0.95, 0.99)],
            description="Dentro del servicio, de leer la petición a responderla.",
            limit=(SLO_SECONDS, "red"),
        ),
        chart(
            "Tiempo de respuesta de las demás rutas (p99)",
            SECONDS,
            [(percentile(0.99, "inference_request_duration_seconds", 'route!="/predict"', by="route"), "{{route}}")],
        ),
        chart(
            "Tiempo del modelo por lote",
            SECONDS,
            [(percentile(share, "inference_predict_duration_seconds"), f"p{share * 100:g}") for share in (0.5, 0.99)],
            description="Una llamada del modelo, con todas las filas que llegaron juntas.",
        ),
        chart(
            "Filas por lote",
            COUNT,
            [
                (ROWS_PER_BATCH, "media"),
                (percentile(0.99, "inference_batch_rows"), "p99"),
            ],
        ),
        chart(
            "En curso y en espera",
            COUNT,
            [
                ("sum by (instance) (inference_requests_in_flight)", "en curso {{instance}}"),
                ("sum by (instance) (inference_queue_rows)", "filas en espera {{instance}}"),
            ],
            description="Peticiones leídas y aún sin respuesta, y filas que esperan al modelo, en el momento de medir.",
        ),
    )


def _gateway() -> Sequence[Panel]:
    return (
        chart(
            "Respuestas a los clientes",
            PER_SECOND,
            [(rate("haproxy_frontend_http_responses_total", 'proxy="api"', by="code"), "{{code}}")],
        ),
        chart(
            "Réplicas que reciben predicciones",
            COUNT,
            [
                (f'haproxy_backend_{kind}_servers{{proxy=~"predictions|other_predictions"}}', f"{{{{proxy}}}} {name}")
                for kind, name in (("active", "activas"), ("backup", "de reserva"))
            ],
            description="Por socket Unix (activas) y por TCP (de reserva).",
        ),
        chart(
            "Conexiones, y predicciones repetidas",
            COUNT,
            [
                ('haproxy_frontend_current_sessions{proxy="api"}', "conexiones"),
                ('haproxy_backend_current_queue{proxy="predictions"}', "en cola"),
                (rate("haproxy_backend_retry_warnings_total", 'proxy="predictions"'), "repetidas por segundo"),
            ],
        ),
    )


def _others() -> Sequence[Panel]:
    return (
        listing(
            "Alertas de la última hora",
            'max by (alertname, severity) (max_over_time(ALERTS{alertstate="firing"}[1h]))',
            ("alertname", "severity"),
        ),
        chart(
            "De quién llegan medidas",
            COUNT,
            [("sum by (job) (up)", "{{job}}")],
            description="Número de destinos de cada clase a los que Prometheus puede leer.",
        ),
        chart(
            "Peticiones a MLflow y a MinIO",
            PER_SECOND,
            [
                ("sum by (status) (rate(mlflow_http_request_total[1m]))", "MLflow {{status}}"),
                ("sum(rate(minio_s3_requests_total[2m]))", "MinIO"),
            ],
        ),
    )
