"""The format of requests and responses of each server."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

Rows = Sequence[Sequence[Any]]
Encode = Callable[[Sequence[str], Rows], Any]
Decode = Callable[[Any], list[Any]]


@dataclass(frozen=True, slots=True)
class RequestFormat:
    """A format of requests and responses.

    Attributes:
        path: The path of the endpoint; `{model}` is the model's name.
        encode: Converts columns and rows to the JSON value to send.
        decode: Converts the JSON value of a response to predictions.
    """

    path: str
    encode: Encode
    decode: Decode

    def path_of(self, model: str) -> str:
        """The path for a model."""
        return self.path.replace("{model}", model)

    def body(self, columns: Sequence[str], rows: Rows) -> str:
        """The request's body, on one line."""
        return json.dumps(self.encode(columns, rows))

    def predictions(self, body: bytes) -> list[Any]:
        """The predictions in a response's body."""
        return self.decode(json.loads(body))


def _record(columns: Sequence[str], rows: Rows) -> dict[str, Any]:
    return dict(zip(columns, rows[0], strict=True))


def _records(columns: Sequence[str], rows: Rows) -> list[dict[str, Any]]:
    return [dict(zip(columns, row, strict=True)) for row in rows]


def _split(columns: Sequence[str], rows: Rows) -> dict[str, Any]:
    return {"dataframe_split": {"columns": columns, "data": rows}}


def _v2(columns: Sequence[str], rows: Rows) -> dict[str, Any]:
    if not any(isinstance(value, str) for value in rows[0]):
        flat = [value for row in rows for value in row]
        shape = [len(rows), len(columns)]
        return {"inputs": [{"name": "rows", "shape": shape, "datatype": "FP64", "data": flat}]}
    inputs = [_v2_column(name, [row[position] for row in rows]) for position, name in enumerate(columns)]
    return {"parameters": {"content_type": "pd"}, "inputs": inputs}


def _v2_column(name: str, values: list[Any]) -> dict[str, Any]:
    column = {"name": name, "shape": [len(values), 1], "data": values}
    if isinstance(values[0], str):
        return column | {"datatype": "BYTES", "parameters": {"content_type": "str"}}
    return column | {"datatype": "FP64"}


OURS = RequestFormat("/predict", _record, lambda answer: [answer["prediction"]])
OURS_BATCH = RequestFormat("/predict/batch", _records, lambda answer: list(answer["predictions"]))
MLFLOW = RequestFormat("/invocations", _split, lambda answer: list(answer["predictions"]))
V2 = RequestFormat("/v2/models/{model}/infer", _v2, lambda answer: list(answer["outputs"][0]["data"]))
BENTO = RequestFormat("/predict", lambda _columns, rows: {"rows": rows}, list)
