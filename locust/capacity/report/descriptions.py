"""What was found, described in the languages of the report."""

from __future__ import annotations

from typing import Final

from capacity.model.limits import Limits
from capacity.model.search_result import SearchResult
from capacity.model.trial import TrialResult
from capacity.model.verdict import Holds
from capacity.report.data import ReportData
from capacity.report.language import LANGUAGES, Language
from capacity.report.localized import EMPTY, Localized
from capacity.report.summary import LargestRate, OpenCheck
from capacity.report.verdicts import describe

_MOST_USERS_HOLD: Final = Localized(
    es="no se probó con más usuarios: el límite es --most-users, y como mucho los archivos abiertos del generador",
    en="more users were not tried: the limit is --most-users, and at most the load generator's open files",
)
_KEPT_UP: Final = 0.9
_LEFT_BEHIND: Final = Localized(
    es="Con llegadas abiertas la API no alcanza: la cola crece, y las peticiones que no se respondieron a tiempo no "
    "están en los percentiles. El circuito cerrado lo esconde, porque quien espera no envía peticiones.",
    en="With open arrivals the API cannot keep up: the queue grows, and requests that were not answered in time are "
    "not in the percentiles. The closed loop hides this, because users who wait send no requests.",
)


def describe_result(result: SearchResult) -> Localized:
    """Whether the minimum is confirmed, or what stopped the users when there is none."""
    if result.minimum is not None:
        return describe(result.minimum.undecided or Holds())
    return describe(result.max_users.stopped_by.verdict) if result.max_users else EMPTY


def limits_text(data: ReportData, limits: Limits, language: Language) -> str:
    """The limits that were set, of all replicas."""
    cpus, memory = data.cpus(limits), data.memory_mib(limits)
    parts = [
        "" if cpus is None else language.text("limit_cpus", cpus=language.cores(cpus)),
        "" if memory is None else language.text("limit_memory", memory=language.number(memory, 0)),
    ]
    each = ", ".join(filter(None, parts)) or language.text("no_limits")
    return each if limits.replicas == 1 else language.text("limits_replicas", replicas=limits.replicas, limits=each)


def describe_trial(data: ReportData, trial: TrialResult) -> Localized:
    """Limits, users and route of a trial."""
    return Localized(
        **{
            language.code: ", ".join(
                (
                    limits_text(data, trial.limits, language),
                    f"{language.number(trial.users, 0)} {language.text('users')}",
                    language.name("via", trial.via),
                )
            )
            for language in LANGUAGES
        }
    )


def describe_end(largest: LargestRate) -> Localized:
    """What ended the search for a larger rate; empty when there was no such search."""
    if not largest.searched:
        return EMPTY
    # Without a verdict the search ended at the most users that were to be tried.
    return _MOST_USERS_HOLD if largest.stopped_by is None else describe(largest.stopped_by)


def compare(check: OpenCheck) -> Localized:
    """How open arrivals differ from users who wait for their answers."""
    if check.open.achieved < check.closed.achieved * _KEPT_UP:
        return _LEFT_BEHIND
    difference = check.open.p99_ms - check.closed.p99_ms
    values = {language.code: language.number(abs(difference)) for language in LANGUAGES}
    if difference > 0:
        return Localized(
            es=f"El circuito cerrado esconde {values['es']} ms del p99, porque quien espera no envía peticiones.",
            en=f"The closed loop hides {values['en']} ms of the p99, because users who wait send no requests.",
        )
    return Localized(
        es=f"Con llegadas abiertas el p99 no es peor ({values['es']} ms menos): aquí el circuito cerrado no "
        "esconde nada.",
        en=f"With open arrivals the p99 is no worse ({values['en']} ms less): here the closed loop hides nothing.",
    )
