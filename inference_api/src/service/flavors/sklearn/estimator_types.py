"""What skops and a skops file import of scikit-learn: only the modules that the file names.

skops trusts every public estimator, and imports every module of scikit-learn to know them: half a second, 15 MiB. Here
it is imported without, and the types of a file are judged by `src.service.flavors.sklearn.trusted_types`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from pathlib import Path
from typing import Final
from zipfile import ZipFile

from src.service.flavors.sklearn.trusted_types import in_trusted_package

_MODULE: Final = re.compile(rb'"__module__": *"(sklearn\.[\w.]+)"')


@contextmanager
def without_estimator_scan() -> Iterator[None]:
    """In this block skops is imported without its survey: it trusts no estimator by itself then."""
    import sklearn.utils  # noqa: PLC0415 - scikit-learn comes with the first model, not before

    survey = sklearn.utils.all_estimators
    sklearn.utils.all_estimators = list
    try:
        yield
    finally:
        sklearn.utils.all_estimators = survey


def import_modules_of(path: Path) -> None:
    """Import the modules of scikit-learn that a skops file names; none of them is the file's own code."""
    with ZipFile(path) as file:
        names = {name.decode() for name in _MODULE.findall(file.read("schema.json"))}
    for name in sorted(names):
        if in_trusted_package(name):
            with suppress(ImportError):  # of another version of scikit-learn: the audit says what it misses
                import_module(name)
