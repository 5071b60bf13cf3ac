"""The report as Markdown, without the charts."""

from __future__ import annotations

import re
from collections.abc import Iterator

from capacity.report.data import ReportData
from capacity.report.headline import headline, measured, objective
from capacity.report.language import Language
from capacity.report.section import Section, Table
from capacity.report.sections import sections

_SPECIAL = re.compile(r"([\\`*_\[\]<>|#~&])")


def markdown(data: ReportData, language: Language, *, other: tuple[str, str], raw: str) -> str:
    """The text of the file; the arguments are those of `html`."""
    title = language.text("title", users=language.number(data.spec.users, 0))
    parts = [
        f"# {escape(title)}",
        f"[{language.text('other_language')}]({other[1]})",
        f"**{escape(headline(data, language))}**",
        escape(measured(data, language)),
        escape(objective(data, language)),
    ]
    for section in sections(data, language, raw):
        parts += _section(section, language)
    return "\n\n".join(filter(None, parts)) + "\n"


def escape(text: str) -> str:
    """A text on one line, without characters that have a meaning in Markdown."""
    return _SPECIAL.sub(r"\\\1", text.replace("\r", " ").replace("\n", " "))


def _section(section: Section, language: Language) -> Iterator[str]:
    yield f"## {escape(language.text(section.key))}"
    yield from map(escape, section.texts)
    for table in section.tables:
        if len(section.tables) > 1 or table.long:
            yield f"### {escape(table.caption)}"
        yield _table(table)
    if section.items:
        yield "\n".join(f"- {escape(item)}" for item in section.items)
    if section.commands:
        typed = "\n".join(section.commands)
        fence = "`" * max(3, *(len(run) + 1 for run in re.findall("`+", typed)), 3)
        yield f"{fence}bash\n{typed}\n{fence}"
    if section.link:
        yield f"[{escape(section.link)}]({section.link})"


def _table(table: Table) -> str:
    rule = ["---"] * len(table.head) if table.prose else ["---", *["---:"] * (len(table.head) - 1)]
    rows = [[escape(cell) for cell in row] for row in (table.head, *table.rows)]
    lines = [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join([lines[0], f"|{'|'.join(rule)}|", *lines[1:]])
