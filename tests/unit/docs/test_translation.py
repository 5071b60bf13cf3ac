"""README.md and README.en.md have the same content."""

import re

import pytest

from tests.unit.docs.markdown import Document

SPANISH = Document.read("README.md")
ENGLISH = Document.read("README.en.md")


def test_the_headings_correspond() -> None:
    """The same number of headings, with the same levels in the same order."""
    assert [heading.level for heading in SPANISH.headings] == [heading.level for heading in ENGLISH.headings]


def test_the_code_blocks_are_the_same() -> None:
    """Every block is the same to the last character."""
    assert [(block.language, block.text) for block in ENGLISH.blocks] == [
        (block.language, block.text) for block in SPANISH.blocks
    ]


def test_each_block_is_in_the_corresponding_section() -> None:
    """No block is in another section."""
    spanish = [heading.text for heading in SPANISH.headings]
    english = [heading.text for heading in ENGLISH.headings]
    assert [spanish.index(block.section) for block in SPANISH.blocks] == [
        english.index(block.section) for block in ENGLISH.blocks
    ]


def test_the_same_files_are_linked() -> None:
    """In the same order; anchors and the page in the other language differ."""
    assert _files(SPANISH) == _files(ENGLISH)


@pytest.mark.parametrize("mark", [r"\|", "- ", r"\d\. "], ids=["rows", "items", "steps"])
def test_tables_and_lists_correspond(mark: str) -> None:
    """The same number of rows and items."""
    assert _lines(SPANISH, mark) == _lines(ENGLISH, mark) > 0


def test_the_code_spans_are_the_same() -> None:
    """Names, options, messages and values in backticks are not translated."""
    assert sorted(SPANISH.spans) == sorted(ENGLISH.spans)


def _files(document: Document) -> list[str]:
    targets = [link for link in document.links if not link.startswith("#")]
    return [target for target in targets if target not in {"README.md", "README.en.md"}]


def _lines(document: Document, mark: str) -> int:
    return sum(re.match(mark, line) is not None for line in document.prose)
