"""Open arrivals beside users who wait for their answers, at the same rate and under the same limits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from capacity.model.step import Step
from capacity.model.trial import Kind
from capacity.model.verdict import Holds, Invalid
from capacity.report.data import OpenCheck, Percentiles
from capacity.report.language import LANGUAGES
from capacity.report.mapping import Judged
from capacity.report.trial_record import Sentence

_KEPT_UP: Final = 0.9
_LEFT_BEHIND: Final = Sentence(
    es="Con llegadas abiertas la API no alcanza: las que no se respondieron a tiempo no están en los percentiles, y "
    "la cola crece. El circuito cerrado lo esconde, porque quien espera no pide.",
    en="With open arrivals the API cannot keep up: those not answered in time are not in the percentiles, and the "
    "queue grows. The closed loop hides it, because who waits does not ask.",
)


def open_check(judged: Sequence[Judged]) -> OpenCheck | None:
    """The last open arrivals beside the last staircase that held; None where one of them is missing or says nothing.

    Args:
        judged: Trials in order, and what they show.
    """
    opened = [(trial, verdict) for trial, verdict in judged if trial.kind is Kind.OPEN]
    if not opened:
        return None
    free, shown = opened[-1]
    ask = replace(free.ask, kind=Kind.STAIRCASE)
    closed = [
        trial for trial, verdict in judged if (trial.ask, trial.via) == (ask, free.via) and isinstance(verdict, Holds)
    ]
    if isinstance(shown, Invalid) or not closed or not free.steps[-1].achieved:
        return None
    return _compared(closed[-1].steps[-1], free.steps[-1])


def _compared(closed: Step, free: Step) -> OpenCheck:
    difference = free.p99_ms - closed.p99_ms
    if free.achieved < closed.achieved * _KEPT_UP:
        return OpenCheck(
            offered=free.offered, closed=_percentiles(closed), open=_percentiles(free), sentence=_LEFT_BEHIND
        )
    values = {language.code: language.number(abs(difference)) for language in LANGUAGES}
    if difference > 0:
        sentence = Sentence(
            es=f"El circuito cerrado esconde {values['es']} ms del p99: quien espera no pide, y lo que no se pide no "
            "tarda.",
            en=f"The closed loop hides {values['en']} ms of the p99: who waits does not ask, and what is not asked "
            "takes no time.",
        )
    else:
        sentence = Sentence(
            es=f"Con llegadas abiertas el p99 no es peor ({values['es']} ms menos): aquí el circuito cerrado no "
            "esconde nada.",
            en=f"With open arrivals the p99 is no worse ({values['en']} ms less): here the closed loop hides nothing.",
        )
    return OpenCheck(offered=free.offered, closed=_percentiles(closed), open=_percentiles(free), sentence=sentence)


def _percentiles(step: Step) -> Percentiles:
    return Percentiles(rate=step.achieved, p50_ms=step.p50_ms, p95_ms=step.p95_ms, p99_ms=step.p99_ms)
