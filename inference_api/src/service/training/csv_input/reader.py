"""Read a CSV file as a dataset: its format is detected and logged; an error names what is wrong, and where."""

import hashlib
import logging
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

import pandas as pd

from src.service.training.csv_input.column_texts import TypedColumn
from src.service.training.csv_input.column_types import read_columns
from src.service.training.csv_input.csv_options import CsvOptions
from src.service.training.csv_input.number_columns import usual_decimal
from src.service.training.csv_input.records import Records, plain_name, read_records
from src.service.training.csv_input.text_encoding import decode
from src.service.training.dataset import Dataset
from src.service.training.errors import TrainingError

_LOG = logging.getLogger("training")

_PLURALS: Final = {
    "number": "numbers",
    "integer": "integers",
    "boolean": "booleans",
    "date": "dates",
    "category": "categories",
}


def read_csv(path: Path, target: str, options: CsvOptions | None = None) -> Dataset:
    """Read a CSV file with a header.

    Args:
        path: The file.
        target: The column to predict; rows without it are left out.
        options: What the caller says about the file; the rest is detected.

    Returns:
        The table: float64 for numbers, int64 for columns of `--integer`, booleans, text, datetime64[ns] for dates.

    Raises:
        TrainingError: The file, an option or the target is unusable; the message names what is wrong and where.
    """
    options = options or CsvOptions()
    options = replace(options, columns={plain_name(name): option for name, option in options.columns.items()})
    target = plain_name(target)
    try:
        content = _content(path)
        text, encoding = decode(path, content, options.encoding)
        records = read_records(path, text, target, options.separator)
        _check_names(path, records, options, target)
        columns = {
            name: cells
            for name, cells in zip(records.names, records.columns, strict=True)
            if name and options.columns.get(name) != "ignore"
        }
        typed = read_columns(columns, records.lines, options, target, records.separator)
    except MemoryError:
        raise TrainingError(f"{path} is too large for the memory: use a part of its rows") from None
    _log_format(records, typed, encoding, options)
    frame = pd.DataFrame({name: column.data for name, column in typed.items()})
    return _without_missing_targets(
        Dataset(
            name=path.stem,
            source=str(path),
            sha256=hashlib.sha256(content).hexdigest(),
            features=frame.drop(columns=target),
            target=frame[target],
            missing_markers={name: column.missing_markers for name, column in typed.items() if column.missing_markers},
        ),
    )


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise TrainingError(f"{path} does not exist") from None
    except OSError as error:
        raise TrainingError(f"{path} cannot be read: {error.strerror}") from None


def _check_names(path: Path, records: Records, options: CsvOptions, target: str) -> None:
    for name, option in options.columns.items():
        if name not in records.names or not name:
            shown = ", ".join(repr(known) for known in records.names if known)
            raise TrainingError(f"--{option} {name}: {path} has no such column; it has {shown}")
    target_option = options.columns.get(target)
    if target_option in {"date", "ignore"}:
        raise TrainingError(f"--{target_option} {target}: it is the column to predict")


def _log_format(records: Records, typed: Mapping[str, TypedColumn], encoding: str, options: CsvOptions) -> None:
    """Log the format of the whole file, after the messages about single columns."""
    for note in records.notes:
        _LOG.info("%s", note)
    nameless = [cells for name, cells in zip(records.names, records.columns, strict=True) if not name]
    if any(any(cells) for cells in nameless):
        _LOG.info("the column without a name (a saved row index?) is left out")
    ignored = [name for name, option in options.columns.items() if option == "ignore"]
    if ignored:
        _LOG.info("left out as asked: %s", ", ".join(map(repr, ignored)))
    formats = {name: column.number_format for name, column in typed.items() if column.number_format}
    decimals = Counter(number_format.decimal for number_format in formats.values())
    decimal = options.decimal or (decimals.most_common(1)[0][0] if decimals else usual_decimal(records.separator))
    thousands = [mark for mark in dict.fromkeys(number_format.thousands for number_format in formats.values()) if mark]
    for name, number_format in formats.items():
        if number_format.decimal != decimal:
            _LOG.warning("column %r has decimal %r, unlike the others", name, number_format.decimal)
    kinds = Counter(column.kind for column in typed.values())
    kind_counts = [
        f"{kinds[kind]} {kind if kinds[kind] == 1 else plural}" for kind, plural in _PLURALS.items() if kinds[kind]
    ]
    markers: Counter[str] = Counter()
    for column in typed.values():
        markers.update(column.missing_markers)
    parts = [
        f"separator {records.separator!r}",
        f"decimal {decimal!r}",
        *(f"thousands {mark!r}" for mark in thousands),
        f"{len(records.lines)} rows",
        *kind_counts,
        f"encoding {encoding}",
    ]
    if markers:
        parts.append(f"gaps written {', '.join(f'{text!r} ({count})' for text, count in markers.most_common(10))}")
    _LOG.info("read as: %s", ", ".join(parts))


def _without_missing_targets(dataset: Dataset) -> Dataset:
    present = dataset.target.notna()
    if present.all():
        return dataset
    left_out = int((~present).sum())
    _LOG.warning("%d of %d rows have no value in %r and are left out", left_out, len(present), dataset.target.name)
    return replace(
        dataset,
        features=dataset.features[present].reset_index(drop=True),
        # Without missing values, booleans get the boolean type back.
        target=dataset.target[present].reset_index(drop=True).infer_objects(),
        rows_left_out=left_out,
    )
