"""The same report as Markdown."""

import re

import pytest

from capacity.report.data import ReportData
from capacity.report.language import ENGLISH, LANGUAGES, SPANISH, Language
from capacity.report.markdown import escape, markdown
from tests.unit.locust.capacity.report.examples import FULL, QUICK
from tests.unit.locust.capacity.report.test_html import CASES, EVIL, HOSTILE


def _written(data: ReportData, *, english: bool = True) -> str:
    return markdown(data, ENGLISH if english else SPANISH, other=("es", "other.md"), raw="capacity.csv")


@pytest.mark.parametrize("data", CASES.values(), ids=CASES.keys())
@pytest.mark.parametrize("language", LANGUAGES, ids=lambda one: one.code)
def test_every_row_has_as_many_cells_as_its_head_row(data: ReportData, language: object) -> None:
    """Whatever the text of a cell is."""
    text = _written(data, english=language is ENGLISH)
    tables = re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE)

    assert tables
    for table in tables:
        assert len({len(re.findall(r"(?<!\\)\|", row)) for row in table.splitlines()}) == 1


def test_the_answer_comes_first() -> None:
    """As in HTML."""
    assert _written(FULL).splitlines()[4] == "**10,000 users need 0.08 CPU and 96 MiB, through the gateway.**"


@pytest.mark.parametrize("language", LANGUAGES, ids=lambda each: each.code)
def test_what_was_not_measured_is_left_out(language: Language) -> None:
    """With --quick there is no heading of other trials."""
    text = markdown(QUICK, language, other=("es", "other.md"), raw="capacity.csv")
    headings = re.findall(r"^## (.+)$", text, re.MULTILINE)

    keys = ("answers", "rates", "load", "map", "largest", "throttling", "setting", "commands", "raw")
    assert headings == [escape(language.text(key)) for key in keys]


def test_headings_are_the_same_in_both_languages() -> None:
    """As many, of the same levels."""
    levels = [re.findall(r"^#+", _written(FULL, english=english), re.MULTILINE) for english in (True, False)]

    assert levels[0] == levels[1]
    assert levels[0].count("##") == 12


def test_texts_are_escaped() -> None:
    """They make no tag, cell or emphasis; commands stay as they are, in a fence longer than those in them."""
    text = _written(HOSTILE)

    assert escape("a|b\n<c>") == r"a\|b \<c\>"
    assert text.count("<script>") == 1
    assert f"```bash\n{EVIL}\n```" in text
