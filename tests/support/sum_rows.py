"""The model of the conformance tests: its rows and its predictions."""

from typing import Final

NAME: Final = "conformance_sum"
"""Name of the registered model, which answers x + 1000 y."""

VERSION: Final = "1"

REFUSED: Final = b'{"x":1,"y":1e308}'
"""A row that fits the signature and has an infinite prediction, which the service refuses."""


def x_and_y(number: int) -> tuple[int, int]:
    """The values of the row of a number."""
    return number, number + 7


def row(number: int) -> bytes:
    """The row of a number as JSON."""
    return b'{"x":%d,"y":%d}' % x_and_y(number)


def prediction(number: int) -> float:
    """The prediction for the row of a number."""
    x, y = x_and_y(number)
    return float(x + 1000 * y)
