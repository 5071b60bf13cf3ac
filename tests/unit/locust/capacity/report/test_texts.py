"""Both languages say the same."""

import string

import pytest

from capacity.report import texts_en, texts_es


def _holes(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_no_text_is_missing_in_one_language() -> None:
    """Same keys, same order."""
    assert list(texts_es.TEXTS) == list(texts_en.TEXTS)


@pytest.mark.parametrize("key", texts_en.TEXTS)
def test_a_text_takes_the_same_values_in_both(key: str) -> None:
    """A figure that one language tells is told by the other."""
    assert _holes(texts_es.TEXTS[key]) == _holes(texts_en.TEXTS[key])
