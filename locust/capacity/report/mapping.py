"""From trials and answers of a search to what the report tells."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, fields
from typing import Final

from capacity.model import search_result
from capacity.model.limits import Limits
from capacity.model.step import Step
from capacity.model.trial import Kind, TrialResult
from capacity.model.verdict import Fails, Holds, Invalid
from capacity.model.verdict import Verdict as Judgement
from capacity.report.data import Answer, LargestRate, Rejected, Replicas
from capacity.report.language import LANGUAGES
from capacity.report.trial_record import UNSAID, Sentence, StepRecord, TrialRecord, Verdict
from capacity.report.verdicts import said

Judged = tuple[TrialResult, Judgement]
"""A trial and what it shows."""

_GENERATOR_FULL: Final = Sentence(
    es="los archivos abiertos del generador: con más usuarios no se probó",
    en="the load generator's open files: more users were not tried",
)


def trial_record(result: TrialResult, verdict: Judgement) -> TrialRecord:
    """A trial as the report shows it."""
    match verdict:
        case Fails(criterion=decided):
            name, criterion = Verdict.FAILS, str(decided)
        case Invalid(reason=decided):
            name, criterion = Verdict.INVALID, str(decided)
        case _:
            name, criterion = Verdict.HOLDS, ""
    return TrialRecord(
        cpus=result.limits.cpus,
        memory_mib=result.limits.memory_mib,
        replicas=result.limits.replicas,
        via=result.via,
        kind=result.kind,
        verdict=name,
        criterion=criterion,
        sentence=said(verdict),
        steps=tuple(map(step_record, result.steps)),
    )


def step_record(step: Step) -> StepRecord:
    """A step as the report shows it; without a good answer there are no percentiles."""
    known = {each.name for each in fields(StepRecord)}
    figures = {name: value for name, value in asdict(step).items() if name in known}
    if not step.achieved:
        figures |= dict.fromkeys(("p50_ms", "p95_ms", "p99_ms", "max_ms"))
    return StepRecord(users=step.users_planned, memory_peak_mib=step.api_memory_peak_mib, **figures)


def via_answer(via: str, found: search_result.SearchResult) -> Answer:
    """The answer by one way."""
    minimum = found.minimum
    if minimum is None:
        stopped = found.reached.stopped_by.verdict if found.reached else None
        return Answer(via=via, verdict=said(stopped) if stopped else Sentence())
    undecided = minimum.undecided
    neighbours = (("cpu", minimum.smaller_cpus), ("memory", minimum.smaller_memory))
    return Answer(
        via=via,
        cpus=minimum.limits.cpus,
        memory_mib=minimum.limits.memory_mib,
        verdict=said(undecided or Holds()),
        repeats=minimum.confirmations,
        rejected=tuple(
            Rejected(
                resource=resource,
                cpus=one.limits.cpus,
                memory_mib=one.limits.memory_mib,
                reason=said(one.verdict),
            )
            for resource, one in neighbours
            if one is not None
        ),
    )


def replica_rows(found: search_result.SearchResult, trials: Iterable[Judged]) -> tuple[Replicas, ...]:
    """One instance and several with the same cores in all; below each, the least that it was found to hold with."""
    if found.minimum is None:
        return ()
    one = found.minimum.limits
    asked = [(one, Holds()), *((each.equal.limits, each.equal.verdict) for each in found.several)]
    asked += [(each.limits, Holds()) for each in found.several if each.limits and each.limits != each.equal.limits]
    kept = list(trials)
    return tuple(
        _replicas(limits, verdict, kept) for limits, verdict in sorted(asked, key=lambda pair: pair[0].replicas)
    )


def _replicas(limits: Limits, verdict: Judgement, trials: Sequence[Judged]) -> Replicas:
    last = next((step for step in _last_steps(trials, limits, verdict)), None)
    return Replicas(
        replicas=limits.replicas,
        total_cpus=limits.total_cpus,
        holds=None if isinstance(verdict, Invalid) else isinstance(verdict, Holds),
        p99_ms=last.p99_ms if last else None,
        gateway_cores=last.gateway_cores if last else None,
        total_cost=last.gateway_cores + last.api_cores if last else None,
    )


def _last_steps(trials: Sequence[Judged], limits: Limits, verdict: Judgement) -> list[Step]:
    """Last steps of the trials with these limits that ended so, staircases first, and the worst of each kind."""
    chosen = [
        result for result, seen in trials if result.limits == limits and type(seen) is type(verdict) and result.steps
    ]
    chosen.sort(key=lambda result: (result.kind is not Kind.STAIRCASE, result.steps[-1].achieved))
    return [result.steps[-1] for result in chosen]


def largest_rate(trials: Sequence[Judged], answers: Mapping[str, search_result.SearchResult]) -> LargestRate | None:
    """The best rate of all trials that held, and what ended the search for more by the same way."""
    held = [(result.steps[-1].achieved, result) for result, verdict in trials if isinstance(verdict, Holds)]
    if not held:
        return None
    rate, best = max(held, key=lambda pair: pair[0])
    under = {
        language.code: ", ".join(
            (
                language.text("limits", cpus=language.cores(best.limits.cpus), memory=best.limits.memory_mib),
                f"{language.number(best.users, 0)} {language.text('users')}",
                language.word("via", best.via),
            )
        )
        for language in LANGUAGES
    }
    beyond = answers[best.via].beyond if best.via in answers else None
    return LargestRate(rate=rate, under=Sentence(**under), stopped_by=_stopped(beyond))


def _stopped(beyond: search_result.Headroom | None) -> Sentence:
    if beyond is None:
        return UNSAID
    # The search for more ends at the most users that the generator's open files allow.
    return _GENERATOR_FULL if beyond.stopped_by is None else said(beyond.stopped_by)
