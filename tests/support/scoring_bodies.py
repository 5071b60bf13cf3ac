"""The same rows in every form of MLflow's scoring protocol, and inputs that are wrong."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd

JSON, CSV = "application/json", "text/csv"


@dataclass(frozen=True)
class Body:
    """A request's body.

    Attributes:
        form: For messages.
        content: The bytes.
        media_type: The header Content-Type.
    """

    form: str
    content: bytes
    media_type: str = JSON


def every_form(data: Any) -> Iterator[Body]:
    """A DataFrame's or an array's rows in each form that MLflow has for it."""
    frame = data if isinstance(data, pd.DataFrame) else pd.DataFrame(data)
    names = [name if isinstance(name, int) else str(name) for name in frame.columns]
    rows = [[_plain(value) for value in row] for row in frame.itertuples(index=False)]
    records = [dict(zip(map(str, names), row, strict=True)) for row in rows]
    yield _body("split", {"dataframe_split": {"columns": names, "data": rows}})
    yield _body("split, index", {"dataframe_split": {"index": list(range(len(rows))), "columns": names, "data": rows}})
    yield _body("records", {"dataframe_records": records})
    yield Body("csv", frame.to_csv(index=False).encode(), CSV)
    yield Body("csv, index", frame.to_csv().encode(), CSV)
    if isinstance(data, pd.DataFrame):
        turned = {"columns": [*names[::-1], "other"], "data": [[*row[::-1], "x"] for row in rows]}
        yield _body("split, other order, another column", {"dataframe_split": turned})
        columns = {str(name): [row[place] for row in rows] for place, name in enumerate(names)}
        yield _body("inputs by column", {"inputs": columns})
        yield _body("instances by column", {"instances": columns})
        yield _body("instances by row", {"instances": records})
        yield _body("inputs by row", {"inputs": records})
        yield _body("inputs, one row", {"inputs": records[0]})
    else:
        yield _body("inputs", {"inputs": data.tolist()})
        yield _body("instances", {"instances": data.tolist()})


def with_texts(data: Any) -> Any:
    """The rows without missing texts.

    Of a null among texts MLflow's server makes NaN, or None, or the text None, after the form and the other rows.
    """
    if not isinstance(data, pd.DataFrame):
        return data
    texts = [name for name, dtype in data.dtypes.items() if dtype.kind not in "fiubM"]
    return data.dropna(subset=texts)


def _body(form: str, content: dict[str, Any]) -> Body:
    return Body(form, json.dumps(content).encode())


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):  # pandas' NaT as well, which MLflow's client writes as the text NaT
        return value.isoformat()
    return value.item() if isinstance(value, np.generic) else value


@dataclass(frozen=True)
class Wrong:
    """An input that one of both servers refuses, or both.

    Attributes:
        body: The request's body.
        difference: Empty when both refuse it; else which one does not, and why.
    """

    body: Body
    difference: str = ""


STRICTER = "MLflow answers: "
MORE_LENIENT = "this service answers: "


def _value(column: str, value: str, difference: str = "") -> Wrong:
    """A row of the model with columns of every type, with one value replaced by a JSON text."""
    row = {"colour": '"red"', "size": "1.5", "when": '"2024-01-01T00:00:00"', "big": "true", "n": "1", column: value}
    content = _table(f'"columns":{json.dumps(list(row))},"data":[[{",".join(row.values())}]]')
    return Wrong(Body(f"{column} is {value}", content.encode()), difference)


def _table(fields: str, more: str = "") -> str:
    """The text of `dataframe_split` with these fields, and of what else the body has."""
    return '{"dataframe_split":{' + fields + "}" + more + "}"


def _text(content: str, difference: str = "", media_type: str = JSON, encoding: str = "utf-8") -> Wrong:
    return Wrong(Body(f"{media_type} {content}", content.encode(encoding), media_type), difference)


_NAMES = '"columns":["feature1","feature2","feature3"]'
_ROW = _NAMES + ',"data":[[1,2,3]]'
_HEADER = "feature1,feature2,feature3\n"

WRONG: dict[str, list[Wrong]] = {
    "strings, datetimes, missing values": [
        _value("size", '"x"'),
        _value("size", "[1]"),
        _value("size", '{"x":1}'),
        _value("size", "Infinity"),
        _value("size", '"1.5"', STRICTER + "it reads the number in a text"),
        _value("size", "true", STRICTER + "it takes true for 1"),
        _value("n", "null"),
        _value("n", '"x"'),
        _value("n", "1.5", STRICTER + "it cuts off the fraction"),
        _value("n", "1e30", STRICTER + "it takes another number that fits"),
        _value("n", "true", STRICTER + "it takes true for 1"),
        _value("big", "null", STRICTER + "it takes null for false"),
        _value("big", "1", STRICTER + "it takes every number but 0 for true"),
        _value("big", '"false"', STRICTER + "it takes every text for true"),
        _value("when", '"x"'),
        _value("when", "true"),
        _value("when", "5", STRICTER + "it takes a number for nanoseconds since 1970"),
        _value("when", '"01/02/2024"', STRICTER + "it guesses that the month comes first"),
        _value("when", "null", STRICTER + "it lets the model decide what a missing value is in a required column"),
        _value("when", '"2024-01-01T00:00:00Z"', MORE_LENIENT + "a time zone is converted to UTC"),
        _value("colour", "5", STRICTER + "the model gets a number in a column of texts"),
        _text('{"dataframe_records":[{"colour":"red","size":1.5,"when":"2024-01-01","big":true}]}'),
    ],
    "double": [
        *(_text(text) for text in ("", "x", "null", "[]", "[[1,2,3]]", "{}", "{" + _ROW + "}")),
        _text('{"dataframe_split":[]}'),
        _text(_table(_NAMES)),
        _text(_table(_NAMES + ',"data":[]')),
        _text(_table(_NAMES + ',"data":[[1,2]]')),
        _text(_table(_NAMES + ',"data":[[1,2,3,4]]')),
        _text(_table(_NAMES + ',"data":[[1,2,3],[4]]')),
        _text(_table(_NAMES + ',"data":[[1,2,null]]')),
        _text(_table(_NAMES + ',"data":[[1,2,3]],"dtypes":[]')),
        _text(_table(_NAMES + ',"index":[],"data":[[1,2,3]]')),
        _text('{"dataframe_split":{"data":[[1,2,3]]}}'),
        _text('{"dataframe_split":{"columns":["feature1","feature1","feature3"],"data":[[1,2,3]]}}'),
        _text('{"dataframe_records":{"feature1":1,"feature2":2,"feature3":3}}'),
        _text('{"dataframe_records":[]}'),
        _text('{"dataframe_records":[{"feature1":1,"feature2":2,"feature3":3},null]}'),
        _text('{"dataframe_records":[{"feature1":1,"feature2":2}]}'),
        _text('{"instances":[[1,2,3]]}'),
        _text('{"instances":[]}'),
        _text('{"inputs":[[1,2,3]]}'),
        _text('{"inputs":5}'),
        _text('{"inputs":{"feature1":[1,2],"feature2":[1,2],"feature3":[1]}}'),
        _text('{"inputs":{"feature1":[[1]],"feature2":[[1]],"feature3":[[1]]}}'),
        _text(_table(_ROW, ',"instances":[]')),
        _text(_table(_ROW, ',"params":{"k":1}'), STRICTER + "it leaves parameters out that the model does not have"),
        _text(_table(_ROW, ',"input":1'), MORE_LENIENT + "MLflow takes the body for one of a language model"),
        _text('{"inputs":{"feature1":[1,2],"feature2":[1,2],"feature3":1}}', STRICTER + "it repeats the plain value"),
        _text(_table(_NAMES + ',"index":[0,1],"data":[[1,2,3]]'), STRICTER + "it repeats the only row"),
        _text(_table(_ROW), STRICTER + "it reads UTF-16", encoding="utf-16"),
        _text(_table(_ROW), media_type="text/plain"),
        _text(_table(_ROW), media_type="application/json; charset=latin-1"),
        _text(_table(_ROW), media_type="application/json; format=pandas-split"),
        _text("", media_type=CSV),
        _text(_HEADER, media_type=CSV),
        _text(_HEADER + "1,2,x\n", media_type=CSV),
        _text(_HEADER + "1,2\n", media_type=CSV),
        _text(_HEADER + '1,2,"3\n', media_type=CSV),
        _text("feature1,feature2\n1,2\n", media_type=CSV),
        _text("feature1;feature2;feature3\n1;2;3\n", media_type=CSV),
        _text(_HEADER + "1,2,3,4\n", STRICTER + "it takes the first value for a label of the row", CSV),
    ],
    "tensor of doubles": [
        _text('{"inputs":[[1,2,3]]}'),
        _text('{"inputs":[1,2,3,4]}'),
        _text('{"inputs":[[[1,2,3,4]]]}'),
        _text('{"inputs":[[1,2,3,4],[5]]}'),
        _text('{"inputs":[[1,2,3,null]]}'),
        _text('{"inputs":{"feature1":[1],"feature2":[2],"feature3":[3],"feature4":[4]}}'),
        _text('{"instances":[{"feature1":1,"feature2":2,"feature3":3,"feature4":4}]}'),
        _text('{"dataframe_split":{"columns":["a","b","c","d","e"],"data":[[1,2,3,4,5]]}}'),
        _text('{"inputs":[["1","2","3","4"]]}', STRICTER + "it reads the number in a text"),
        _text(
            '{"dataframe_split":{"columns":["feature2","feature1","feature3","feature4"],"data":[[1,2,3,4]]}}',
            STRICTER + "it takes the columns of a model without names in the order in which they come",
        ),
        _text("a,b,c,d\n1,2,3,4\n", MORE_LENIENT + "the columns are taken in their order", CSV),
    ],
}
