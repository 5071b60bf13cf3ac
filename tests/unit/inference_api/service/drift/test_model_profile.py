"""The profile beside a model, and whether it is one of this model."""

from pathlib import Path

import pandas as pd
import pytest
from model_cases import CASES
from profiled_rows import columns_of

from src.service.drift.model_profile import choices_of, profile_of
from src.service.feature_profile import (
    PROFILE_FILE,
    CategoryProfile,
    ColumnProfile,
    FeatureProfile,
    NumberProfile,
    ProfileError,
)
from src.service.schema.column import Column, Kind
from src.service.training.profile import feature_profile

pytestmark = pytest.mark.filterwarnings("ignore:Hint. Inferred schema contains integer column:UserWarning")

NUMBERS = NumberProfile("number", (1.5,), (5, 5))
DATES = NumberProfile("datetime", (1.5,), (5, 5))
TEXTS = CategoryProfile(("red", "blue"), (6, 3), other=1)
FLAGS = CategoryProfile((True, False), (6, 4))
UNNAMED = CategoryProfile((), (), other=10)
FITTING: list[tuple[ColumnProfile, set[Kind]]] = [
    (NUMBERS, {"number", "integer"}),
    (DATES, {"datetime"}),
    (TEXTS, {"string", "any"}),
    (FLAGS, {"boolean", "any"}),
    (UNNAMED, {"string", "boolean", "any"}),
]
KINDS: tuple[Kind, ...] = ("number", "integer", "boolean", "string", "datetime", "any")


def write(folder: Path, column: ColumnProfile, name: str = "x") -> FeatureProfile:
    """Put a profile of one column into a folder."""
    profile = FeatureProfile(10, {name: column}, None)
    (folder / PROFILE_FILE).write_text(profile.to_json(), encoding="utf-8")
    return profile


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("column", "kinds"), FITTING)
def test_type_of_a_column(column: ColumnProfile, kinds: set[Kind], kind: Kind, tmp_path: Path) -> None:
    """A profile is used if its columns are of the signature's types; else the reason names the column."""
    profile = write(tmp_path, column)
    columns = (Column("x", kind, "object"), Column("without", "number", "float64"))
    if kind in kinds:
        assert profile_of(tmp_path, columns) == profile
    else:
        with pytest.raises(ProfileError, match=rf"is of another model: column 'x' is of type {kind}$"):
            profile_of(tmp_path, columns)


def test_column_of_another_model(tmp_path: Path) -> None:
    """A profile with a column that the signature has not is of another model."""
    write(tmp_path, NUMBERS, "y")
    with pytest.raises(ProfileError, match=r"is of another model: 'y' is not a column of the signature$"):
        profile_of(tmp_path, (Column("x", "number", "float64"),))


@pytest.mark.parametrize("kind", CASES)
def test_every_kind_of_model(kind: str, tmp_path: Path) -> None:
    """What the trainer's code writes for the rows of every kind of model fits the signature of that model."""
    case = CASES[kind]()
    method = case.options.get("pyfunc_predict_fn", "predict")
    profile = feature_profile(case.data, getattr(case.estimator, method)(case.data))
    (tmp_path / PROFILE_FILE).write_text(profile.to_json(), encoding="utf-8")
    assert profile_of(tmp_path, columns_of(case.data, case.options.get("signature"))) == profile


def test_choices_are_the_texts() -> None:
    """For columns of texts the choices are the texts that the profile names, in its order; other columns have none."""
    columns: dict[str, ColumnProfile] = {"numbers": NUMBERS, "texts": TEXTS, "flags": FLAGS, "names": UNNAMED}
    assert choices_of(FeatureProfile(10, columns, TEXTS)) == {"texts": ["red", "blue"]}


def test_choices_of_training_rows() -> None:
    """The most frequent text of the training rows comes first."""
    rows = pd.DataFrame({"barrio": ["sur"] * 5 + ["norte"] * 20 + ["este"] * 10})
    assert choices_of(feature_profile(rows, [0.0] * 35)) == {"barrio": ["norte", "este", "sur"]}
