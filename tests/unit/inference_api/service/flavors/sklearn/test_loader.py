"""Loading an estimator without running code from the file."""

import functools
import operator
import os
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cloudpickle
import numpy as np
import pytest
import skops.io
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from src.errors import ModelRefusedError
from src.service.flavors.sklearn.loader import load_estimator
from tests.unit.inference_api.doubles import regression


class Trap:
    """Creates a folder when it is unpickled."""

    def __init__(self, trace: Path) -> None:
        """Say where."""
        self._trace = trace

    def __reduce__(self) -> tuple[Any, tuple[Any, ...]]:
        """What unpickling calls."""
        return os.mkdir, (str(self._trace),)


UNTRUSTED: list[tuple[Any, str]] = [
    (os.system, "posix.system"),
    (eval, "builtins.eval"),
    (exec, "builtins.exec"),
    (open, "open"),
    (__import__, "builtins.__import__"),
    (functools.partial(os.system, "true"), "posix.system"),
    (operator.methodcaller("tofile", "trace"), "operator.methodcaller"),
    (pickle.loads, "_pickle.loads"),
    (np.load, "numpy.*load"),
]


@pytest.mark.parametrize(("function", "name"), UNTRUSTED, ids=[name for _function, name in UNTRUSTED])
def test_untrusted_type_is_named(function: Callable[..., Any], name: str, tmp_path: Path) -> None:
    """A skops file with a dangerous function is refused with its name, at any position in the model."""
    file = tmp_path / "model.skops"
    skops.io.dump(make_pipeline(FunctionTransformer(function), regression()), file)
    with pytest.raises(ModelRefusedError, match=f"types that are not trusted: .*{name}"):
        load_estimator(file, "skops", allow_pickle=False)


def test_untrusted_type_is_refused_with_pickle_allowed(tmp_path: Path) -> None:
    """A skops file is audited also when pickle is allowed."""
    skops.io.dump(FunctionTransformer(os.system), tmp_path / "model.skops")
    with pytest.raises(ModelRefusedError, match=r"posix\.system"):
        load_estimator(tmp_path / "model.skops", "skops", allow_pickle=True)


def test_all_untrusted_types_are_named(tmp_path: Path) -> None:
    """The error names all untrusted types."""
    model = make_pipeline(FunctionTransformer(os.system), FunctionTransformer(eval))
    skops.io.dump(model, tmp_path / "model.skops")
    with pytest.raises(ModelRefusedError, match=r"builtins\.eval, posix\.system"):
        load_estimator(tmp_path / "model.skops", "skops", allow_pickle=False)


def test_numpy_functions_are_harmless(tmp_path: Path) -> None:
    """A transformer by one of NumPy's mathematical functions is served."""
    skops.io.dump(FunctionTransformer(np.log1p), tmp_path / "model.skops")
    loaded = load_estimator(tmp_path / "model.skops", "skops", allow_pickle=False)
    assert loaded.transform(np.array([[0.0]])).tolist() == [[0.0]]


@pytest.mark.parametrize("serialization_format", ["pickle", "cloudpickle"])
def test_pickle_is_refused_unread(serialization_format: str, tmp_path: Path) -> None:
    """A format that runs code is refused before it is read; the reason tells what to do."""
    file, trace = tmp_path / "model.pkl", tmp_path / "trace"
    file.write_bytes(pickle.dumps(Trap(trace)))
    with pytest.raises(ModelRefusedError, match=f"stored as {serialization_format}.*skops.*ALLOW_PICKLE=true"):
        load_estimator(file, serialization_format, allow_pickle=False)
    assert not trace.exists()


def test_pickle_under_the_name_of_skops(tmp_path: Path) -> None:
    """A pickle that claims to be skops is not unpickled."""
    file, trace = tmp_path / "model.skops", tmp_path / "trace"
    file.write_bytes(pickle.dumps(Trap(trace)))
    with pytest.raises(ModelRefusedError, match="the skops file cannot be loaded: BadZipFile"):
        load_estimator(file, "skops", allow_pickle=True)
    assert not trace.exists()


@pytest.mark.parametrize(("serialization_format", "dump"), [("pickle", pickle.dump), ("cloudpickle", cloudpickle.dump)])
def test_pickle_is_loaded_when_allowed(serialization_format: str, dump: Callable[..., None], tmp_path: Path) -> None:
    """Pickles are loaded when they are allowed."""
    file = tmp_path / "model.pkl"
    with file.open("wb") as output:
        dump(regression(), output)
    loaded = load_estimator(file, serialization_format, allow_pickle=True)
    np.testing.assert_array_equal(loaded.coef_, regression().coef_)


@pytest.mark.parametrize("serialization_format", ["skops", "pickle", "cloudpickle"])
@pytest.mark.parametrize("content", [b"", b"nonsense", None])
def test_broken_file(serialization_format: str, content: bytes | None, tmp_path: Path) -> None:
    """A file that is empty, broken or missing is refused with the reason."""
    file = tmp_path / "model"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ModelRefusedError, match=rf"the {serialization_format} file cannot be loaded: \w+"):
        load_estimator(file, serialization_format, allow_pickle=True)


def test_unknown_format(tmp_path: Path) -> None:
    """An unknown format is refused with its name."""
    with pytest.raises(ModelRefusedError, match="'joblib' is unknown"):
        load_estimator(tmp_path / "model", "joblib", allow_pickle=True)
