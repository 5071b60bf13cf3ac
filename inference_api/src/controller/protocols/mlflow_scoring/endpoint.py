"""`POST /invocations`, as the server of `mlflow models serve` answers it, without MLflow and pandas.

https://github.com/mlflow/mlflow/blob/v3.17.2/mlflow/pyfunc/scoring_server/__init__.py says what is accepted,
`_enforce_schema` in https://github.com/mlflow/mlflow/blob/v3.17.2/mlflow/models/utils.py what becomes of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, Self

from pydantic_core import to_json

from src.controller.protocols.endpoint import JSON, ReadRequest, RequestParameters
from src.controller.protocols.mlflow_scoring import csv_body, errors, json_body
from src.controller.protocols.mlflow_scoring.input_table import InputTable
from src.controller.protocols.mlflow_scoring.operation import CSV, operation_of
from src.controller.protocols.mlflow_scoring.table_decoder import table_decoder
from src.errors import ApiError, BodyTooLargeError, InvalidRowError, UnsupportedMediaTypeError
from src.service.prediction.model import LoadedModel, Outcome
from src.service.schema.column import Column
from src.service.schema.validator import Row


@dataclass(frozen=True, slots=True)
class _BodyFormat:
    """How a body is read.

    Attributes:
        read: The body as a table.
        values: The values of one of the model's columns.
    """

    read: Callable[[bytes], InputTable]
    values: Callable[[Column, Sequence[Any]], Sequence[Any]]


_JSON: Final = _BodyFormat(json_body.read_json, json_body.column_values)


class _Request:
    __slots__ = ("rows",)
    probabilities: Final = False

    def __init__(self, rows: Sequence[Row]) -> None:
        self.rows = rows

    def content(self, outcomes: Sequence[Outcome]) -> bytes | ApiError:
        return errors.refused(outcomes) or b'{"predictions": %b}' % to_json(outcomes)

    def with_version(self, _version: str) -> Self:
        return self


class Invocations:
    """A table in JSON or CSV, answered with `{"predictions": [...]}`."""

    path: Final = "/invocations"
    media_types: Final = frozenset({JSON, CSV})
    names_version: Final = False

    def __init__(self, max_rows: int) -> None:
        """Accept at most so many rows in a request."""
        self._max_rows = max_rows
        read_csv = partial(csv_body.read_csv, max_rows=max_rows)
        self._formats = {JSON: _JSON, CSV: _BodyFormat(read_csv, csv_body.column_values)}

    def bind(self, parameters: RequestParameters) -> ReadRequest:
        """The reader of the body.

        Raises:
            UnsupportedMediaTypeError: For another media type than JSON and CSV, another charset than UTF-8, or another
                parameter of the media type.
        """
        body_format = self._formats.get(parameters.media_type)
        if body_format is None:
            raise UnsupportedMediaTypeError(f"send the body with the header Content-Type: {JSON} or {CSV}")
        _check_charset(parameters.headers.get("content-type", ""))

        def read(body: bytes, model: LoadedModel) -> _Request:
            return _Request(self._rows(body_format, body, model))

        return read

    def error_content(self, error: ApiError) -> bytes:
        """MLflow's error shape."""
        return errors.error_content(error)

    def operation(self, model: LoadedModel | None) -> dict[str, Any]:
        """Its OpenAPI operation."""
        return operation_of(model)

    def _rows(self, body_format: _BodyFormat, body: bytes, model: LoadedModel) -> list[Row]:
        if body_format is _JSON:
            decoder = table_decoder(model.schema, named=model.bundle.named)
            rows = None if decoder is None else decoder.rows(body)
            if rows and len(rows) <= self._max_rows:
                return rows
        table = body_format.read(body)
        if not table.count:
            raise errors.InvalidRequestError("the request has no rows")
        if table.count > self._max_rows:
            raise BodyTooLargeError(f"the request has more rows than the limit of {self._max_rows}")
        columns = model.bundle.columns
        found = table.values_of(columns, named=model.bundle.named)
        values = {
            column.name: body_format.values(column, found[column.name]) for column in columns if column.name in found
        }
        return _valid_rows(model, values, table.count)


def _valid_rows(model: LoadedModel, values: Mapping[str, Sequence[Any]], count: int) -> list[Row]:
    try:
        return model.schema.rows_of_columns(values, count)
    except InvalidRowError as error:
        raise errors.InvalidInputError(error.detail, error.fields) from None


def _check_charset(content_type: str) -> None:
    for parameter in content_type.split(";")[1:]:
        name, _, value = parameter.strip().lower().partition("=")
        if name != "charset" or value.strip('"') not in {"utf-8", "utf8"}:
            raise UnsupportedMediaTypeError("the only parameter of Content-Type that is understood is charset=utf-8")
