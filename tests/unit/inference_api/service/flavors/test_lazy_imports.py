"""Lazy modules, which are imported at their first use."""

import importlib
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from src.service.flavors import lazy_imports
from src.service.flavors.lazy_imports import deferred_imports

PACKAGE = """
import sys
sys.loaded_heavy.append(__name__)
VERSION = "7"
__version__ = "7"
def twice(value, *, plus=0): return 2 * value + plus
class Table:
    rows = 3
    @classmethod
    def of(cls, rows): return rows
"""
USER = """
import heavy
import heavy.inner
import holder.heavy
from heavy import Table, twice
from heavy.inner import twice as inner_twice
def version(): return heavy.__version__, heavy.VERSION
"""


@pytest.fixture
def loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """A package whose import is noticed, one inside another that has it too, and a module that imports both."""
    for folder in ("heavy", "holder", "holder/heavy"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "__init__.py").write_text("" if folder == "holder" else PACKAGE)
    (tmp_path / "heavy" / "inner.py").write_text(PACKAGE)
    (tmp_path / "user.py").write_text(USER)
    found: list[str] = []
    monkeypatch.setattr(sys, "loaded_heavy", found, raising=False)
    monkeypatch.setattr(lazy_imports, "DEFERRED", ("heavy", "holder.heavy", "not_installed"))
    monkeypatch.syspath_prepend(tmp_path)
    yield found
    for name in [name for name in sys.modules if name.partition(".")[0] in {"heavy", "holder", "user"}]:
        del sys.modules[name]


def deferred_user() -> ModuleType:
    """The module that imports the package, imported in the block."""
    with deferred_imports():
        return importlib.import_module("user")


def test_nothing_is_imported(loaded: list[str]) -> None:
    """In the block the package and its modules are not imported, and no lazy module is left afterwards."""
    deferred_user()
    assert loaded == []
    assert {"heavy", "heavy.inner", "holder.heavy"}.isdisjoint(sys.modules)
    assert not hasattr(sys.modules["holder"], "heavy")
    assert not any(type(finder).__module__ == lazy_imports.__name__ for finder in sys.meta_path)


def test_first_use_of_a_module(loaded: list[str]) -> None:
    """An attribute of a lazy module is that of the real one, also with a dunder name."""
    user = deferred_user()
    assert user.version() == ("7", "7")
    assert loaded == ["heavy"]


def test_first_use_of_a_function(loaded: list[str]) -> None:
    """A function that was imported by name works with all its arguments; its module is imported once."""
    user = deferred_user()
    assert [user.twice(2, plus=1), user.twice(3)] == [5, 6]
    assert user.inner_twice(4) == 8
    assert loaded == ["heavy", "heavy.inner"]


def test_first_use_of_a_class(loaded: list[str]) -> None:
    """A class that was imported by name creates its objects and has its attributes."""
    user = deferred_user()
    assert user.Table.of(4) == 4
    assert user.Table.rows == 3
    assert type(user.Table()) is sys.modules["heavy"].Table
    assert loaded == ["heavy"]


def test_objects_of_a_class(loaded: list[str]) -> None:
    """Whether an object is of a class is known without importing the class, and correct when it is imported."""
    user = deferred_user()
    with deferred_imports():
        again = importlib.reload(user)
        assert not isinstance(3, again.Table)
    assert not isinstance(3, user.Table)
    assert loaded == []
    table = importlib.import_module("heavy").Table()
    assert isinstance(table, user.Table)
    assert not isinstance(3, user.Table)


def test_later_import_is_real(loaded: list[str]) -> None:
    """An import after the block gets the real package, as do references to the lazy module."""
    user = deferred_user()
    real = importlib.import_module("heavy")
    assert type(real) is ModuleType
    assert real.Table is type(user.Table())
    assert loaded == ["heavy"]


def test_imported_before(loaded: list[str]) -> None:
    """A package that is already imported is not replaced."""
    real = importlib.import_module("heavy")
    user = deferred_user()
    assert user.heavy is real
    assert user.twice is real.twice
    assert loaded == ["heavy", "heavy.inner"]


def test_use_within_the_block(loaded: list[str]) -> None:
    """A function that is called in the block is imported then, and the real module is used."""
    with deferred_imports():
        user = importlib.import_module("user")
        assert user.twice(1) == 2
        assert loaded == ["heavy"]
        assert type(importlib.import_module("heavy")) is ModuleType
    assert user.version() == ("7", "7")


@pytest.mark.usefixtures("loaded")
def test_not_installed() -> None:
    """A package that is not installed is still not found."""
    with deferred_imports(), pytest.raises(ModuleNotFoundError):
        importlib.import_module("not_installed")


def test_other_threads(loaded: list[str]) -> None:
    """Only the thread of the block defers imports: another thread gets the real module at once."""
    answers: list[object] = []
    with deferred_imports():
        user = importlib.import_module("user")
        thread = threading.Thread(target=lambda: answers.append((user.twice(5), user.heavy.VERSION)))
        thread.start()
        thread.join()
        assert answers == [(10, "7")]
    assert loaded == ["heavy"]


def test_block_that_fails(loaded: list[str]) -> None:
    """After an error in the block no lazy module is left."""

    def fail() -> None:
        with deferred_imports():
            importlib.import_module("user")
            raise ValueError("in the middle")

    with pytest.raises(ValueError, match="in the middle"):
        fail()
    assert "heavy" not in sys.modules
    assert importlib.import_module("heavy").VERSION == "7"
    assert loaded == ["heavy"]
