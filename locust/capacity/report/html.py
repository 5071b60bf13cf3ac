"""The report as one HTML file without other files."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from capacity.report.data import ReportData
from capacity.report.headline import headline, measured, objective
from capacity.report.language import Language
from capacity.report.sections import sections

_TEMPLATES: Final = Path(__file__).with_name("templates")
_ENVIRONMENT: Final = Environment(
    loader=FileSystemLoader(_TEMPLATES),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def html(data: ReportData, language: Language, *, other: tuple[str, str], raw: str) -> str:
    """The text of the file.

    Args:
        data: The data of the report.
        language: Its language.
        other: Code and file name of the same report in the other language.
        raw: Name of the CSV file beside the report.
    """
    return _ENVIRONMENT.get_template("report.html.jinja").render(
        language=language,
        title=language.text("title", users=language.number(data.spec.users, 0)),
        headline=headline(data, language),
        measured=measured(data, language),
        objective=objective(data, language),
        sections=sections(data, language, raw),
        style=Markup((_TEMPLATES / "style.css").read_text(encoding="utf-8")),  # noqa: S704 - a file of the project
        other=other[1],
        other_code=other[0],
    )
