"""A chapter of the report, the same for HTML and Markdown."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup


@dataclass(frozen=True, slots=True)
class Table:
    """Cells as they are read.

    Attributes:
        caption: What it shows.
        head: Names of the columns.
        rows: As many cells each.
        prose: Whether the cells are texts; else all but the first are figures.
        long: Whether it is evidence to look up, folded away until asked for.
    """

    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    prose: bool = False
    long: bool = False


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawing and what it is called."""

    title: str
    svg: Markup


@dataclass(frozen=True, slots=True, kw_only=True)
class Chapter:
    """Heading, texts, drawings, tables, commands and a link, in this order.

    Attributes:
        key: Its anchor, and the key of its heading.
        texts: Paragraphs.
        charts: Drawings.
        tables: Tables.
        items: A list.
        commands: Lines to type.
        link: A file beside the report.
    """

    key: str
    texts: tuple[str, ...] = ()
    charts: tuple[Chart, ...] = ()
    tables: tuple[Table, ...] = ()
    items: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()
    link: str = ""
