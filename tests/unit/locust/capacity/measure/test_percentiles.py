"""Statistics of answers, compared with numpy and with the definition."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from capacity.measure.percentiles import RECORD, AnswerRecords, ResponseStats, percentiles
from load.recorder import RECORD as PACKED


def write(folder: Path, process: int, records: list[tuple[float, float, int]], names: dict[int, str]) -> None:
    """Write the files of a recorder."""
    (folder / f"answers-{process}.bin").write_bytes(b"".join(PACKED.pack(*record) for record in records))
    lines = [{"kind": kind, "name": name} for kind, name in names.items()]
    text = "".join(json.dumps(line) + "\n" for line in [{"at": 1.0, "users": 2}, *lines])
    (folder / f"events-{process}.jsonl").write_text(text)


def test_record_has_the_recorders_format() -> None:
    """Writer and reader agree about its size."""
    assert RECORD.itemsize == PACKED.size


@given(st.lists(st.floats(0, 1e5, width=32), min_size=1, max_size=300), st.sampled_from([1, 50, 90, 95, 99, 99.9, 100]))
def test_percentiles_are_measured_values(values: list[float], wanted: float) -> None:
    """A percentile is the smallest value that so many percent do not exceed."""
    [found] = percentiles(np.array(values, np.float32), (wanted,))

    ranked = sorted(values)
    place = max(1, math.ceil(round(wanted / 100 * len(ranked), 9)))
    assert found == pytest.approx(ranked[place - 1], abs=0.001)


@pytest.mark.parametrize("seed", range(5))
def test_stats_agree_with_numpy_on_random_data(seed: int, tmp_path: Path) -> None:
    """Two processes, a long tail, failures among the answers: percentiles are of the good answers in the window."""
    random = np.random.default_rng(seed)
    at, ms = random.uniform(1000, 1100, 20_000), random.lognormal(3, 1, 20_000).astype(np.float32)
    kinds = random.choice([0, 1, 2], 20_000, p=[0.9, 0.07, 0.03])
    records = list(zip(at.tolist(), ms.tolist(), kinds.tolist(), strict=True))
    # The same kind has another number in another process.
    write(tmp_path, 1, records[:12_000], {1: "timeout", 2: "HTTP 503"})
    write(tmp_path, 2, records[12_000:], {1: "HTTP 503", 2: "timeout"})

    stats = AnswerRecords.read(tmp_path).stats(1030, 1060)

    inside = (at >= 1030) & (at < 1060)
    good = ms[inside & (kinds == 0)]
    first = np.arange(20_000) < 12_000
    timeouts = int((inside & (kinds == np.where(first, 1, 2))).sum())
    assert stats.good == len(good)
    assert stats.achieved == pytest.approx(len(good) / 30)
    assert stats.failures == {"HTTP 503": int((inside & (kinds > 0)).sum()) - timeouts, "timeout": timeouts}
    seen = (stats.p50_ms, stats.p95_ms, stats.p99_ms, stats.max_ms)
    assert seen == pytest.approx(np.percentile(good, (50, 95, 99, 100), method="inverted_cdf"), abs=0.001)
    # Numpy's default method interpolates between two neighbouring values.
    assert seen == pytest.approx(np.percentile(good, (50, 95, 99, 100)), rel=0.05)


def test_fast_failures_do_not_make_percentiles_better(tmp_path: Path) -> None:
    """Many fast 503s are counted, but are not part of the percentiles."""
    write(tmp_path, 1, [(5.0, 100.0, 0), *[(5.0, 1.0, 1)] * 99], {1: "HTTP 503 overloaded"})

    stats = AnswerRecords.read(tmp_path).stats(0, 10)

    assert stats == ResponseStats(10, 1, {"HTTP 503 overloaded": 99}, 100, 100, 100, 100)


def test_incomplete_end_of_a_file_is_left_out(tmp_path: Path) -> None:
    """An incomplete record or line is not read; a failure whose name is not written yet still counts."""
    write(tmp_path, 1, [(1.0, 10.0, 0), (2.0, 20.0, 1)], {})
    with (tmp_path / "answers-1.bin").open("ab") as file:
        file.write(PACKED.pack(3.0, 30.0, 0)[:5])
    with (tmp_path / "events-1.jsonl").open("a") as lines:
        lines.write('{"kind": 1, "na')

    stats = AnswerRecords.read(tmp_path).stats(0, 10)

    assert (stats.good, stats.failures) == (1, {"failure without a name (1)": 1})


def test_answered_requests_of_a_window(tmp_path: Path) -> None:
    """With `answered`, a request that was sent before the window counts, and one still without an answer does not."""
    write(tmp_path, 1, [(1.0, 4500.0, 0), (5.5, 400.0, 0), (5.9, 200.0, 0), (3.0, 2000.0, 1)], {1: "timeout"})

    stats = AnswerRecords.read(tmp_path).stats(5, 6, answered=True)

    assert (stats.good, stats.max_ms, stats.failures) == (2, 4500, {"timeout": 1})


def test_no_answers(tmp_path: Path) -> None:
    """Without answers all figures are 0; a window without length is an error."""
    answers = AnswerRecords.read(tmp_path)

    assert answers.stats(0, 1) == ResponseStats(1, 0, {}, 0, 0, 0, 0)
    with pytest.raises(ValueError, match="has no length"):
        answers.stats(1, 1)
