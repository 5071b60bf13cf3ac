"""All files of a report."""

from __future__ import annotations

import json
from pathlib import Path

from capacity.report.data import ReportData
from capacity.report.html import html
from capacity.report.language import LANGUAGES
from capacity.report.markdown import markdown
from capacity.report.raw_steps import raw_steps


def write_report(findings: ReportData, folder: Path) -> list[Path]:
    """Write HTML and Markdown in each language, the raw steps and the findings; returns the files.

    Args:
        findings: What there is to tell.
        folder: Where to; made if it is missing.
    """
    folder.mkdir(parents=True, exist_ok=True)
    texts = {
        "capacity.csv": raw_steps(findings),
        "capacity.json": json.dumps(findings.to_json(), indent=2, ensure_ascii=False) + "\n",
    }
    for language, other in zip(LANGUAGES, reversed(LANGUAGES), strict=True):
        for suffix, write in (("html", html), ("md", markdown)):
            neighbour = (other.code, f"capacity.{other.code}.{suffix}")
            texts[f"capacity.{language.code}.{suffix}"] = write(findings, language, other=neighbour, raw="capacity.csv")
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8", newline="\n")
    return [folder / name for name in texts]
