"""The reference predictions of `mlflow.pyfunc`."""

from pathlib import Path
from typing import Any

import mlflow.sklearn
import numpy as np
import pandas as pd
import pytest
import skops.io
import yaml
from mlflow.models import infer_signature
from sklearn.compose import make_column_transformer
from sklearn.dummy import DummyClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder

from src.errors import ModelRefusedError
from src.service.fetching.signature_inference import find_signature
from src.service.flavors.sklearn.flavor import SklearnFlavor
from src.service.registry.bundle import Check
from src.service.schema.signature import Signature, logged_signature, text_signature
from src.service.schema.validator import Schema
from src.service.verification.pyfunc_reference import PyfuncReference, reason_of

FLAVOR = SklearnFlavor()
DATA = pd.DataFrame({"año": [1.0, 2.0, 3.0, 5.0], "n": [1, 2, 1, 2], "colour": ["red", "blue", "red", "blue"]})
TARGET = [1.0, 2.0, 3.0, 5.0]
ROWS = [{str(name): value for name, value in row.items()} for row in DATA.to_dict(orient="records")]


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """`PyfuncReference` allows pickle in the environment, which is restored afterwards."""
    monkeypatch.setenv("MLFLOW_ALLOW_PICKLE_DESERIALIZATION", "false")


class Asked:
    """A model as MLflow saves it, with its columns.

    Attributes:
        reference: Its answers.
        signature: Its columns, logged or found.
    """

    def __init__(self, folder: Path, estimator: Any, data: Any, *, signed: bool = True) -> None:
        """Save and load it."""
        signature = infer_signature(data, estimator.predict(data)) if signed else None
        mlflow.sklearn.save_model(
            estimator, folder / "model", signature=signature, pip_requirements=[], skops_trusted_types=["numpy.dtype"]
        )
        mlmodel = yaml.safe_load((folder / "model" / "MLmodel").read_text())
        self.reference = PyfuncReference(FLAVOR, folder / "model", estimator)
        self.signature: Signature = logged_signature(mlmodel) or find_signature(
            FLAVOR, estimator, None, self.reference.has_answer
        )

    def checks(self, rows: list[dict[str, Any]]) -> tuple[Check, ...]:
        """The checks for some rows."""
        return self.reference.checks(self.signature, Schema(self.signature.columns, {}), rows)


class Trap:
    """Creates a folder when it is constructed."""

    def __init__(self, trace: str) -> None:
        """Make a folder."""
        self._trace = trace
        Path(trace).mkdir(exist_ok=True)

    def __reduce__(self) -> tuple[type, tuple[str]]:
        """What loading calls."""
        return Trap, (self._trace,)


@pytest.mark.filterwarnings("ignore:.*integer column:UserWarning")  # MLflow's advice about missing integers
def test_model_is_not_trusted(tmp_path: Path) -> None:
    """Types that only the model itself lists as trusted are not constructed: a search is loaded without them."""
    trace = tmp_path / "trace"
    search = GridSearchCV(LinearRegression(), {}, cv=2).fit(DATA[["n"]], TARGET)
    search.scorer_ = Trap(str(trace))
    signature = infer_signature(DATA[["n"]], np.array(TARGET))
    for model, folder in (
        (search, tmp_path / "search"),
        (make_pipeline(FunctionTransformer(Trap), search), tmp_path / "p"),
    ):
        types = skops.io.get_untrusted_types(data=skops.io.dumps(model))
        assert f"{__name__}.Trap" in types
        mlflow.sklearn.save_model(
            model,
            folder,
            signature=signature,
            pip_requirements=[],
            skops_trusted_types=types,
            serialization_format="skops",
        )
    trace.rmdir()  # MLflow loads what it has saved
    found = logged_signature(yaml.safe_load((tmp_path / "search" / "MLmodel").read_text()))
    assert found is not None
    checks = PyfuncReference(FLAVOR, tmp_path / "search", search).checks(
        found, Schema(found.columns, {}), [{"n": 1}, {"n": 2}]
    )
    assert [check.answer for check in checks] == pytest.approx(search.predict(DATA[["n"]][:2]).tolist())
    with pytest.raises(ModelRefusedError, match=r"not trusted: .*\.Trap;"):
        PyfuncReference(FLAVOR, tmp_path / "p", search)
    assert not trace.exists()


def mixed() -> Any:
    """A pipeline that selects columns by name and refuses unknown colours."""
    columns = make_column_transformer((OneHotEncoder(), ["colour"]), ("passthrough", ["año", "n"]))
    return make_pipeline(columns, LinearRegression()).fit(DATA, TARGET)


@pytest.mark.filterwarnings("ignore:.*integer column:UserWarning")  # MLflow's advice about missing integers
@pytest.mark.parametrize("signed", [True, False])
def test_answers_are_pyfuncs(signed: bool, tmp_path: Path) -> None:  # noqa: FBT001
    """Each row's check holds the answer of `mlflow.pyfunc`, with a signature or without."""
    checks = Asked(tmp_path, mixed(), DATA, signed=signed).checks(ROWS)
    assert [check.row for check in checks] == ROWS
    assert [check.answer for check in checks] == pytest.approx(TARGET)


def test_tensor(tmp_path: Path) -> None:
    """A model with a tensor signature gets an array of its dtype."""
    data = np.arange(12, dtype="float32").reshape(4, 3)
    asked = Asked(tmp_path, LinearRegression().fit(data, data.sum(axis=1)), data)
    (check,) = asked.checks([{"feature1": 1.0, "feature2": 2.0, "feature3": 4.0}])
    assert check.answer == pytest.approx(7)


def test_refused_rows_give_no_check(tmp_path: Path) -> None:
    """A row that the model refuses, or that does not fit its columns, gives no check."""
    asked = Asked(tmp_path, mixed(), DATA, signed=False)
    good = ROWS[0]
    assert [check.row for check in asked.checks([{**good, "colour": "mauve"}, good, {"other": 1}])] == [good]
    assert asked.reference.reason == "ValueError: Found unknown categories ['mauve'] in column 0 during transform"


@pytest.mark.filterwarnings("ignore:overflow encountered:RuntimeWarning")  # what this is about
def test_answers_that_are_not_finite_give_no_check(tmp_path: Path) -> None:
    """A prediction that JSON cannot represent gives no check."""
    data = DATA[["año"]]
    asked = Asked(tmp_path, LinearRegression().fit(data, data["año"] * 1e300), data)
    assert [check.row for check in asked.checks([{"año": 1e300}, {"año": 1.0}])] == [{"año": 1.0}]
    assert asked.reference.reason == "the prediction is not a finite number"


def test_answers_that_do_not_repeat_give_no_check(tmp_path: Path) -> None:
    """A model with random predictions gives no checks."""
    labels = [f"label{place}" for place in range(1000)]
    data = pd.DataFrame({"x": np.arange(1000.0)})
    asked = Asked(tmp_path, DummyClassifier(strategy="uniform").fit(data, labels), data)
    assert len(asked.checks([{"x": 1.0}] * 5)) <= 1
    assert asked.reference.reason == "the model answers the same row differently each time"


def test_texts(tmp_path: Path) -> None:
    """A model of texts gets a sequence of texts."""
    texts = ["hola mundo", "buen día", "mal día", "adiós mundo"] * 5
    asked = Asked(
        tmp_path, make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(texts, [0, 1, 2, 3] * 5), np.array(texts)
    )
    assert asked.signature == text_signature()
    assert [check.answer for check in asked.checks([{"text": "mal día"}, {"text": "hola mundo"}])] == [2, 0]


def missing_numbers() -> tuple[Any, pd.DataFrame]:
    """A model with missing integers, in a nullable dtype of pandas."""
    data = pd.DataFrame({"rooms": pd.array([1, 2, None, 4] * 5, dtype="Int64"), "x": np.arange(20.0)})
    return make_pipeline(SimpleImputer(), LinearRegression()).fit(data, data["x"]), data


@pytest.mark.filterwarnings("ignore:.*integer column:UserWarning")  # MLflow's advice about missing integers
def test_a_row_that_only_mlflow_refuses(tmp_path: Path) -> None:
    """MLflow cannot convert a missing `long` to int64: the estimator predicts, if MLflow accepts other rows."""
    asked = Asked(tmp_path, *missing_numbers())
    gap, whole = {"x": 3.0}, {"rooms": 2, "x": 5.0}
    assert [(check.row, check.answer) for check in asked.checks([gap, whole])] == [
        (whole, pytest.approx(5.0)),
        (gap, pytest.approx(3.0)),
    ]
    assert asked.checks([gap]) == ()
    assert "Incompatible input types for column rooms" in asked.reference.reason


MISSING_TEXTS = {
    "imputer of None": (None, SimpleImputer(missing_values=None, strategy="constant", fill_value="none")),
    "imputer of NaN": (np.nan, SimpleImputer(strategy="constant", fill_value="none")),
    "category None": (None, OneHotEncoder()),
    "category NaN": (np.nan, OneHotEncoder()),
    "category None, unknown ones ignored": (None, OneHotEncoder(handle_unknown="ignore")),
    "category NaN, unknown ones ignored": (np.nan, OneHotEncoder(handle_unknown="ignore")),
}


@pytest.mark.parametrize("name", MISSING_TEXTS)
def test_missing_texts(name: str, tmp_path: Path) -> None:
    """A missing text has the marker that the model was fitted with, also when it accepts others."""
    mark, first = MISSING_TEXTS[name]
    data = pd.DataFrame({"colour": pd.Series(["red", "blue", mark] * 10, dtype="object"), "x": np.arange(30.0)})
    target = data["x"] + pd.Series([0.0, 100.0, 5000.0] * 10)
    part = first if isinstance(first, OneHotEncoder) else make_pipeline(first, OneHotEncoder())
    columns = make_column_transformer((part, ["colour"]), ("passthrough", ["x"]))
    asked = Asked(tmp_path, make_pipeline(columns, LinearRegression()).fit(data, target), data)
    (check,) = asked.checks([{"x": 7.0}])
    assert check.answer == pytest.approx(5007.0)


@pytest.mark.filterwarnings("ignore:.*integer column:UserWarning")  # as above
def test_mlflow_cannot_load(tmp_path: Path) -> None:
    """A model that MLflow itself cannot load is refused, in one line."""
    estimator, data = missing_numbers()
    Asked(tmp_path, estimator, data)
    (tmp_path / "model" / "model.skops").write_bytes(b"broken")
    with pytest.raises(ModelRefusedError, match=r"^the skops file cannot be loaded: BadZipFile: [^\n]+$"):
        PyfuncReference(FLAVOR, tmp_path / "model", estimator)


def test_reason_of_an_error() -> None:
    """An error becomes one line, without the table in MLflow's message."""
    assert reason_of(ValueError("first\n- second")) == "ValueError: first - second"
    assert (
        reason_of(RuntimeError("Failed to enforce schema of '  x\n0 1'. Error: column x is odd"))
        == "RuntimeError: column x is odd"
    )
    assert reason_of(KeyError()) == "KeyError"
    assert len(reason_of(ValueError("x" * 10_000))) == 300
