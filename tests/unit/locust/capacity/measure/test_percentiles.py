"""Percentiles of single answers, against numpy and against the definition."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from capacity.measure.percentiles import RECORD, Answers, Window, percentiles
from load.recorder import RECORD as PACKED


def write(folder: Path, process: int, records: list[tuple[float, float, int]], names: dict[int, str]) -> None:
    """What a recorder leaves."""
    (folder / f"answers-{process}.bin").write_bytes(b"".join(PACKED.pack(*record) for record in records))
    lines = [{"kind": kind, "name": name} for kind, name in names.items()]
    text = "".join(json.dumps(line) + "\n" for line in [{"at": 1.0, "users": 2}, *lines])
    (folder / f"events-{process}.jsonl").write_text(text)


def test_the_record_is_the_recorders() -> None:
    """Both sides of the file agree."""
    assert RECORD.itemsize == PACKED.size


@given(st.lists(st.floats(0, 1e5, width=32), min_size=1, max_size=300), st.sampled_from([1, 50, 90, 95, 99, 99.9, 100]))
def test_percentiles_are_values_that_were_seen(values: list[float], wanted: float) -> None:
    """The smallest value that so many percent do not exceed."""
    [found] = percentiles(np.array(values, np.float32), (wanted,))

    ranked = sorted(values)
    place = max(1, math.ceil(round(wanted / 100 * len(ranked), 9)))
    assert found == pytest.approx(ranked[place - 1], abs=0.001)


@pytest.mark.parametrize("seed", range(5))
def test_windows_agree_with_numpy_on_random_data(seed: int, tmp_path: Path) -> None:
    """Two processes, a long tail, failures among the answers: only the good ones of the time count."""
    random = np.random.default_rng(seed)
    at, ms = random.uniform(1000, 1100, 20_000), random.lognormal(3, 1, 20_000).astype(np.float32)
    kinds = random.choice([0, 1, 2], 20_000, p=[0.9, 0.07, 0.03])
    records = list(zip(at.tolist(), ms.tolist(), kinds.tolist(), strict=True))
    # The same kind has another number in another process.
    write(tmp_path, 1, records[:12_000], {1: "timeout", 2: "HTTP 503"})
    write(tmp_path, 2, records[12_000:], {1: "HTTP 503", 2: "timeout"})

    window = Answers.read(tmp_path).between(1030, 1060)

    inside = (at >= 1030) & (at < 1060)
    good = ms[inside & (kinds == 0)]
    first = np.arange(20_000) < 12_000
    timeouts = int((inside & (kinds == np.where(first, 1, 2))).sum())
    assert window.good == len(good)
    assert window.achieved == pytest.approx(len(good) / 30)
    assert window.failures == {"HTTP 503": int((inside & (kinds > 0)).sum()) - timeouts, "timeout": timeouts}
    seen = (window.p50_ms, window.p95_ms, window.p99_ms, window.max_ms)
    assert seen == pytest.approx(np.percentile(good, (50, 95, 99, 100), method="inverted_cdf"), abs=0.001)
    # Numpy's own default goes between two neighbours: never further away than the next answer.
    assert seen == pytest.approx(np.percentile(good, (50, 95, 99, 100)), rel=0.05)


def test_fast_failures_do_not_make_percentiles_better(tmp_path: Path) -> None:
    """A crowd of quick 503s is counted, not ranked."""
    write(tmp_path, 1, [(5.0, 100.0, 0), *[(5.0, 1.0, 1)] * 99], {1: "HTTP 503 overloaded"})

    window = Answers.read(tmp_path).between(0, 10)

    assert window == Window(10, 1, {"HTTP 503 overloaded": 99}, 100, 100, 100, 100)


def test_a_file_that_is_being_written_is_read_to_its_last_whole_record(tmp_path: Path) -> None:
    """Half a record or line is not there yet; a failure whose name is not there yet still counts."""
    write(tmp_path, 1, [(1.0, 10.0, 0), (2.0, 20.0, 1)], {})
    with (tmp_path / "answers-1.bin").open("ab") as file:
        file.write(PACKED.pack(3.0, 30.0, 0)[:5])
    with (tmp_path / "events-1.jsonl").open("a") as lines:
        lines.write('{"kind": 1, "na')

    window = Answers.read(tmp_path).between(0, 10)

    assert (window.good, window.failures) == (1, {"failure without a name (1)": 1})


def test_late_answers_belong_to_the_time_in_which_they_come(tmp_path: Path) -> None:
    """Asked for by the time of the answer, who waited since before counts, and who still waits does not."""
    write(tmp_path, 1, [(1.0, 4500.0, 0), (5.5, 400.0, 0), (5.9, 200.0, 0), (3.0, 2000.0, 1)], {1: "timeout"})

    window = Answers.read(tmp_path).between(5, 6, answered=True)

    assert (window.good, window.max_ms, window.failures) == (2, 4500, {"timeout": 1})


def test_nothing_is_nothing(tmp_path: Path) -> None:
    """No answer has no percentiles, and no time has no rate."""
    answers = Answers.read(tmp_path)

    assert answers.between(0, 1) == Window(1, 0, {}, 0, 0, 0, 0)
    with pytest.raises(ValueError, match="no time lies between"):
        answers.between(1, 1)
