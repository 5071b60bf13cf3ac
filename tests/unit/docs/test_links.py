"""Links have existing targets, and no file has a path of the author's machine."""

import re

import pytest

from tests.unit.docs.markdown import ROOT, Document

DOCUMENTS = [str(path.relative_to(ROOT)) for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]]


@pytest.fixture(params=DOCUMENTS)
def document(request: pytest.FixtureRequest) -> Document:
    """Each document of the project in turn."""
    return Document.read(request.param)


def test_the_documents_exist() -> None:
    """The usual files of a project."""
    assert {"README.md", "README.en.md", "Taller.md", "CHANGELOG.md", "CONTRIBUTING.md"} <= set(DOCUMENTS)


def test_links_to_files_and_headings_resolve(document: Document) -> None:
    """Every relative link is a file of the project, and every anchor one of its headings."""
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
    """The list of contents of README links each chapter after it."""
    for name in ("README.md", "README.en.md"):
        document = Document.read(name)
        listed = {link[1:] for link in document.links if link.startswith("#")}
        chapters = [heading for heading in document.headings if heading.level == 2]
        # Licence and authors are at the end.
        assert {heading.anchor for heading in chapters[:-2]} <= listed


def test_no_path_of_a_machine(document: Document) -> None:
    """No file has the path of a home folder or of a checkout."""
    assert not re.search(r"(?<![\w.])/(?:home|root|work|Users|tmp)/", document.text)
