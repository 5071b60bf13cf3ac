"""The sections of the report."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from capacity.model.verdict import Fails
from capacity.report import charts, tables
from capacity.report.data import ReportData
from capacity.report.descriptions import compare, describe_end, describe_trial
from capacity.report.headline import normalized_cpu
from capacity.report.language import Language
from capacity.report.section import Chart, Section, Table
from capacity.report.selection import shown
from capacity.report.summary import largest_rate, open_check, rejected, replica_rows


def sections(data: ReportData, language: Language, raw: str) -> list[Section]:
    """The sections; what was not measured or asked for has none.

    Args:
        data: The data of the report.
        language: Its language.
        raw: Name of the CSV file beside the report.
    """
    trials = [trial for route in data.routes if (trial := shown(data, route))]
    rows = replica_rows(data)
    return [
        *_answers(data, language),
        *_measured(
            language,
            "rates",
            [chart for trial in trials for chart in charts.rate_and_latency(data, trial, language)],
            [tables.steps(data, trial, language) for trial in trials],
        ),
        *_measured(language, "load", charts.load(data, language)),
        *_measured(
            language, "map", charts.trial_maps(data, language), [tables.trials(data, language)] if data.trials else []
        ),
        *_measured(
            language, "replicas", charts.replicas(data, language), [tables.replicas(rows, language)] if rows else []
        ),
        *_largest(data, language),
        *_open(data, language),
        *_measured(language, "throttling", charts.throttling(data, language)),
        *_left_out(data, language),
        Section(key="setting", tables=(tables.setting(data, language),)),
        *_commands(data),
        Section(key="raw", texts=(language.text("raw_text"),), link=raw),
    ]


def _answers(data: ReportData, language: Language) -> Iterator[Section]:
    if data.held_without_limits:
        return
    if not data.results:
        yield Section(key="answers", texts=(language.text("answers_none"),))
        return
    minima = [minimum for route in data.routes if (minimum := data.minimum(route))]
    fail = any(isinstance(neighbour.verdict, Fails) for minimum in minima for _, neighbour in rejected(minimum))
    note = (language.text("answers_note"),) if fail else ()
    normalized = (normalized_cpu(data, route, language) for route in data.routes)
    yield Section(key="answers", texts=(*note, *filter(None, normalized)), tables=(tables.answers(data, language),))


def _largest(data: ReportData, language: Language) -> Iterator[Section]:
    if largest := largest_rate(data):
        text = language.text(
            "largest_text",
            rate=language.number(largest.rate, 0),
            under=describe_trial(data, largest.trial).text(language.code),
        )
        end = describe_end(largest).text(language.code)
        yield Section(key="largest", texts=(text, *([language.text("stopped", stopped=end)] if end else [])))


def _open(data: ReportData, language: Language) -> Iterator[Section]:
    if check := open_check(data):
        note = language.text("open_note", offered=language.number(check.open.offered, 0))
        yield Section(
            key="open", texts=(note, compare(check).text(language.code)), tables=(tables.open_check(check, language),)
        )


def _left_out(data: ReportData, language: Language) -> Iterator[Section]:
    if data.left_out:
        yield Section(key="left_out", items=tuple(each.text(language.code) for each in data.left_out))


def _commands(data: ReportData) -> Iterator[Section]:
    if data.commands:
        yield Section(key="commands", commands=data.commands)


def _measured(
    language: Language, key: str, drawn: Sequence[Chart], evidence: Sequence[Table] = ()
) -> Iterator[Section]:
    """A section with its note, if it has a chart or a table."""
    if drawn or evidence:
        yield Section(key=key, texts=(language.text(f"{key}_note"),), charts=tuple(drawn), tables=tuple(evidence))
