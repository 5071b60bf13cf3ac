"""Parameters of a query string."""

import pytest

from src.controller.protocols.query import flag
from src.errors import InvalidParameterError

NAME = "probabilities"


@pytest.mark.parametrize(
    "query", [f"{NAME}=true", f"{NAME}=1", f"{NAME}=TRUE", f"a=b&{NAME}=true", f"{NAME}=0&{NAME}=1"]
)
def test_true(query: str) -> None:
    """True in any letter case, or 1; the last value counts."""
    assert flag(query, NAME)


@pytest.mark.parametrize(
    "query", ["", f"{NAME}=false", f"{NAME}=0", "other=true", f"%{NAME}=true", f"{NAME}=1&{NAME}=0"]
)
def test_false(query: str) -> None:
    """False, 0, or no such parameter."""
    assert not flag(query, NAME)


@pytest.mark.parametrize("query", [NAME, f"{NAME}=", f"{NAME}=yes", f"{NAME}=%00", f"{NAME}=tru%65e"])
def test_other_words(query: str) -> None:
    """Anything else is refused, without repeating it."""
    with pytest.raises(InvalidParameterError, match="must be true or false"):
        flag(query, NAME)
