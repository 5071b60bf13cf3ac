"""The files of a report."""

from __future__ import annotations

import json
from pathlib import Path

from capacity.report.data import ReportData
from capacity.report.html import html
from capacity.report.language import LANGUAGES
from capacity.report.markdown import markdown
from capacity.report.raw_data import to_csv, to_json


def write_report(data: ReportData, folder: Path) -> list[Path]:
    """Write HTML and Markdown in each language, CSV and JSON; returns the files.

    Args:
        data: The data of the report.
        folder: Folder of the files; created if it is missing.
    """
    folder.mkdir(parents=True, exist_ok=True)
    texts = {
        "capacity.csv": to_csv(data),
        "capacity.json": json.dumps(to_json(data), indent=2, ensure_ascii=False) + "\n",
    }
    for language, other in zip(LANGUAGES, reversed(LANGUAGES), strict=True):
        for suffix, write in (("html", html), ("md", markdown)):
            link = (other.code, f"capacity.{other.code}.{suffix}")
            texts[f"capacity.{language.code}.{suffix}"] = write(data, language, other=link, raw="capacity.csv")
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8", newline="\n")
    return [folder / name for name in texts]
