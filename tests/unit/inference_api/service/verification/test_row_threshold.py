"""From how many rows on the second way of a computation serves."""

from time import thread_time
from typing import Final

import numpy as np
import pytest

from src.service.flavors.computation import Computation, Matrix
from src.service.prediction.encoders import MatrixEncoder
from src.service.prediction.micro_batcher import MAX_ROWS_PER_CALL
from src.service.schema.column import Column
from src.service.verification.row_threshold import SIZES, with_threshold

ENCODER: Final = MatrixEncoder([Column("x", "number", "float64")])
ROWS: Final = [(float(number),) for number in range(5)]
MILLISECOND: Final = 0.001


class Busy:
    """Takes CPU time: a fixed part, and more for each row; the answer is the first column."""

    def __init__(self, fixed: float, per_row: float, *, added: float = 0.0) -> None:
        """Set the parts in milliseconds, and what the answer is wrong by."""
        self._fixed, self._per_row, self._added = fixed, per_row, added
        self.largest = 0

    def __call__(self, matrix: Matrix) -> Matrix:
        """The first column, after a while."""
        self.largest = max(self.largest, len(matrix))
        end = thread_time() + MILLISECOND * (self._fixed + self._per_row * len(matrix))
        while thread_time() < end:
            pass
        return matrix[:, 0] + self._added


def test_the_faster_way_for_many_rows() -> None:
    """The threshold is the first size at which the second way is faster, and larger ones are not tried."""
    few, many = Busy(0, 0.01), Busy(1, 0)
    computation = with_threshold(Computation(few, raw_of_many=many), ENCODER, ROWS)
    assert computation.many == 128
    assert few.largest == 128
    assert computation.raw_of_many is many


@pytest.mark.parametrize(
    "other", [Busy(0.5, 0), Busy(0, 0, added=np.spacing(4.0))], ids=["slower", "different in the last bit"]
)
def test_another_way_that_is_of_no_use(other: Busy) -> None:
    """A second way that is always slower, or not exactly equal, never serves."""
    computation = with_threshold(Computation(Busy(0, 0.0001), raw_of_many=other), ENCODER, ROWS)
    assert computation.raw_of_many is None


def test_without_another_way() -> None:
    """A computation with a single way is not called, and stays what it is."""
    only = Busy(0, 0)
    computation = Computation(only)
    assert with_threshold(computation, ENCODER, ROWS) is computation
    assert only.largest == 0


def test_sizes_go_as_far_as_a_call_does() -> None:
    """The largest measured size is the most rows that one call of the model gets."""
    assert SIZES[-1] == MAX_ROWS_PER_CALL
