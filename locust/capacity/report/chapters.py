"""The report, chapter by chapter."""

from __future__ import annotations

from capacity.report import drawings, tables
from capacity.report.chapter import Chapter, Chart, Table
from capacity.report.data import ReportData
from capacity.report.headline import equal_pace
from capacity.report.language import MISSING, Language
from capacity.report.selection import shown, ways


def chapters(findings: ReportData, language: Language, raw: str) -> list[Chapter]:
    """All of them; one whose part was not measured says so.

    Args:
        findings: What there is to tell.
        language: In which words.
        raw: Name of the CSV file beside the report.
    """
    return [
        _answers(findings, language),
        _rates(findings, language),
        _chapter(language, "load", drawings.load(findings, language)),
        _map(findings, language),
        _replicas(findings, language),
        _largest(findings, language),
        _open(findings, language),
        _chapter(language, "throttling", drawings.throttling(findings, language)),
        Chapter(key="left_out", items=tuple(one.said(language.code) for one in findings.left_out) or (MISSING,)),
        Chapter(key="setting", tables=(tables.setting(findings, language),)),
        Chapter(key="commands", texts=() if findings.commands else (MISSING,), commands=findings.commands),
        Chapter(key="raw", texts=(language.text("raw_text"),), link=raw),
    ]


def _answers(findings: ReportData, language: Language) -> Chapter:
    if not findings.answers:
        return Chapter(key="answers", texts=(language.text("answers_none"),))
    any_rejected = any(one.rejected for one in findings.answers)
    note = (language.text("answers_note"),) if any_rejected else ()
    needs = (equal_pace(findings, via, language) for via in ways(findings))
    return Chapter(key="answers", texts=(*note, *filter(None, needs)), tables=(tables.answers(findings, language),))


def _rates(findings: ReportData, language: Language) -> Chapter:
    trials = [trial for trial in (shown(findings, via) for via in ways(findings)) if trial]
    charts = [chart for trial in trials for chart in drawings.trial(trial, findings.question.slo.p99_ms, language)]
    return _chapter(language, "rates", charts, [tables.steps(trial, language) for trial in trials])


def _map(findings: ReportData, language: Language) -> Chapter:
    evidence = [tables.trials(findings, language)] if findings.trials else []
    return _chapter(language, "map", drawings.trial_maps(findings, language), evidence)


def _replicas(findings: ReportData, language: Language) -> Chapter:
    rows = [tables.replicas(findings, language)] if findings.replicas else []
    return _chapter(language, "replicas", drawings.replicas(findings, language), rows)


def _largest(findings: ReportData, language: Language) -> Chapter:
    most = findings.largest_rate
    if not most:
        return _chapter(language, "largest", [])
    under = most.under.said(language.code) or MISSING
    stopped = most.stopped_by.said(language.code) or MISSING
    text = language.text("largest_text", rate=language.number(most.rate, 0), under=under, stopped=stopped)
    return Chapter(key="largest", texts=(text,))


def _open(findings: ReportData, language: Language) -> Chapter:
    check = findings.open_check
    if not check:
        return _chapter(language, "open", [])
    texts = (language.text("open_note", offered=language.number(check.offered, 0)), check.sentence.said(language.code))
    return Chapter(key="open", texts=tuple(filter(None, texts)), tables=(tables.open_check(check, language),))


def _chapter(language: Language, key: str, charts: list[Chart], evidence: list[Table] | None = None) -> Chapter:
    """With its note, or with the word that there is nothing."""
    full = bool(charts or evidence)
    text = language.text(f"{key}_note" if full else "nothing")
    return Chapter(key=key, texts=(text,), charts=tuple(charts), tables=tuple(evidence or ()))
