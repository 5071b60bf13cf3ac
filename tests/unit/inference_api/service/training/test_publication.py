"""What a server can check: the digest of the files and the example rows."""

import hashlib
from pathlib import Path

import numpy as np
import pandas as pd

from src.service.training.publication import content_digest, example_rows


def test_the_digest_is_of_the_sorted_list_of_digests(tmp_path: Path) -> None:
    """It is what `sha256sum` would print for the files, sorted by path, without what MLflow adds to a download."""
    (tmp_path / "metadata").mkdir()
    for name, content in {
        "model.skops": b"m",
        "MLmodel": b"y",
        "metadata/x": b"x",
        "registered_model_meta": b"r",
    }.items():
        (tmp_path / name).write_bytes(content)
    listing = "".join(
        f"{hashlib.sha256(content).hexdigest()}  {name}\n"
        for name, content in (("MLmodel", b"y"), ("metadata/x", b"x"), ("model.skops", b"m"))
    )
    assert content_digest(tmp_path) == hashlib.sha256(listing.encode()).hexdigest()


def test_the_digest_notices_a_change(tmp_path: Path) -> None:
    """One byte, or one name, makes another digest."""
    (tmp_path / "a").write_bytes(b"1")
    digests = {content_digest(tmp_path)}
    (tmp_path / "a").write_bytes(b"2")
    digests.add(content_digest(tmp_path))
    (tmp_path / "a").rename(tmp_path / "b")
    digests.add(content_digest(tmp_path))
    assert len(digests) == 3


def test_examples_of_a_complete_table_are_its_first_rows() -> None:
    """Without missing values the first three rows are the example."""
    table = pd.DataFrame({"x": range(10, 20)}, index=range(5, 15))
    assert example_rows(table)["x"].tolist() == [10, 11, 12]


def test_examples_end_with_missing_values() -> None:
    """The first row is complete, so that a person can copy it; the last one shows that values may be missing."""
    table = pd.DataFrame({"x": [np.nan, 1.0, 2.0, 3.0, 4.0], "t": ["a", "b", None, "d", "e"]})
    chosen = example_rows(table)
    assert chosen["x"].tolist()[:3] == [1.0, 3.0, 4.0]
    assert chosen.isna().any(axis=None)
    assert len(chosen) == 4


def test_examples_give_each_column_a_value() -> None:
    """MLflow cannot infer the type of a column that is missing in all example rows."""
    table = pd.DataFrame({"x": [1.0, 2.0, 3.0, np.nan, np.nan], "t": [None, None, None, None, "e"], "u": ["u"] * 5})
    assert example_rows(table).notna().any().all()
