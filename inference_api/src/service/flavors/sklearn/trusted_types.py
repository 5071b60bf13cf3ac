"""The types and functions of scikit-learn, NumPy, SciPy and Python that a skops file may name.

skops audits a file before it constructs anything. MLflow takes the list of trusted types from the model's own MLmodel
file (https://github.com/mlflow/mlflow/pull/25686), which is no security boundary; these rules are the service's own.

A class is trusted when it is defined in a package of estimators: its objects hold data and run scikit-learn's own
code. A function is trusted when it is public and computes with arrays, because a file can have it called with arguments
from the file. Nothing is trusted in packages that read or write files, download, import or test (`datasets`,
`externals`, `utils`, `inspection`). A name is trusted only in the module that defines the object, which excludes
`sklearn.base.warnings` and `sklearn.utils.fixes.tarfile`.
"""

from __future__ import annotations

import types
from importlib import import_module
from inspect import isclass
from typing import Any, Final

_PACKAGES: Final = frozenset(
    {
        "_loss", "calibration", "cluster", "compose", "covariance", "cross_decomposition", "decomposition",
        "discriminant_analysis", "dummy", "ensemble", "feature_extraction", "feature_selection", "frozen",
        "gaussian_process", "impute", "isotonic", "kernel_approximation", "kernel_ridge", "linear_model", "manifold",
        "metrics", "mixture", "model_selection", "multiclass", "multioutput", "naive_bayes", "neighbors",
        "neural_network", "pipeline", "preprocessing", "random_projection", "semi_supervised", "svm", "tree",
    }
)  # fmt: skip
"""The packages of scikit-learn that define estimators, and the package of losses."""

_FUNCTION_PACKAGES: Final = (_PACKAGES | {"utils"}) - {
    "_loss",
    "compose",
    "frozen",
    "model_selection",  # runs and clones estimators
    "pipeline",
    "tree",  # export_graphviz writes files
}
_UTILITIES: Final = frozenset({"class_weight", "extmath", "multiclass", "sparsefuncs", "validation"})
# The first creates a folder; the second changes the error handling of SciPy globally.
_NOT_TRUSTED: Final = frozenset({"sklearn.utils.validation.check_memory", "scipy.special._ufuncs.seterr"})
# Modules of these packages that plot, write files, test, or are used only to fit.
_EXCLUDED_MODULES: Final = frozenset(
    {
        "tests", "externals", "_criterion", "_export", "_pairwise_distances_reduction", "_partitioner", "_plot",
        "_splitter",
    }
)  # fmt: skip

_PRIVATE: Final = frozenset(
    {
        "scipy._lib.array_api_compat.numpy._aliases.asarray",
        "scipy.interpolate._bsplines.BSpline",
        "sklearn.cluster._kmeans._kmeans_single_elkan",
        "sklearn.cluster._kmeans._kmeans_single_lloyd",
        "sklearn.utils._bunch.Bunch",
        "sklearn.utils._metadata_requests.MetadataRequest",
        "sklearn.utils._metadata_requests.MethodMetadataRequest",
    }
)
"""Other objects in fitted estimators: objects that only hold data, and functions of arrays."""

_SCIPY: Final = frozenset({"scipy.linalg", "scipy.ndimage", "scipy.signal", "scipy.spatial.distance", "scipy.special"})
_SCIPY_STATISTICS: Final = frozenset(
    {"scipy.stats._morestats", "scipy.stats._mstats_basic", "scipy.stats._stats_py", "scipy.stats._variation"}
)
"""Modules of trusted functions of SciPy. Its classes are not trusted: a distribution of `scipy.stats` runs source code
that is part of its state (`rv_generic._attach_argparser_methods`)."""

_NUMPY_FILES: Final = "numpy.lib._npyio_impl"  # save, savetxt
_NUMPY_BUILTINS: Final = frozenset(
    {"numpy.array", "numpy.asanyarray", "numpy.asarray", "numpy.ascontiguousarray", "numpy.asfortranarray"}
)
_BUILTINS: Final = frozenset(
    {
        "abs", "all", "any", "bytes", "complex", "dict", "frozenset", "len", "max", "min", "object", "round", "sorted",
        "sum",
    }
)  # fmt: skip
_VALUES: Final = frozenset(
    {
        "datetime.date", "datetime.datetime", "datetime.time", "datetime.timedelta", "datetime.timezone",
        "decimal.Decimal",
    }
)  # fmt: skip


def in_trusted_package(module: str) -> bool:
    """Whether a module of scikit-learn defines estimators, their components, or functions of arrays."""
    root, *path = module.split(".")
    if root != "sklearn" or not path or not _EXCLUDED_MODULES.isdisjoint(path):
        return False
    if path[0] == "utils":
        return len(path) > 1 and (path[1] in _UTILITIES or path[1] in {"_bunch", "_metadata_requests"})
    return path[0] in _PACKAGES


def is_missing(module: str, name: str) -> bool:
    """Whether the module is trusted, but the installed scikit-learn does not have this name."""
    if module == "_loss":  # the module name of scikit-learn's losses before 1.6
        return True
    return in_trusted_package(module) and _found(module, name) is None


def is_trusted_class(module: str, name: str) -> bool:
    """Whether an object of this class may be created, with attributes from the file."""
    if f"{module}.{name}" in _PRIVATE:
        return isclass(_found(module, name))
    return in_trusted_package(module) and not module.startswith("sklearn.utils.") and isclass(_own(module, name))


def is_trusted_named_tuple(module: str, name: str) -> bool:
    """Whether this class is a named tuple, which is called with its members."""
    return is_trusted_class(module, name) and issubclass(_found(module, name), tuple)


def is_trusted_value(module: str, name: str) -> bool:
    """Whether this class of dates, times or decimals may be called with arguments from the file."""
    return f"{module}.{name}" in _VALUES


def is_trusted_type(module: str, name: str) -> bool:
    """Whether this class, or function written in C, may be the value of an attribute."""
    if module == "builtins":
        return name in _BUILTINS
    if module == "numpy":
        return f"numpy.{name}" in _NUMPY_BUILTINS or _is_scalar_type(name)
    return is_trusted_class(module, name) or is_trusted_value(module, name)


def is_trusted_function(module: str, name: str) -> bool:
    """Whether this function may be called with arguments from the file."""
    full_name = f"{module}.{name}"
    if full_name in _PRIVATE:
        return callable(_found(module, name))
    if full_name in _NOT_TRUSTED or name.startswith("_"):
        return False
    root = module.partition(".")[0]
    if root == "numpy":
        return _is_array_function(module, name)
    public = module.partition("._")[0]
    if root == "sklearn":
        trusted = in_trusted_package(module) and module.split(".")[1] in _FUNCTION_PACKAGES
    else:
        trusted = public in _SCIPY or module in _SCIPY_STATISTICS
    function = _own(module, name) if trusted else None
    return function is not None and not isclass(function) and _found(public, name) is function


def _found(module: str, name: str) -> Any:
    try:
        return getattr(import_module(module), name, None)
    except ImportError:
        return None


def _own(module: str, name: str) -> Any:
    """The object of this name, if the module itself defines it."""
    found = _found(module, name)
    own = getattr(found, "__module__", "") == module and getattr(found, "__qualname__", "") == name
    return found if own else None


def _is_scalar_type(name: str) -> bool:
    import numpy as np  # noqa: PLC0415 - imported with the first model, not before

    found = getattr(np, name, None)
    return isclass(found) and issubclass(found, np.generic)


def _is_array_function(module: str, name: str) -> bool:
    """Whether it is a NumPy function that array types may override, all of which compute with arrays or write files.

    Those that write files are excluded by the module of their code: `__module__` is `numpy` for all of them.
    """
    import numpy as np  # noqa: PLC0415 - as above

    if module not in {"numpy", "numpy.linalg", "numpy.fft"}:
        return False
    found = _own(module, name)
    if not isinstance(found, type(np.mean)):
        return False
    code = getattr(found, "_implementation", None)
    return not isinstance(code, types.FunctionType) or code.__globals__["__name__"] != _NUMPY_FILES
