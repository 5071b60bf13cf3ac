"""A section of the report, in a form for HTML and Markdown."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup


@dataclass(frozen=True, slots=True)
class Table:
    """A table of texts.

    Attributes:
        caption: What it shows.
        head: Names of the columns.
        rows: As many cells each.
        prose: Whether all cells are prose; else all but the first of a row are figures.
        long: Whether it is folded in HTML.
    """

    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    prose: bool = False
    long: bool = False


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart and its title."""

    title: str
    svg: Markup


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """Heading, texts, charts, tables, list, commands and link, in this order.

    Attributes:
        key: Its anchor, and the key of its heading among the texts.
        texts: Paragraphs.
        charts: Charts.
        tables: Tables.
        items: Items of a list.
        commands: Command lines.
        link: File name beside the report.
    """

    key: str
    texts: tuple[str, ...] = ()
    charts: tuple[Chart, ...] = ()
    tables: tuple[Table, ...] = ()
    items: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()
    link: str = ""
