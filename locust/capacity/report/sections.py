"""The sections of the report."""

from __future__ import annotations

from capacity.report import charts, tables
from capacity.report.data import ReportData
from capacity.report.descriptions import compare, describe_end, describe_trial
from capacity.report.headline import normalized_cpu
from capacity.report.language import MISSING, Language
from capacity.report.section import Chart, Section, Table
from capacity.report.selection import shown
from capacity.report.summary import largest_rate, open_check, rejected, replica_rows


def sections(data: ReportData, language: Language, raw: str) -> list[Section]:
    """All of them.

    Args:
        data: The data of the report.
        language: Its language.
        raw: Name of the CSV file beside the report.
    """
    return [
        _answers(data, language),
        _rates(data, language),
        _section(language, "load", charts.load(data, language)),
        _map(data, language),
        _replicas(data, language),
        _largest(data, language),
        _open(data, language),
        _section(language, "throttling", charts.throttling(data, language)),
        Section(key="left_out", items=tuple(each.text(language.code) for each in data.left_out) or (MISSING,)),
        Section(key="setting", tables=(tables.setting(data, language),)),
        Section(key="commands", texts=() if data.commands else (MISSING,), commands=data.commands),
        Section(key="raw", texts=(language.text("raw_text"),), link=raw),
    ]


def _answers(data: ReportData, language: Language) -> Section:
    if not data.results:
        return Section(key="answers", texts=(language.text("answers_none"),))
    any_rejected = any(each.minimum and rejected(each.minimum) for each in data.results.values())
    note = (language.text("answers_note"),) if any_rejected else ()
    normalized = (normalized_cpu(data, route, language) for route in data.routes)
    return Section(key="answers", texts=(*note, *filter(None, normalized)), tables=(tables.answers(data, language),))


def _rates(data: ReportData, language: Language) -> Section:
    trials = [trial for route in data.routes if (trial := shown(data, route))]
    drawn = [chart for trial in trials for chart in charts.rate_and_latency(data, trial, language)]
    return _section(language, "rates", drawn, [tables.steps(data, trial, language) for trial in trials])


def _map(data: ReportData, language: Language) -> Section:
    return _section(
        language,
        "map",
        charts.trial_maps(data, language),
        [tables.trials(data, language)] if data.trials else [],
    )


def _replicas(data: ReportData, language: Language) -> Section:
    rows = replica_rows(data)
    return _section(
        language, "replicas", charts.replicas(data, language), [tables.replicas(rows, language)] if rows else []
    )


def _largest(data: ReportData, language: Language) -> Section:
    most = largest_rate(data)
    if not most:
        return _section(language, "largest", [])
    under, stopped = describe_trial(most).text(language.code), describe_end(most).text(language.code) or MISSING
    text = language.text("largest_text", rate=language.number(most.rate, 0), under=under, stopped=stopped)
    return Section(key="largest", texts=(text,))


def _open(data: ReportData, language: Language) -> Section:
    check = open_check(data)
    if not check:
        return _section(language, "open", [])
    note = language.text("open_note", offered=language.number(check.open.offered, 0))
    return Section(
        key="open", texts=(note, compare(check).text(language.code)), tables=(tables.open_check(check, language),)
    )


def _section(language: Language, key: str, drawn: list[Chart], evidence: list[Table] | None = None) -> Section:
    """With its note, or with the text that nothing was measured."""
    full = bool(drawn or evidence)
    text = language.text(f"{key}_note" if full else "nothing")
    return Section(key=key, texts=(text,), charts=tuple(drawn), tables=tuple(evidence or ()))
