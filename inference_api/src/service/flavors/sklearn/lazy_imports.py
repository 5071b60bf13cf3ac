"""Imports that scikit-learn and SciPy make for fitting and for DataFrames, put off until something needs them.

`import sklearn` brings statistics, optimizers, quadrature, a Fortran compiler's front end and, where it is installed,
pandas: half of its memory and of its time. Within `deferred_imports()` these modules are stand-ins, and so is what
other modules take from them by name; each becomes the real thing at its first use. Afterwards no stand-in is left
where imports look, so that whoever imports such a module later gets the real one.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any, Final

DEFERRED: Final = (
    "numpy.f2py",
    "pandas",
    "polars",
    "pyarrow",
    "scipy.integrate",
    "scipy.interpolate",
    "scipy.optimize",
    "scipy.stats",
)
_deferring: ContextVar[bool] = ContextVar("deferring", default=False)


@contextmanager
def deferred_imports() -> Iterator[None]:
    """Put off the imports of `DEFERRED` that this thread makes in the block."""
    finder = _Finder()
    sys.meta_path.insert(0, finder)
    token = _deferring.set(True)
    try:
        yield
    finally:
        _deferring.reset(token)
        sys.meta_path.remove(finder)
        _withdraw()


class _StandIn(ModuleType):
    """A module that is imported when one of its attributes is used."""

    def __getattr__(self, name: str) -> Any:
        """What another module takes by name while it is imported itself is put off too."""
        if not _deferring.get():
            return getattr(_real(self.__name__), name)
        if name.startswith("__"):  # the import system asks
            raise AttributeError(name)
        return _Later(self.__name__, name)


class _Later:
    """A function or class of a module that is not imported yet."""

    def __init__(self, module: str, name: str) -> None:
        self._module = module
        self._name = name

    def __call__(self, *args: Any, **values: Any) -> Any:
        return getattr(_real(self._module), self._name)(*args, **values)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # what Python and inspect look for in any object
            raise AttributeError(name)
        return getattr(getattr(_real(self._module), self._name), name)


class _Finder(MetaPathFinder, Loader):
    """Finds stand-ins, for modules that are installed."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, _target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """A stand-in for a deferred module or one inside it, unless that is imported already."""
        if not _deferring.get() or not _is_deferred(fullname):
            return None
        real = PathFinder.find_spec(fullname, path)
        if real is None:
            return None
        spec = ModuleSpec(fullname, self, is_package=True)
        spec.submodule_search_locations = real.submodule_search_locations or []
        return spec

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """An empty module."""
        return _StandIn(spec.name)

    def exec_module(self, _module: ModuleType) -> None:
        """Nothing: that is the point."""


def _is_deferred(name: str) -> bool:
    parent = sys.modules.get(name.rpartition(".")[0])
    return name in DEFERRED or isinstance(parent, _StandIn)


def _real(name: str) -> ModuleType:
    module = sys.modules.get(name)
    if module is not None and not isinstance(module, _StandIn):
        return module
    _withdraw()
    token = _deferring.set(False)
    try:
        return import_module(name)
    finally:
        _deferring.reset(token)


def _withdraw() -> None:
    """Take the stand-ins from where imports look; modules that hold one keep it."""
    for name, module in list(sys.modules.items()):
        if isinstance(module, _StandIn):
            sys.modules.pop(name, None)
            parent, _, child = name.rpartition(".")
            holder = vars(sys.modules[parent]) if parent in sys.modules else {}
            if holder.get(child) is module:
                del holder[child]
