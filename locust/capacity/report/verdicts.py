"""Verdicts in the languages of the report."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from capacity.model.criteria import CRITERIA
from capacity.model.verdict import Fails, Invalid, Reason, Verdict
from capacity.report.language import LANGUAGES, Language
from capacity.report.localized import Localized

_INVALID: Final = {
    "es": {
        Reason.UNFINISHED: "el ensayo acabó con {seen} de {allowed} usuarios: mira la salida de Locust y repítelo",
        Reason.USERS_MISSING: "solo había {seen} de {allowed} usuarios: dale más procesos al generador",
        Reason.GENERATOR_BUSY: "el generador usó el {seen} de un núcleo, y su propia cola entra en las latencias: dale "
        "más procesos u otra máquina",
        Reason.SOCKETS_EXHAUSTED: "al generador le faltaron conexiones ({seen} veces): sube ulimit -n y "
        "net.ipv4.ip_local_port_range",
        Reason.GATEWAY_BUSY: "la puerta usó el {seen} de su CPU: dale más, o mide directo a las réplicas",
        Reason.MACHINE_STOLEN: "el {seen} del tiempo de la máquina fue para otras: repite cuando no se comparta",
        Reason.MACHINE_BUSY: "los núcleos de la máquina estaban ocupados al {seen}: cierra los demás programas, o pon "
        "el generador en otra máquina",
    },
    "en": {
        Reason.UNFINISHED: "the trial ended with {seen} of {allowed} users: read the output of Locust and run again",
        Reason.USERS_MISSING: "only {seen} of {allowed} users were there: give the generator more processes",
        Reason.GENERATOR_BUSY: "the generator used {seen} of a core, and its queue is part of the latencies: give it "
        "more processes or another machine",
        Reason.SOCKETS_EXHAUSTED: "the generator lacked connections ({seen} times): raise ulimit -n and "
        "net.ipv4.ip_local_port_range",
        Reason.GATEWAY_BUSY: "the gateway used {seen} of its CPU: give it more, or measure the replicas directly",
        Reason.MACHINE_STOLEN: "{seen} of the machine's time was stolen by others: run again when it is not shared",
        Reason.MACHINE_BUSY: "the machine's cores were {seen} busy: end other programs, or run the generator on "
        "another machine",
    },
}
_COUNTS: Final = frozenset({Reason.UNFINISHED, Reason.USERS_MISSING, Reason.SOCKETS_EXHAUSTED})
_AT: Final = {"es": "con {users} usuarios: {reason}", "en": "with {users} users: {reason}"}
_HOLDS: Final = Localized(es="sostiene", en="holds")


class Outcome(StrEnum):
    """The kind of a verdict, as the report's files and charts name it."""

    HOLDS = "HOLDS"
    FAILS = "FAILS"
    INVALID = "INVALID"


def outcome(verdict: Verdict) -> Outcome:
    """The kind of a verdict."""
    match verdict:
        case Fails():
            return Outcome.FAILS
        case Invalid():
            return Outcome.INVALID
        case _:
            return Outcome.HOLDS


def criterion(verdict: Verdict) -> str:
    """The criterion or the reason that decided; empty when the trial holds."""
    match verdict:
        case Fails():
            return verdict.criterion
        case Invalid():
            return verdict.reason
        case _:
            return ""


def describe(verdict: Verdict) -> Localized:
    """A verdict described; an invalid one with what to change."""
    match verdict:
        case Fails():
            return Localized(**{language.code: _fails(verdict, language) for language in LANGUAGES})
        case Invalid():
            return Localized(**{language.code: _invalid(verdict, language) for language in LANGUAGES})
        case _:
            return _HOLDS


def _fails(verdict: Fails, language: Language) -> str:
    rule = CRITERIA[verdict.criterion]
    words = rule.es if language.code == "es" else rule.en
    seen, allowed = (language.number(value, rule.digits) for value in (verdict.seen, verdict.allowed))
    reason = words.format(seen=seen, allowed=allowed)
    return _AT[language.code].format(users=language.number(verdict.users, 0), reason=reason)


def _invalid(verdict: Invalid, language: Language) -> str:
    number = (lambda value: language.number(value, 0)) if verdict.reason in _COUNTS else language.share
    return _INVALID[language.code][verdict.reason].format(seen=number(verdict.seen), allowed=number(verdict.allowed))
