"""Validates request bodies against the model's signature: the result is rows, or an error that names the fields."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time
from functools import cached_property
from typing import Any, Final

from pydantic_core import CoreSchema, ErrorDetails, SchemaValidator, ValidationError, core_schema, to_json

from src.errors import BodyTooLargeError, FieldProblem, InvalidRowError, NotJsonError
from src.service.schema.array_parts import NotSplitError, array_parts
from src.service.schema.column import Column
from src.service.schema.json_encoding import MARK, has_mark, not_utf8
from src.service.schema.struct_decoder import as_tuple, struct_decoder

Row = tuple[Any, ...]
"""One value per column, in the signature's order; None is a missing value."""

MAX_PROBLEMS: Final = 20
MAX_NAME: Final = 100
MAX_REPORTED: Final = 10_000
LARGE_BODY: Final = 65_536
"""Bytes; larger bodies take milliseconds to read: in a thread, and validated in parts."""
PART_ROWS: Final = 256
_NOT_A_FIELD: Final = "is not a field of the model's signature"


class Schema:
    """The schema of one row, and of a batch of rows, of a model's input.

    Attributes:
        columns: The columns in the signature's order.
        example: One JSON object that the model accepts.
    """

    def __init__(self, columns: Sequence[Column], example: dict[str, Any]) -> None:
        """Compile the validators.

        Args:
            columns: The columns in the signature's order.
            example: One JSON object that the model accepts.
        """
        self.columns = tuple(columns)
        self.example = example
        self._names = [column.name for column in columns]
        self._datetimes = [index for index, column in enumerate(columns) if column.kind == "datetime"]
        row_schema = _object_schema(columns, Column.core_schema)
        self._row = SchemaValidator(row_schema)
        self._rows = SchemaValidator(core_schema.list_schema(row_schema, fail_fast=True))
        self._every_row = SchemaValidator(core_schema.list_schema(row_schema))
        self._structs = struct_decoder(columns)

    def row(self, body: bytes) -> Row:
        """Validate the body of a single prediction.

        Raises:
            NotJsonError: When it is not JSON.
            InvalidRowError: When it does not fit; names the fields.
        """
        row = None if self._structs is None else self._structs.row(body)
        return self._validated_row(body) if row is None else row

    def rows(self, body: bytes, limit: int) -> list[Row]:
        """Validate the body of a batch.

        Args:
            body: A JSON array of objects.
            limit: The most rows accepted.

        Raises:
            NotJsonError: When it is not JSON.
            InvalidRowError: When a row does not fit; names the fields with the row's index.
            BodyTooLargeError: When there are too many rows.
        """
        structs = None if self._structs is None else self._structs.structs(body)
        values, convert = (self._validated_rows(body), self._tuple) if structs is None else (structs, as_tuple)
        if len(values) > limit:
            raise BodyTooLargeError(f"the batch has {len(values)} rows; the limit is {limit}")
        return list(map(convert, values))

    def rows_of_columns(self, values: Mapping[str, Sequence[Any]], count: int) -> list[Row]:
        """Validate values that come column by column, by the rules for the values of a JSON body.

        Args:
            values: The values of each column that is there; None is a missing value, a datetime is a text in ISO 8601.
            count: Number of rows, which is the length of each column.

        Raises:
            InvalidRowError: When a column is unknown or missing, or a value does not fit; names the fields with the
                row's index.
        """
        problems = [
            FieldProblem(_field((name,)), _NOT_A_FIELD) for name in values if name not in self._column_validators
        ]
        found: list[Sequence[Any]] = []
        for column in self.columns:
            given = values.get(column.name)
            if given is None:
                if column.required:
                    problems.append(FieldProblem(_field((column.name,)), "Field required"))
                found.append([None] * count)
                continue
            try:
                found.append(self._column(column, given))
            except ValidationError as error:
                problems += [
                    FieldProblem(_field((*detail["loc"][:1], column.name)), detail["msg"])
                    for detail in error.errors(include_url=False, include_context=False, include_input=False)
                ]
            if len(problems) >= MAX_PROBLEMS:
                break
        if problems:
            raise _not_fitting(problems)
        return list(zip(*found, strict=True)) if found else [()] * count

    def rows_of(self, values: Iterable[dict[str, Any]]) -> list[Row]:
        """Validate parsed objects, such as an input example.

        Raises:
            pydantic_core.ValidationError: When one does not fit.
        """
        return [self._tuple(self._row.validate_json(to_json(value))) for value in values]

    def fits(self, value: dict[str, Any]) -> bool:
        """Whether a parsed object is a valid row."""
        try:
            self.rows_of([value])
        except (ValidationError, ValueError):  # ValueError: it is not serializable to JSON
            return False
        return True

    @cached_property
    def json_schema(self) -> dict[str, Any]:
        """JSON Schema of one row, with the example."""
        from pydantic.json_schema import GenerateJsonSchema  # noqa: PLC0415 - the fetch process does not need pydantic

        schema = GenerateJsonSchema().generate(_object_schema(self.columns, Column.documented_schema))
        for column in schema["properties"].values():
            column.pop("title", None)  # pydantic's title is the name in another letter case
        return {**schema, "title": "Row", "example": self.example}

    @cached_property
    def _column_validators(self) -> dict[str, SchemaValidator]:
        """For each column, the validator of a list of its values; the first problem of a column is enough."""
        return {
            column.name: SchemaValidator(core_schema.list_schema(column.core_schema(), fail_fast=True))
            for column in self.columns
        }

    def _column(self, column: Column, values: Sequence[Any]) -> Sequence[Any]:
        validator = self._column_validators[column.name]
        if column.kind != "datetime":
            checked: list[Any] = validator.validate_python(values)
            return checked
        return [_naive_utc(moment) for moment in validator.validate_json(to_json(values))]

    def _validated_row(self, body: bytes) -> Row:
        try:
            values = self._row.validate_json(body)
        except ValidationError as error:
            if has_mark(body):
                return self.row(body[len(MARK) :])
            expected = "a JSON object with the fields of the model's signature"
            raise _as_api_error(error, expected, body) from None
        return self._tuple(values)

    def _validated_rows(self, body: bytes) -> list[dict[str, Any]]:
        try:
            return self._in_parts(body) if len(body) > LARGE_BODY else self._rows.validate_json(body)
        except ValidationError as error:
            if has_mark(body):
                return self._validated_rows(body[len(MARK) :])
            raise _as_api_error(self._all_problems(body, error), "a JSON array of objects", body) from None

    def _in_parts(self, body: bytes) -> list[dict[str, Any]]:
        """As one call for the whole body, during which no other thread could run."""
        try:
            return [values for part in array_parts(body, PART_ROWS) for values in self._rows.validate_json(part)]
        except (NotSplitError, ValidationError):  # the error is worded for the whole body
            return self._rows.validate_json(body)  # type: ignore[no-any-return]  # pydantic-core types it so

    def _all_problems(self, body: bytes, first: ValidationError) -> ValidationError:
        """The problems of all rows when there cannot be many, else of the first invalid row.

        To list the problems of a megabyte of empty objects takes seconds, during which all requests wait.
        """
        if (body.count(b",") + 1) * (len(self.columns) + 1) <= MAX_REPORTED:
            try:
                self._every_row.validate_json(body)
            except ValidationError as error:
                return error
        return first

    def _tuple(self, values: dict[str, Any]) -> Row:
        if len(values) == len(self._names) and not self._datetimes:
            return tuple([values[name] for name in self._names])
        row = [values.get(name) for name in self._names]
        for index in self._datetimes:
            row[index] = _naive_utc(row[index])
        return tuple(row)


def _object_schema(columns: Sequence[Column], value: Callable[[Column], CoreSchema]) -> CoreSchema:
    """The schema of a JSON object; a typed dict allows any key: spaces, accents, keywords, names used by pydantic."""
    fields = {column.name: core_schema.typed_dict_field(value(column), required=column.required) for column in columns}
    return core_schema.typed_dict_schema(fields, extra_behavior="forbid")


def _naive_utc(moment: date | None) -> datetime | None:
    """A datetime in UTC without time zone, as in MLflow's datetime columns; a date is converted to its midnight."""
    if moment is None:
        return None
    if not isinstance(moment, datetime):
        return datetime.combine(moment, time())
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment


def _as_api_error(error: ValidationError, expected: str, body: bytes) -> NotJsonError | InvalidRowError:
    details = error.errors(include_url=False, include_context=True, include_input=False)
    if details[0]["type"] == "json_invalid":
        problem = not_utf8(body) or f"is not JSON: {details[0].get('ctx', {}).get('error', 'unreadable')}"
        return NotJsonError(f"the body {problem}")
    problems = [FieldProblem(_field(detail["loc"]), _problem(detail, expected)) for detail in details[:MAX_PROBLEMS]]
    return _not_fitting(problems, len(details))


def _not_fitting(problems: Sequence[FieldProblem], count: int = 0) -> InvalidRowError:
    shown = tuple(problems[:MAX_PROBLEMS])
    left_out = max(count, len(problems)) - len(shown)
    names = ", ".join(problem.field for problem in shown)
    more = f" and {left_out} more" if left_out else ""
    return InvalidRowError(f"the input does not fit the model's signature: {names}{more}", shown)


def _field(location: tuple[int | str, ...]) -> str:
    """`name` for a single row, `[3].name` for row 3 of a batch, `body` for the whole body."""
    place = f"[{location[0]}]" if location and isinstance(location[0], int) else ""
    names = [str(part)[:MAX_NAME] or '""' for part in location[1 if place else 0 :][:1]]
    return ".".join([part for part in (place, *names) if part]) or "body"


def _problem(detail: ErrorDetails, expected: str) -> str:
    if detail["type"] in {"dict_type", "list_type"}:
        return "must be a JSON object" if detail["loc"] else f"must be {expected}"
    if detail["type"] == "extra_forbidden":
        return _NOT_A_FIELD
    return detail["msg"]
