"""A manipulated file constructs only trusted types, for every kind of node."""

import json
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import numpy as np
import pytest
import sklearn
import skops.io
from sklearn.compose import make_column_transformer
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import Ridge
from sklearn.metrics import accuracy_score
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from src.errors import ModelRefusedError
from src.service.flavors.sklearn.loader import load_estimator

State = dict[str, Any]


def node(kind: str, name: str, **state: Any) -> State:
    """One node of a skops file."""
    module, _, last = name.rpartition(".")
    return {"__loader__": kind, "__module__": module, "__class__": last, **state}


def text(value: Any) -> State:
    """A node of a plain value."""
    return node("JsonNode", "builtins.str", content=json.dumps(value))


def sequence(*members: State, kind: str = "ListNode", name: str = "builtins.list") -> State:
    """A node of a list."""
    return node(kind, name, content=list(members))


def mapping(name: str = "builtins.dict", /, **members: State) -> State:
    """A node of a dict whose keys are strings."""
    types = [node("TypeNode", "builtins.str") for _ in members]
    return node("DictNode", name, content=members, key_types=sequence(*types))


def estimator(name: str, **attributes: State) -> State:
    """A node of an estimator, as this version of scikit-learn saves it."""
    return node("ObjectNode", name, content=mapping(**{"_sklearn_version": text(sklearn.__version__), **attributes}))


def function(name: str) -> State:
    """A node of a function."""
    return node("FunctionNode", name)


def arguments(*members: State) -> State:
    """A node of a tuple."""
    return sequence(*members, kind="TupleNode", name="builtins.tuple")


def load(folder: Path, root: State, protocol: int = 2) -> Any:
    """Load a file with these nodes."""
    file = folder / "model.skops"
    with ZipFile(file, "w") as archive:
        archive.writestr("schema.json", json.dumps({**root, "protocol": protocol, "_skops_version": "0.16.0"}))
    return load_estimator(file, "skops", allow_pickle=False)


def transformer(content: State) -> State:
    """A function transformer with this as its function."""
    return estimator("sklearn.preprocessing._function_transformer.FunctionTransformer", func=content)


TRACE = text("trace")
SCALER = "sklearn.preprocessing._data.StandardScaler"
SEARCH = "sklearn.model_selection._search.GridSearchCV"
SYSTEM = function("posix.system")
ATTACKS: dict[str, tuple[State, str]] = {
    "function": (SYSTEM, r"posix\.system"),
    "module within a module": (function("sklearn.base.os.system"), r"sklearn\.base\.os\.system"),
    "re-export": (function("sklearn.preprocessing._data.check_array"), "check_array"),
    "re-exported module": (function("sklearn.linear_model._base.np"), r"_base\.np"),
    "fetching": (function("sklearn.datasets._base.fetch_file"), "fetch_file"),
    "class as a function": (function(SCALER), "StandardScaler"),
    "function as an object": (node("ObjectNode", "sklearn.metrics._classification.accuracy_score"), "accuracy_score"),
    "function called to make a list": (
        sequence(TRACE, name="sklearn.utils.extmath.row_norms"),
        "row_norms",
    ),
    "function called to make a set": (sequence(kind="SetNode", name="os.mkdir"), "mkdir"),
    "function called to make a dict": (mapping("sklearn.utils.extmath.softmax"), "softmax"),
    "function called to make an array": (
        node("NdArrayNode", "numpy.load", type="json", content=[], shape=arguments(text(0))),
        "load",
    ),
    "class called with arguments": (
        node("ConstructorFromReduceNode", "subprocess.Popen", content=arguments(TRACE)),
        "Popen",
    ),
    "trusted class called with arguments": (
        node("ConstructorFromReduceNode", SCALER, content=arguments(TRACE)),
        "StandardScaler",
    ),
    "type called with keys": (
        node("DictNode", "builtins.dict", content={"true": TRACE}, key_types=sequence(SYSTEM)),
        r"posix\.system",
    ),
    "named tuple that is none": (sequence(kind="TupleNode", name=SCALER), "StandardScaler"),
    "loss that is none": (
        node("LossNode", "os.mkdir", __reduce__={"args": arguments(TRACE)}, content=mapping()),
        r"os\.mkdir",
    ),
    "method of an array": (
        node(
            "MethodNode",
            "numpy.ndarray",
            content={
                "func": "tofile",
                "obj": node("NdArrayNode", "numpy.ndarray", type="json", content=[], shape=arguments(text(0))),
            },
        ),
        "tofile",
    ),
    "method that sets": (
        node("MethodNode", SCALER, content={"func": "set_params", "obj": node("ObjectNode", SCALER)}),
        r"StandardScaler\.set_params",
    ),
    "partial of a function": (
        node(
            "PartialNode",
            "functools.partial",
            content={"func": SYSTEM, "args": arguments(TRACE), "kwds": mapping(), "namespace": text(None)},
        ),
        r"posix\.system",
    ),
    "partial's arguments": (
        node(
            "PartialNode",
            "functools.partial",
            content={
                "func": function("numpy.apply_along_axis"),
                "args": arguments(SYSTEM),
                "kwds": mapping(),
                "namespace": text(None),
            },
        ),
        r"posix\.system",
    ),
    "operator": (node("OperatorFuncNode", "operator.methodcaller", attrs=arguments(TRACE)), "methodcaller"),
    "operator's arguments": (node("OperatorFuncNode", "operator.itemgetter", attrs=arguments(SYSTEM)), "system"),
    "default of a dict": (
        node(
            "DefaultDictNode",
            "collections.defaultdict",
            content={"main": mapping(), "default_factory": node("TypeNode", "builtins.eval")},
        ),
        r"builtins\.eval",
    ),
    "distribution, whose state is source code": (
        node("ObjectNode", "scipy.stats._continuous_distns.uniform_gen", content=mapping()),
        "uniform_gen",
    ),
    "attribute of an attribute": (
        node("ObjectNode", SCALER, content=mapping(mean_=node("ObjectNode", SCALER, content=mapping(x=SYSTEM)))),
        r"posix\.system",
    ),
}


@pytest.mark.parametrize("name", sorted(ATTACKS))
def test_attack(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is refused with its name before anything is constructed."""
    monkeypatch.chdir(tmp_path)
    content, named = ATTACKS[name]
    with pytest.raises(ModelRefusedError, match=f"types that are not trusted: [^;]*{named}.*; use "):
        load(tmp_path, transformer(content))
    assert [path.name for path in tmp_path.iterdir()] == ["model.skops"]


def test_old_function(tmp_path: Path) -> None:
    """The oldest format stores the name of a function in another field."""
    old = node(
        "FunctionNode",
        "sklearn.preprocessing._data.scale",
        content={"module_path": "posix", "function": "system"},
    )
    with pytest.raises(ModelRefusedError, match=r"not trusted: posix\.system;"):
        load(tmp_path, transformer(old), protocol=0)


def test_cached_node(tmp_path: Path) -> None:
    """A node that refers to another one is audited like that one."""
    hidden = {**SYSTEM, "__id__": 7}
    root = transformer(node("CachedNode", SCALER, __id__=7))
    root["content"] = mapping(first=hidden, func=root["content"]["content"]["func"])
    with pytest.raises(ModelRefusedError, match=r"not trusted: posix\.system;"):
        load(tmp_path, root)


def test_node_with_the_number_of_another(tmp_path: Path) -> None:
    """A node with the id of another: an attribute that was replaced must not return through a reference."""
    search = estimator(
        SEARCH, scoring={**SYSTEM, "__id__": 7}, best_estimator_=transformer({**text(None), "__id__": 7})
    )
    with pytest.raises(ModelRefusedError, match=r"not trusted: posix\.system;"):
        load(tmp_path, search)


def test_what_is_left_out_is_not_built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A search's scorer that would run code when it is constructed is not constructed."""
    monkeypatch.chdir(tmp_path)
    trap = node("ConstructorFromReduceNode", "os.mkdir", content=arguments(TRACE))
    found = load(tmp_path, estimator(SEARCH, scorer_=trap, refit=trap, cv=text(3)))
    assert (found.scorer_, found.refit, found.cv) == (None, True, 3)
    assert not Path("trace").exists()


def test_what_is_trusted_is_kept(tmp_path: Path) -> None:
    """A search keeps a scorer of scikit-learn."""
    scorer = function("sklearn.metrics._classification.accuracy_score")
    assert load(tmp_path, estimator(SEARCH, scoring=scorer)).scoring is accuracy_score


def test_left_out_is_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The log names the replaced attributes."""
    columns = make_column_transformer((StandardScaler(), print))
    columns.transformers_ = []
    search = GridSearchCV(make_pipeline(columns, Ridge()), {}, scoring=print)
    skops.io.dump(search, tmp_path / "model.skops")
    with caplog.at_level("INFO"):
        load_estimator(tmp_path / "model.skops", "skops", allow_pickle=False)
    (message,) = caplog.messages
    assert message.startswith("left out of the model, because predicting does not use it: ")
    assert message.endswith(": ColumnTransformer.transformers, GridSearchCV.scoring")


SOURCE, VERSION = text("filename"), text(sklearn.__version__)
FILE_READERS: dict[str, State] = {
    "plain": mapping(_sklearn_version=VERSION, input=SOURCE),
    "by a key that becomes it": node(
        "DictNode",
        "builtins.dict",
        content={"_sklearn_version": VERSION, "input": text("content"), "ínput": SOURCE},
        key_types=sequence(*[function("sklearn.feature_extraction.text.strip_accents_ascii")] * 3),
    ),
    "as a text of NumPy": mapping(
        _sklearn_version=VERSION,
        input=node("NdArrayNode", "numpy.ndarray", type="json", content=[SOURCE], shape=arguments(text(1))),
    ),
}


@pytest.mark.parametrize("name", sorted(FILE_READERS))
def test_vectorizer_that_reads_files(name: str, tmp_path: Path) -> None:
    """A vectorizer that reads the file with the name in its input is refused."""
    state = node("ObjectNode", "sklearn.feature_extraction.text.CountVectorizer", content=FILE_READERS[name])
    with pytest.raises(ModelRefusedError, match=r"not trusted: .*CountVectorizer\(input="):
        load(tmp_path, state)


def test_vectorizer_that_reads_texts(tmp_path: Path) -> None:
    """Other vectorizers are loaded."""
    skops.io.dump(CountVectorizer().fit(["uno"]), tmp_path / "model.skops")
    assert load_estimator(tmp_path / "model.skops", "skops", allow_pickle=False).vocabulary_ == {"uno": 0}


def test_missing_class(tmp_path: Path) -> None:
    """A class that exists only in another scikit-learn is named in the error, with what to do."""
    gone = node("ObjectNode", "sklearn.linear_model._gone.Regression", content=mapping())
    with pytest.raises(
        ModelRefusedError, match=r"names what scikit-learn [\d.]+ does not have: .*_gone\.Regression; train"
    ):
        load(tmp_path, transformer(gone))


def test_objects_that_refer_to_each_other(tmp_path: Path) -> None:
    """The audit ends for objects that refer to each other."""
    shared = StandardScaler().fit(np.ones((2, 1)))
    skops.io.dump(make_pipeline(shared, FunctionTransformer(), shared), tmp_path / "model.skops")
    assert len(load_estimator(tmp_path / "model.skops", "skops", allow_pickle=False).steps) == 3
