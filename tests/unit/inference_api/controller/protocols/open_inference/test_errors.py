"""The errors of this protocol."""

import json

from src.controller.protocols.open_inference.errors import InvalidInferenceError, error_content, quoted
from src.errors import MAX_BODY, FieldProblem, InvalidRowError


def test_an_error_is_a_sentence() -> None:
    """Clients read `error` as the sentence; the problems of single fields are in it."""
    assert json.loads(error_content(InvalidInferenceError("input 'a' is wrong"))) == {"error": "input 'a' is wrong"}
    fields = (FieldProblem("[3].a", "Field required"), FieldProblem("b", "is too long"))
    assert json.loads(error_content(InvalidRowError("the input does not fit", fields))) == {
        "error": "the input does not fit ([3].a: Field required; b: is too long)"
    }


def test_an_error_has_a_limit() -> None:
    """What the client sent cannot make the response long, not even with characters that JSON escapes."""
    for character in ("a", "\0", "ñ", "😀"):
        content = error_content(InvalidInferenceError(character * 100_000))
        assert len(content) <= MAX_BODY
        assert json.loads(content)["error"].startswith(character)
    assert len(quoted("a" * 1000)) < 200
