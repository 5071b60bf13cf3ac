"""The report as Markdown: all but the drawings."""

from __future__ import annotations

import re
from collections.abc import Iterator

from capacity.report.chapter import Chapter, Table
from capacity.report.chapters import chapters
from capacity.report.data import ReportData
from capacity.report.headline import headline, measured, objective
from capacity.report.language import Language

_MEANT = re.compile(r"([\\`*_\[\]<>|#~&])")


def markdown(findings: ReportData, language: Language, *, other: tuple[str, str], raw: str) -> str:
    """Write it; the arguments are those of `html`."""
    title = language.text("title", users=language.number(findings.question.users, 0))
    parts = [
        f"# {plain(title)}",
        f"[{language.text('other_language')}]({other[1]})",
        f"**{plain(headline(findings, language))}**",
        plain(measured(findings, language)),
        plain(objective(findings, language)),
    ]
    for chapter in chapters(findings, language, raw):
        parts += _chapter(chapter, language)
    return "\n\n".join(filter(None, parts)) + "\n"


def plain(text: str) -> str:
    """A text of which no sign means anything, on one line."""
    return _MEANT.sub(r"\\\1", text.replace("\r", " ").replace("\n", " "))


def _chapter(chapter: Chapter, language: Language) -> Iterator[str]:
    yield f"## {plain(language.text(chapter.key))}"
    yield from map(plain, chapter.texts)
    for table in chapter.tables:
        if len(chapter.tables) > 1 or table.long:
            yield f"### {plain(table.caption)}"
        yield _table(table)
    if chapter.items:
        yield "\n".join(f"- {plain(item)}" for item in chapter.items)
    if chapter.commands:
        typed = "\n".join(chapter.commands)
        fence = "`" * max(3, *(len(run) + 1 for run in re.findall("`+", typed)), 3)
        yield f"{fence}bash\n{typed}\n{fence}"
    if chapter.link:
        yield f"[{plain(chapter.link)}]({chapter.link})"


def _table(table: Table) -> str:
    rule = ["---"] * len(table.head) if table.prose else ["---", *["---:"] * (len(table.head) - 1)]
    rows = [[plain(cell) for cell in row] for row in (table.head, *table.rows)]
    lines = [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join([lines[0], f"|{'|'.join(rule)}|", *lines[1:]])
