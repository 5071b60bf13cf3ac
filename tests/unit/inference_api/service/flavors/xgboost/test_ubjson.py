"""Whether a UBJSON file is complete."""

from pathlib import Path

import pytest
import xgboost
from boosted_cases import CLASSES, NUMBERS

from src.service.flavors.xgboost.ubjson import check_ubjson


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file to be filled."""
    return tmp_path / "file.ubj"


def test_every_truncation_is_found(file: Path) -> None:
    """A model that XGBoost saved is complete, and is not without its last bytes, however many."""
    xgboost.XGBClassifier(n_estimators=1, max_depth=2, n_jobs=1).fit(NUMBERS, CLASSES).save_model(file)
    whole = file.read_bytes()
    check_ubjson(file)
    for end in range(len(whole)):
        file.write_bytes(whole[:end])
        with pytest.raises(ValueError, match=r"file|container"):
            check_ubjson(file)


COMPLETE = [
    b"{}",
    b"{i\x01aZ}",
    b"{i\x01a[TFN]i\x01bd\0\0\0\0}",
    b"{i\x01a[$d#i\x02" + bytes(8) + b"}",
    b"{i\x01a[#i\x02i\x05Si\x01x}",
    b"{$U#i\x02i\x01a\x01i\x01b\x02",
    b"{i\x01a[$Z#L\x7f" + b"\xff" * 7 + b"}",
]
BROKEN = [
    (b"[]", "not UBJSON"),
    (b"{i\x01a[$dd]}", "a type and no length"),
    (b"{i\x01a?}", "unknown value"),
    (b"{Sa}", "no length"),
    (b"{i\xff}", "a wrong length"),
    (b"{i\x01a[$d#L\x7f" + b"\xff" * 7, "ends too early"),
    (b"{i\x01a[#L\x7f" + b"\xff" * 7 + b"ZZ", "ends too early"),
    (b"{i\x01a" + b"[" * 100, "too many levels"),
]


@pytest.mark.parametrize("content", COMPLETE)
def test_complete(content: bytes, file: Path) -> None:
    """All kinds of values and containers are understood."""
    file.write_bytes(content)
    check_ubjson(file)


@pytest.mark.parametrize(("content", "problem"), BROKEN)
def test_broken(content: bytes, problem: str, file: Path) -> None:
    """What is wrong is said; a length that is not in the file costs no time."""
    file.write_bytes(content)
    with pytest.raises(ValueError, match=problem):
        check_ubjson(file)
