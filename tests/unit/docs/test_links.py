"""Links lead somewhere, and no file gives away the machine it was written on."""

import re

import pytest

from tests.unit.docs.markdown import ROOT, Document

DOCUMENTS = [str(path.relative_to(ROOT)) for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]]


@pytest.fixture(params=DOCUMENTS)
def document(request: pytest.FixtureRequest) -> Document:
    """Each document of the project in turn."""
    return Document.read(request.param)


def test_the_documents_are_there() -> None:
    """The files that people look for."""
    assert {"README.md", "README.en.md", "Taller.md", "CHANGELOG.md", "CONTRIBUTING.md"} <= set(DOCUMENTS)


def test_links_to_files_and_headings_resolve(document: Document) -> None:
    """Every relative link is a file of the project, and every anchor a heading of it."""
    for link in document.links:
        if link.startswith(("http://", "https://")):
            continue
        name, _, anchor = link.partition("#")
        path = (ROOT / document.name).parent / name if name else ROOT / document.name
        assert path.exists(), link
        if anchor:
            target = Document.read(str(path.resolve().relative_to(ROOT)))
            assert anchor in [heading.anchor for heading in target.headings], link


def test_the_contents_name_every_chapter() -> None:
    """README's list of contents leads to each chapter that follows it."""
    for name in ("README.md", "README.en.md"):
        document = Document.read(name)
        listed = {link[1:] for link in document.links if link.startswith("#")}
        chapters = [heading for heading in document.headings if heading.level == 2]
        # Licence and authors are looked for at the end.
        assert {heading.anchor for heading in chapters[:-2]} <= listed


def test_no_path_of_a_machine(document: Document) -> None:
    """Nobody else has this folder."""
    assert not re.search(r"(?<![\w.])/(?:home|root|work|Users|tmp)/", document.text)
