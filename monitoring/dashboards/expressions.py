"""PromQL expressions that several panels use."""

from __future__ import annotations

from typing import Final


def rate(metric: str, labels: str = "", *, by: str = "") -> str:
    """How much a counter grows in a second, over all replicas.

    Args:
        metric: The counter.
        labels: Which of its series, as PromQL writes it in braces.
        by: The labels that remain, separated by commas.
    """
    grouping = f" by ({by}) " if by else ""
    return f"sum{grouping}(rate({metric}{_braces(labels)}[$__rate_interval]))"


def ratio(part: str, whole: str) -> str:
    """One expression divided by another."""
    return f"{part} / {whole}"


def percentile(share: float, metric: str, labels: str = "", *, by: str = "") -> str:
    """A percentile of a histogram, over all replicas.

    Args:
        share: From 0 to 1.
        metric: The histogram.
        labels: Which of its series, as PromQL writes it in braces.
        by: The labels that remain, separated by commas.
    """
    return f"histogram_quantile({share}, {rate(f'{metric}_bucket', labels, by=f'le, {by}' if by else 'le')})"


def prediction_percentile(share: float) -> str:
    """A percentile of the times of single predictions."""
    return percentile(share, "inference_request_duration_seconds", 'route="/predict"')


def _braces(labels: str) -> str:
    return f"{{{labels}}}" if labels else ""


REQUESTS: Final = rate("inference_requests_total")
ERROR_SHARE: Final = ratio(f"""({rate("inference_requests_total", 'status=~"5.."')} or vector(0))""", REQUESTS)
ROWS_PER_BATCH: Final = ratio(rate("inference_batch_rows_sum"), rate("inference_batch_rows_count"))
CPU: Final = rate("process_cpu_seconds_total", 'job="inference-api"', by="instance")
THROTTLED_SHARE: Final = ratio(
    rate("inference_cpu_throttled_periods_total", by="instance"), rate("inference_cpu_periods_total", by="instance")
)
