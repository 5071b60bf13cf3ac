"""The records of the log: one JSON object for each row of a sampled request."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple, Self

from pydantic_core import PydanticSerializationError, to_json

from src.service.prediction.model import LoadedModel, Outcome
from src.service.prediction.probabilities import ClassProbabilities
from src.service.schema.validator import Row, Schema


class RecordFields(NamedTuple):
    """What the records of one model share. It holds no model: the queue must not keep the previous one in memory.

    Attributes:
        schema: The schema of the rows, which identifies the model.
        model: Its registered name.
        columns: Names of the inputs.
        classes: Names of the classes; empty without probabilities.
    """

    schema: Schema
    model: str
    columns: tuple[str, ...]
    classes: tuple[str, ...]

    @classmethod
    def of(cls, model: LoadedModel) -> Self:
        """The fields of a model's records."""
        classes = model.classifier.names if model.classifier else ()
        return cls(model.schema, model.bundle.name, tuple(column.name for column in model.schema.columns), classes)


class SampledRequest(NamedTuple):
    """A request that was answered with status 200, as it waits to be written.

    Attributes:
        moment: When it was answered, in seconds since 1970.
        request_id: The id in its response.
        rows: Its rows.
        outcomes: One for each row.
        fields: What the records of its model share.
        version: The model version that answered.
        size: Bytes of its body.
    """

    moment: float
    request_id: bytes
    rows: Sequence[Row]
    outcomes: Sequence[Outcome]
    fields: RecordFields
    version: str
    size: int


def lines_of(request: SampledRequest) -> Iterator[bytes | None]:
    """One line of JSON for each row, with its line end; None for a row that JSON cannot hold.

    A missing value and a number that is not finite are null, other numbers are exact, datetimes are ISO 8601.
    """
    fields = request.fields
    moment = datetime.fromtimestamp(request.moment, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    name = request.request_id.decode("latin-1")
    for place, (row, outcome) in enumerate(zip(request.rows, request.outcomes, strict=True)):
        record: dict[str, Any] = {
            "time": moment,
            "request_id": name,
            "row": place,
            "model": fields.model,
            "model_version": request.version,
            "inputs": dict(zip(fields.columns, row, strict=True)),
        }
        if isinstance(outcome, ClassProbabilities):
            record["prediction"] = outcome.prediction
            record["probabilities"] = dict(zip(fields.classes, outcome.probabilities, strict=True))
        else:
            record["prediction"] = outcome
        try:
            line = to_json(record, inf_nan_mode="null")
        except (PydanticSerializationError, UnicodeError):
            yield None
        else:
            yield line + b"\n"
