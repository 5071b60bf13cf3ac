"""Imports skops, and the modules of scikit-learn that a skops file names, and no others.

skops trusts every public estimator, and imports all modules of scikit-learn to list them: half a second, 15 MiB. Here
it is imported without that list; `src.service.flavors.sklearn.trusted_types` decides which types are trusted.
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
    """A block in which importing skops lists no estimators, so that skops itself trusts none."""
    import sklearn.utils  # noqa: PLC0415 - imported with the first model, not before

    original = sklearn.utils.all_estimators
    sklearn.utils.all_estimators = list
    try:
        yield
    finally:
        sklearn.utils.all_estimators = original


def import_modules_of(path: Path) -> None:
    """Import the modules of scikit-learn that a skops file names; no other module is imported."""
    with ZipFile(path) as file:
        names = {name.decode() for name in _MODULE.findall(file.read("schema.json"))}
    for name in sorted(names):
        if in_trusted_package(name):
            with suppress(ImportError):  # a module of another version: the audit reports it
                import_module(name)
