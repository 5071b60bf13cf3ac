"""A CSV file as a dataset: read strictly, so that a damaged file is named instead of learnt from."""

import csv
import hashlib
import io
import logging
from collections import Counter
from pathlib import Path

import pandas as pd

from src.service.training.dataset import Dataset
from src.service.training.errors import TrainingError

_LOG = logging.getLogger("training")


def read_csv(path: Path, target: str, separator: str = ",") -> Dataset:
    """Read a UTF-8 CSV file with a header.

    Args:
        path: The file.
        target: The column to predict; rows without it are left out.
        separator: What stands between two values.

    Returns:
        The table, types as pandas finds them: integers, floats, booleans, text; empty values are missing.

    Raises:
        TrainingError: The file or the target is unusable; the message names what is wrong and where.
    """
    raw = _bytes(path)
    text = _text(path, raw)
    header = _checked_header(path, text, separator)
    frame = pd.read_csv(io.StringIO(text), sep=separator, index_col=False, low_memory=False)
    frame.columns = pd.Index(header)
    if "" in header:
        _LOG.info("the column without a name (a saved row index?) is left out")
        frame = frame.drop(columns="")
    if target not in frame.columns:
        names = ", ".join(repr(name) for name in frame.columns)
        hint = "" if len(header) > 1 else "; is another --separator needed?"
        raise TrainingError(f"{path} has no column {target!r} to predict; it has {names}{hint}")
    return _without_missing_targets(
        Dataset(
            name=path.stem,
            source=str(path),
            sha256=hashlib.sha256(raw).hexdigest(),
            features=frame.drop(columns=target),
            target=frame[target],
        ),
    )


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise TrainingError(f"{path} does not exist") from None
    except OSError as error:
        raise TrainingError(f"{path} cannot be read: {error.strerror}") from None


def _text(path: Path, raw: bytes) -> str:
    try:
        # Spreadsheets put a byte order mark first, which would become part of the first column's name.
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise TrainingError(f"{path} is not UTF-8 text (byte {error.start}): save it as CSV UTF-8") from None
    if not text.strip():
        raise TrainingError(f"{path} is empty")
    return text


def _checked_header(path: Path, text: str, separator: str) -> list[str]:
    """Return the column names, after checking every line against them: pandas shifts or pads odd lines silently."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        lines = (line for line in reader if line)
        header = next(lines)
        rows = 0
        for line in lines:
            rows += 1
            if len(line) != len(header):
                problem = f"line {reader.line_num} has {len(line)} values, but the header has {len(header)}"
                raise TrainingError(f"{path}: {problem}")
    except csv.Error as error:
        raise TrainingError(f"{path} is not a CSV file: line {reader.line_num}: {error}") from None
    repeated = [name for name, count in Counter(header).items() if count > 1]
    if repeated:
        raise TrainingError(f"{path} has more than one column named {', '.join(repr(name) for name in repeated)}")
    if not rows:
        raise TrainingError(f"{path} has a header but no rows")
    return header


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
        # Read again without the gaps, integers and booleans get their own type back.
        target=dataset.target[known].reset_index(drop=True).infer_objects(),
    )
