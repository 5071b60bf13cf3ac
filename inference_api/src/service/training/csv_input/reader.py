"""A CSV file as a dataset: what it is written like is found and said, and what is damaged is named."""

import hashlib
import logging
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pandas as pd

from src.service.training.csv_input.column_types import ReadColumn, read_columns, usual_decimal
from src.service.training.csv_input.options import CsvOptions
from src.service.training.csv_input.records import Records, plain_name, read_records
from src.service.training.csv_input.text_encoding import decode
from src.service.training.dataset import Dataset
from src.service.training.errors import TrainingError

_LOG = logging.getLogger("training")

_PLURALS = {
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
        options: What the caller decides about the file; the rest is found.

    Returns:
        The table: float64 for numbers, int64 where asked for, booleans, text, dates; missing values are missing.

    Raises:
        TrainingError: The file, an option or the target is unusable; the message names what is wrong and where.
    """
    options = _with_plain_names(options or CsvOptions())
    target = plain_name(target)
    try:
        raw = _bytes(path)
        text, encoding = decode(path, raw, options.encoding)
        records = read_records(path, text, target, options.separator)
        _check_names(path, records, options, target)
        named = {name: cells for name, cells in zip(records.names, records.columns, strict=True) if name}
        kept = {name: cells for name, cells in named.items() if name not in options.ignore}
        read = read_columns(kept, records.lines, options, target, records.separator)
    except MemoryError:
        raise TrainingError(f"{path} is too large for the memory: use a part of its rows") from None
    _tell(records, read, encoding, options)
    frame = pd.DataFrame({name: column.data for name, column in read.items()})
    return _without_missing_targets(
        Dataset(
            name=path.stem,
            source=str(path),
            sha256=hashlib.sha256(raw).hexdigest(),
            features=frame.drop(columns=target),
            target=frame[target],
            marks={name: column.marks for name, column in read.items() if column.marks},
        ),
    )


def _with_plain_names(options: CsvOptions) -> CsvOptions:
    """The names as the header has them, once it is read."""
    text, number, integer, date, ignore = (
        tuple(map(plain_name, names))
        for names in (options.text, options.number, options.integer, options.date, options.ignore)
    )
    return replace(options, text=text, number=number, integer=integer, date=date, ignore=ignore)


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise TrainingError(f"{path} does not exist") from None
    except OSError as error:
        raise TrainingError(f"{path} cannot be read: {error.strerror}") from None


def _check_names(path: Path, records: Records, options: CsvOptions, target: str) -> None:
    for option in ("text", "number", "integer", "date", "ignore"):
        for name in getattr(options, option):
            if name not in records.names or not name:
                shown = ", ".join(repr(known) for known in records.names if known)
                raise TrainingError(f"--{option} {name}: {path} has no such column; it has {shown}")
    for option in ("date", "ignore"):
        if target in getattr(options, option):
            raise TrainingError(f"--{option} {target}: it is the column to predict")


def _tell(records: Records, read: Mapping[str, ReadColumn], encoding: str, options: CsvOptions) -> None:
    """One line for the whole file; what is said of single columns stands before it."""
    for note in records.notes:
        _LOG.info("%s", note)
    nameless = [cells for name, cells in zip(records.names, records.columns, strict=True) if not name]
    if any(any(cells) for cells in nameless):
        _LOG.info("the column without a name (a saved row index?) is left out")
    if options.ignore:
        _LOG.info("left out as asked: %s", ", ".join(repr(name) for name in dict.fromkeys(options.ignore)))
    forms = [column.number_format for column in read.values() if column.number_format]
    decimals = Counter(form.decimal for form in forms)
    decimal = options.decimal or (decimals.most_common(1)[0][0] if decimals else usual_decimal(records.separator))
    thousands = [mark for mark in dict.fromkeys(form.thousands for form in forms) if mark]
    for name, column in read.items():
        form = column.number_format
        if form and form.decimal != decimal:
            _LOG.warning("column %r has decimal %r, unlike the others", name, form.decimal)
    kinds = Counter(column.kind for column in read.values())
    counted = [
        f"{kinds[kind]} {kind if kinds[kind] == 1 else plural}" for kind, plural in _PLURALS.items() if kinds[kind]
    ]
    marks: Counter[str] = Counter()
    for column in read.values():
        marks.update(column.marks)
    parts = [
        f"separator {records.separator!r}",
        f"decimal {decimal!r}",
        *(f"thousands {mark!r}" for mark in thousands),
        f"{len(records.lines)} rows",
        *counted,
        f"encoding {encoding}",
        *(
            [f"gaps written {', '.join(f'{mark!r} ({count})' for mark, count in marks.most_common(10))}"]
            if marks
            else []
        ),
    ]
    _LOG.info("read as: %s", ", ".join(parts))


def _without_missing_targets(dataset: Dataset) -> Dataset:
    known = dataset.target.notna()
    if known.all():
        return dataset
    _LOG.warning(
        "%d of %d rows have no value in %r and are left out",
        (~known).sum(),
        len(known),
        dataset.target.name,
    )
    return Dataset(
        name=dataset.name,
        source=dataset.source,
        sha256=dataset.sha256,
        features=dataset.features[known].reset_index(drop=True),
        # Without the gaps, booleans get their own type back.
        target=dataset.target[known].reset_index(drop=True).infer_objects(),
        marks=dataset.marks,
        rows_left_out=int((~known).sum()),
    )
