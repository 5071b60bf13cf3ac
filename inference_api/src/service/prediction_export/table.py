"""The columns of the table: those of a record, one for each input and one for each class.

Versions of a model may have different inputs: the table has all of them, and a record has nothing in those that its
version did not have.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from src.service.prediction_export.log_reader import Record

Kind = Literal["boolean", "integer", "number", "text", "moment"]

BEFORE: Final = ("time", "request_id", "row", "model", "model_version")
PREDICTION: Final = "prediction"
PROBABILITY: Final = "probability_"
PREFIX: Final = "record_"
_KINDS: Final[dict[str, Kind]] = {"time": "moment", "row": "integer"}
_ENCODE: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_INT64: Final = range(-(2**63), 2**63)
_EXACT_AS_NUMBER: Final = range(-(2**53), 2**53 + 1)


@dataclass(slots=True)
class _Values:
    """What was seen in a column.

    Attributes:
        types: Types of its values.
        integers_fit: Whether all its integers have 64 bits.
        integers_are_numbers: Whether all its integers are exact as a double.
    """

    types: set[type] = field(default_factory=set)
    integers_fit: bool = True
    integers_are_numbers: bool = True

    def add(self, value: Any) -> None:
        if value is None:
            return
        self.types.add(type(value))
        if type(value) is int:
            self.integers_fit &= value in _INT64
            self.integers_are_numbers &= value in _EXACT_AS_NUMBER

    def kind(self) -> Kind:
        if self.types == {bool}:
            return "boolean"
        if self.types == {int} and self.integers_fit:
            return "integer"
        if self.types in ({float}, {int, float}) and self.integers_are_numbers:
            return "number"
        return "text"


@dataclass(frozen=True, slots=True)
class Table:
    """The columns in their order.

    Attributes:
        kinds: The type of each column by its name.
        own: The columns of the record itself, each with the name that it has in the table.
        inputs: Names of the inputs.
        classes: Names of the classes, each with its column.
    """

    kinds: dict[str, Kind]
    own: dict[str, str]
    inputs: tuple[str, ...]
    classes: dict[str, str]

    @classmethod
    def of(cls, records: Iterable[Record]) -> tuple[Table, int]:
        """The table for these records, and their number."""
        inputs: dict[str, _Values] = {}
        classes: dict[str, _Values] = {}
        prediction = _Values()
        count = 0
        for count, record in enumerate(records, 1):  # noqa: B007 - the last number is their count
            prediction.add(record["prediction"])
            for values, found in ((inputs, record["inputs"]), (classes, record.get("probabilities", {}))):
                for name, value in found.items():
                    values.setdefault(name, _Values()).add(value)
        # An input keeps its name, with which a model can be trained.
        own = {name: _free(name, inputs) for name in (*BEFORE, PREDICTION)}
        of_classes = {name: _free(PROBABILITY + name, inputs) for name in classes}
        kinds: dict[str, Kind] = {own[name]: _KINDS.get(name, "text") for name in BEFORE}
        kinds |= {name: values.kind() for name, values in inputs.items()}
        kinds[own[PREDICTION]] = prediction.kind()
        kinds |= {of_classes[name]: values.kind() for name, values in classes.items()}
        return cls(kinds, own, tuple(inputs), of_classes), count

    def row(self, record: Record) -> list[Any]:
        """The values of a record in the order of the columns; None where it has none."""
        values, probabilities = record["inputs"], record.get("probabilities", {})
        return [
            *(record[name] for name in BEFORE),
            *(values.get(name) for name in self.inputs),
            record[PREDICTION],
            *(probabilities.get(name) for name in self.classes),
        ]


def as_text(value: Any) -> str:
    """A value of a text column: a text as it is, anything else as JSON, such as `[1.5,2.0]` for several outputs."""
    return value if isinstance(value, str) else _ENCODE(value)


def _free(name: str, taken: Iterable[str]) -> str:
    while name in taken:
        name = PREFIX + name
    return name
