"""The estimators of scikit-learn that a skops file names, found without importing all of scikit-learn.

skops trusts every public estimator, and imports every module of scikit-learn to know them: half a second, 15 MiB. Here
only what the file names is imported, by the same rule as `sklearn.utils.all_estimators`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from inspect import isabstract, isclass
from pathlib import Path
from typing import Final
from zipfile import ZipFile

_MODULE: Final = re.compile(rb'"__module__": *"(sklearn\.[\w.]+)"')
# Parts of scikit-learn that are no estimators, and would import what is not installed.
_OTHER_PARTS: Final = frozenset({"tests", "externals", "setup", "conftest", "experimental", "estimator_checks"})


@contextmanager
def no_survey() -> Iterator[None]:
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
        names = set(_MODULE.findall(file.read("schema.json")))
    for name in sorted(names):
        if _OTHER_PARTS.isdisjoint(name.decode().split(".")):
            with suppress(ImportError):  # of another version of scikit-learn: skops says what it misses
                import_module(name.decode())


def estimators_among(names: Iterable[str]) -> set[str]:
    """Those names that are of a public estimator of scikit-learn."""
    return {name for name in names if name.startswith("sklearn.") and _is_estimator(name)}


def _is_estimator(name: str) -> bool:
    from sklearn.base import BaseEstimator  # noqa: PLC0415 - as above

    module, _, kind = name.rpartition(".")
    public = module.partition("._")[0]
    if kind.startswith("_") or not _OTHER_PARTS.isdisjoint(public.split(".")):
        return False
    try:
        found = getattr(import_module(public), kind, None)
    except ImportError:
        return False
    return (
        isclass(found)
        and issubclass(found, BaseEstimator)
        and found is not BaseEstimator
        and not isabstract(found)
        and f"{found.__module__}.{found.__qualname__}" == name
    )
