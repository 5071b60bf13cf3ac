"""The prediction endpoints of the service. A new wire protocol is a module beside this one and a line here."""

from __future__ import annotations

from src.controller.protocols.endpoint import PredictionEndpoint
from src.controller.protocols.json_rows import RowBatch, SingleRow
from src.controller.protocols.mlflow_scoring.endpoint import Invocations
from src.controller.protocols.open_inference.infer import MODEL_PATH, VERSION_PATH, Infer
from src.settings import Settings


def prediction_endpoints(settings: Settings) -> tuple[PredictionEndpoint, ...]:
    """Every endpoint, with the service's limits."""
    rows = settings.max_batch_rows
    return SingleRow(), RowBatch(rows), Invocations(rows), Infer(MODEL_PATH, rows), Infer(VERSION_PATH, rows)
