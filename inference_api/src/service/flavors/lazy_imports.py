"""Defers imports of the model libraries and SciPy that are needed only for fitting and for DataFrames.

`import sklearn`, which XGBoost and LightGBM do as well, imports statistics, optimizers, quadrature, the front end of a
Fortran compiler and, if installed, pandas: half of its memory and time. Within `deferred_imports()` these modules are
replaced by lazy modules, and names imported from them by lazy attributes; both import the real module at their first
use. Afterwards no lazy module is left in `sys.modules`, so that later imports get the real one.
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
_lazy_modules: Final[list[ModuleType]] = []
"""Those in `sys.modules`, in which a search would cost milliseconds."""


@contextmanager
def deferred_imports() -> Iterator[None]:
    """Defer the imports of `DEFERRED` that this thread makes in the block."""
    finder = _Finder()
    sys.meta_path.insert(0, finder)
    token = _deferring.set(True)
    try:
        yield
    finally:
        _deferring.reset(token)
        sys.meta_path.remove(finder)
        _remove_lazy_modules()


class _LazyModule(ModuleType):
    """A module that is imported when one of its attributes is used."""

    def __getattr__(self, name: str) -> Any:
        """The real attribute, or a lazy one while imports are deferred."""
        if not _deferring.get():
            return getattr(_import_real(self.__name__), name)
        if name.startswith("__"):  # the import system looks these up
            raise AttributeError(name)
        return _LazyAttribute(self.__name__, name)


class _LazyAttribute:
    """A function or class of a lazy module."""

    def __init__(self, module: str, name: str) -> None:
        self._module = module
        self._name = name

    def __call__(self, *args: Any, **values: Any) -> Any:
        return getattr(_import_real(self._module), self._name)(*args, **values)

    def __instancecheck__(self, instance: object) -> bool:
        """Whether an object is of the class; there are none before the module is imported."""
        module = sys.modules.get(self._module)
        return not isinstance(module, _LazyModule | None) and isinstance(instance, getattr(module, self._name, ()))

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # Python and inspect look these up in any object
            raise AttributeError(name)
        return getattr(getattr(_import_real(self._module), self._name), name)


class _Finder(MetaPathFinder, Loader):
    """Finds lazy modules in place of installed ones."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, _target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The spec of a lazy module, for a deferred module or one of its submodules."""
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
        return _LazyModule(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """Execute nothing: the real module is imported later."""
        _lazy_modules.append(module)


def _is_deferred(name: str) -> bool:
    parent = sys.modules.get(name.rpartition(".")[0])
    return name in DEFERRED or isinstance(parent, _LazyModule)


def _import_real(name: str) -> ModuleType:
    module = sys.modules.get(name)
    if module is not None and not isinstance(module, _LazyModule):
        return module
    _remove_lazy_modules()
    token = _deferring.set(False)
    try:
        return import_module(name)
    finally:
        _deferring.reset(token)


def _remove_lazy_modules() -> None:
    """Remove lazy modules from `sys.modules` and from their parents; other modules keep their references."""
    while _lazy_modules:
        module = _lazy_modules.pop()
        name = module.__name__
        if sys.modules.get(name) is module:
            del sys.modules[name]
        parent, _, child = name.rpartition(".")
        attributes = vars(sys.modules[parent]) if parent in sys.modules else {}
        if attributes.get(child) is module:
            del attributes[child]
