"""README and the documents in docs/ have the same content in Spanish and in English."""

import re
from dataclasses import dataclass

import pytest

from tests.unit.docs.markdown import Document


@dataclass(frozen=True)
class Pair:
    """A document in both languages.

    Attributes:
        spanish: The one in Spanish.
        english: The one in English.
        marks: The lists that it has: the beginnings of their lines.
    """

    spanish: Document
    english: Document
    marks: tuple[str, ...]


PAIRS = [
    Pair(Document.read("README.md"), Document.read("README.en.md"), (r"\|", "- ", r"\d\. ")),
    Pair(Document.read("docs/protocols.md"), Document.read("docs/protocols.en.md"), (r"\|", "- ")),
    Pair(Document.read("docs/security.md"), Document.read("docs/security.en.md"), (r"\|",)),
    Pair(Document.read("docs/kubernetes.md"), Document.read("docs/kubernetes.en.md"), (r"\|",)),
]


@pytest.fixture(params=PAIRS, ids=lambda pair: pair.spanish.name)
def pair(request: pytest.FixtureRequest) -> Pair:
    """Each document in turn."""
    found: Pair = request.param
    return found


def test_the_headings_correspond(pair: Pair) -> None:
    """The same number of headings, with the same levels in the same order."""
    assert [heading.level for heading in pair.spanish.headings] == [heading.level for heading in pair.english.headings]


def test_the_code_blocks_are_the_same(pair: Pair) -> None:
    """Every block is the same to the last character."""
    assert [(block.language, block.text) for block in pair.english.blocks] == [
        (block.language, block.text) for block in pair.spanish.blocks
    ]


def test_each_block_is_in_the_corresponding_section(pair: Pair) -> None:
    """No block is in another section."""
    spanish = [heading.text for heading in pair.spanish.headings]
    english = [heading.text for heading in pair.english.headings]
    assert [spanish.index(block.section) for block in pair.spanish.blocks] == [
        english.index(block.section) for block in pair.english.blocks
    ]


def test_the_same_files_are_linked(pair: Pair) -> None:
    """In the same order, each in the document's own language; anchors and the page in the other language differ."""
    assert _files(pair.spanish) == _files(pair.english)


def test_tables_and_lists_correspond(pair: Pair) -> None:
    """The same number of rows and items."""
    for mark in pair.marks:
        assert _lines(pair.spanish, mark) == _lines(pair.english, mark) > 0


def test_the_code_spans_are_the_same(pair: Pair) -> None:
    """Names, options, messages and values in backticks are not translated."""
    assert sorted(pair.spanish.spans) == sorted(pair.english.spans)


def _files(document: Document) -> list[str]:
    """The targets of the links, without anchors and language, except those to the document itself."""
    links = [link.partition("#")[0] for link in document.links if not link.startswith("#")]
    targets = [link.replace(".en.md", ".md").replace(".en.png", ".es.png") for link in links]
    own = document.name.rpartition("/")[2].replace(".en.md", ".md")
    return [target for target in targets if target != own]


def _lines(document: Document, mark: str) -> int:
    return sum(re.match(mark, line) is not None for line in document.prose)
