"""How numbers are written: decimal mark, thousands mark, signs of currency; found from the texts of a file."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Final

# Blank, no-break space, thin and narrow blanks: they all group thousands somewhere.
BLANK: Final = " "
_BLANKS: Final = " \u00a0\u2007\u2009\u202f"
_APOSTROPHES: Final = "'\u2019"
_MINUS: Final = str.maketrans({"\u2212": "-", "\u2013": "-", "\ufe63": "-", "\uff0d": "-"})
_CODES: Final = "USD|EUR|GBP|COP|MXN|ARS|CLP|PEN|UYU|BRL|BOB|CAD|CHF|JPY"
_UNIT: Final = rf"US\$|R\$|S/\.?|[€$£¥%‰]|(?:{_CODES})"
_FRAME: Final = re.compile(
    rf"(?P<open>\()?\s*(?P<s1>[-+])?\s*(?P<before>{_UNIT})?\s*(?P<s2>[-+])?\s*"
    rf"(?P<body>[\d.,'\u2019{_BLANKS}]*\d[\d.,'\u2019{_BLANKS}]*?(?:[eE][-+]?\d+)?)\s*(?P<after>{_UNIT})?\s*(?P<s3>-)?(?P<close>\))?"
)
_INFINITE: Final = re.compile(r"[-+]?inf(?:inity)?", re.IGNORECASE)
_LONGEST: Final = 64
_PLAIN: Final = re.compile(r"-?[0-9]+(?:[.,][0-9]+)?")
_ONE_MARK: Final = re.compile(r"[0-9]+([.,])[0-9]+")
_GROUP: Final = re.compile(r"[1-9]\d{0,2}([.,])\d{3}")


@dataclass(frozen=True, slots=True)
class Written:
    """One text that looks like a number: its digits and marks, without sign and unit.

    `unusual` is a negative number in parentheses or with its sign behind it, as accountants write.
    """

    body: str
    negative: bool
    unit: str
    unusual: bool


def written(text: str) -> Written | None:
    """Take a text apart; None when it does not look like a number, however written."""
    # Long runs of blanks would be tried in all their divisions.
    if len(text) > _LONGEST or "   " in text:
        return None
    if _PLAIN.fullmatch(text):
        # Most numbers of most files, at a fifth of the time.
        negative = text[0] == "-"
        return Written(body=text[1:] if negative else text, negative=negative, unit="", unusual=False)
    text = text.translate(_MINUS)
    if _INFINITE.fullmatch(text):
        return Written(body="inf", negative=text[0] == "-", unit="", unusual=False)
    frame = _FRAME.fullmatch(text)
    if frame is None:
        return None
    signs = [sign for sign in (frame["s1"], frame["s2"], frame["s3"]) if sign]
    unbalanced = bool(frame["open"]) != bool(frame["close"]) or len(signs) > 1 or (frame["open"] and signs)
    if unbalanced or (frame["before"] and frame["after"]):
        return None
    return Written(
        body=frame["body"].strip(_BLANKS),
        negative="-" in signs or bool(frame["open"]),
        unit=frame["before"] or frame["after"] or "",
        unusual=bool(frame["open"] or frame["s3"]),
    )


@dataclass(frozen=True)
class NumberFormat:
    """One way to write numbers; `thousands` is empty when nothing groups them."""

    decimal: str
    thousands: str = ""

    def value(self, number: Written) -> float | None:
        """The number, None when it is not written in this way."""
        if number.body == "inf":
            size = float("inf")
        elif self._plain.fullmatch(number.body):
            size = float(number.body.replace(self.decimal, "."))
        else:
            parts = self._pattern.fullmatch(number.body)
            if parts is None:
                return None
            whole = re.sub(r"\D", "", parts["whole"])
            size = float(f"{whole or '0'}.{parts['fraction'] or '0'}{parts['exponent'] or ''}")
        return -size if number.negative else size

    @cached_property
    def _plain(self) -> re.Pattern[str]:
        return re.compile(rf"[0-9]+(?:{re.escape(self.decimal)}[0-9]+)?")

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        decimal = re.escape(self.decimal)
        group = ""
        if self.thousands:
            mark = {BLANK: f"[{_BLANKS}]", "'": f"[{_APOSTROPHES}]"}.get(self.thousands, re.escape(self.thousands))
            group = rf"\d{{1,3}}(?:{mark}\d{{3}})+|"
            if self.thousands == ",":
                # In India the groups above the thousands have two digits.
                group += r"\d{1,2}(?:,\d{2})+,\d{3}|"
        digits = rf"(?P<whole>{group}\d*)(?:{decimal}(?P<fraction>\d*))?(?P<exponent>[eE][-+]?\d+)?"
        # A mark alone, or an exponent alone, is no number.
        return re.compile(rf"(?=\D?\d){digits}")


@dataclass(frozen=True)
class Evidence:
    """What some numbers tell about their marks.

    Attributes:
        decimal: Decimal marks that can be nothing else, with how many numbers show it.
        thousands: Thousands marks that can be nothing else, likewise.
        unclear: Numbers such as 1.234, with one mark and three digits after it, by that mark: an example of each.
    """

    decimal: dict[str, int]
    thousands: dict[str, int]
    unclear: dict[str, str]


def evidence(bodies: Iterable[str]) -> Evidence:
    """Look at different numbers of one column, or of several."""
    decimal: dict[str, int] = {}
    thousands: dict[str, int] = {}
    unclear: dict[str, str] = {}
    for body in bodies:
        if body.isdecimal():
            continue
        one = _ONE_MARK.fullmatch(body)
        if one and not _GROUP.fullmatch(body):
            decimal[one[1]] = decimal.get(one[1], 0) + 1
            continue
        plain = re.split("[eE]", body, maxsplit=1)[0]
        for mark, letters in ((BLANK, _BLANKS), ("'", _APOSTROPHES)):
            if any(letter in plain for letter in letters):
                thousands[mark] = thousands.get(mark, 0) + 1
                plain = plain.translate(str.maketrans("", "", letters))
        marks = [letter for letter in plain if letter in ".,"]
        if not marks:
            continue
        last = marks[-1]
        other = "," if last == "." else "."
        if other in marks:
            thousands[other] = thousands.get(other, 0) + 1
            decimal[last] = decimal.get(last, 0) + 1
        elif len(marks) > 1:
            thousands[last] = thousands.get(last, 0) + 1
        elif _GROUP.fullmatch(plain) and plain == body:
            unclear.setdefault(last, body)
        else:
            decimal[last] = decimal.get(last, 0) + 1
    return Evidence(decimal, thousands, unclear)


def together(several: Iterable[Evidence]) -> Evidence:
    """What the numbers of several columns tell."""
    decimal: Counter[str] = Counter()
    thousands: Counter[str] = Counter()
    unclear: dict[str, str] = {}
    for one in several:
        decimal.update(one.decimal)
        thousands.update(one.thousands)
        unclear = one.unclear | unclear
    return Evidence(decimal, thousands, unclear)


def decimal_of(found: Evidence) -> str | None:
    """The decimal mark that most numbers show, None when none does."""
    votes = {mark: found.decimal.get(mark, 0) for mark in ".,"}
    for mark, other in ((".", ","), (",", ".")):
        # What groups thousands is not the decimal mark.
        votes[other] += found.thousands.get(mark, 0)
    if votes["."] == votes[","]:
        return None
    return max(votes, key=lambda mark: votes[mark])
