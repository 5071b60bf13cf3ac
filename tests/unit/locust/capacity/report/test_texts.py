"""The texts of both languages correspond."""

import string

import pytest

from capacity.report import texts_en, texts_es


def _placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_both_languages_have_the_same_texts() -> None:
    """The same keys in the same order."""
    assert list(texts_es.TEXTS) == list(texts_en.TEXTS)


@pytest.mark.parametrize("key", texts_en.TEXTS)
def test_texts_have_the_same_placeholders(key: str) -> None:
    """Each figure is in both languages."""
    assert _placeholders(texts_es.TEXTS[key]) == _placeholders(texts_en.TEXTS[key])
