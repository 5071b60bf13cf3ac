"""Number formats: parsing of numbers with decimal and thousands marks, and detection of these marks from texts."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Final

# Space, no-break, figure, thin and narrow no-break space: each is used as a thousands mark.
BLANK: Final = " "
_BLANKS: Final = " \u00a0\u2007\u2009\u202f"
_APOSTROPHES: Final = "'\u2019"
_MINUS: Final = str.maketrans({"\u2212": "-", "\u2013": "-", "\ufe63": "-", "\uff0d": "-"})
_CURRENCY_CODES: Final = "USD|EUR|GBP|COP|MXN|ARS|CLP|PEN|UYU|BRL|BOB|CAD|CHF|JPY"
_UNIT: Final = rf"US\$|R\$|S/\.?|[€$£¥%‰]|(?:{_CURRENCY_CODES})"
_NUMBER: Final = re.compile(
    rf"(?P<open>\()?\s*(?P<s1>[-+])?\s*(?P<before>{_UNIT})?\s*(?P<s2>[-+])?\s*"
    rf"(?P<body>[\d.,'\u2019{_BLANKS}]*\d[\d.,'\u2019{_BLANKS}]*?(?:[eE][-+]?\d+)?)\s*(?P<after>{_UNIT})?\s*(?P<s3>-)?(?P<close>\))?"
)
_INFINITE: Final = re.compile(r"[-+]?inf(?:inity)?", re.IGNORECASE)
_LONGEST: Final = 64
_PLAIN: Final = re.compile(r"-?[0-9]+(?:[.,][0-9]+)?")
_ONE_MARK: Final = re.compile(r"[0-9]+([.,])[0-9]+")
_GROUP: Final = re.compile(r"[1-9]\d{0,2}([.,])\d{3}")


@dataclass(frozen=True, slots=True)
class NumberText:
    """A text that looks like a number, split into its parts.

    Attributes:
        body: Digits, decimal and thousands marks, exponent.
        negative: Whether the number is negative.
        unit: The currency or percent sign; empty without one.
        accounting: Whether it is written as accountants do: negative in parentheses, or the sign after the number.
    """

    body: str
    negative: bool
    unit: str
    accounting: bool


def parse_number(text: str) -> NumberText | None:
    """Split a text into the parts of a number; None when it is no number in any format."""
    # On long runs of blanks the regular expression backtracks for too long.
    if len(text) > _LONGEST or "   " in text:
        return None
    if _PLAIN.fullmatch(text):
        # Most numbers are plain: this takes a fifth of the time.
        negative = text[0] == "-"
        return NumberText(body=text[1:] if negative else text, negative=negative, unit="", accounting=False)
    text = text.translate(_MINUS)
    if _INFINITE.fullmatch(text):
        return NumberText(body="inf", negative=text[0] == "-", unit="", accounting=False)
    match = _NUMBER.fullmatch(text)
    if match is None:
        return None
    signs = [sign for sign in (match["s1"], match["s2"], match["s3"]) if sign]
    unbalanced = bool(match["open"]) != bool(match["close"]) or len(signs) > 1 or (match["open"] and signs)
    if unbalanced or (match["before"] and match["after"]):
        return None
    return NumberText(
        body=match["body"].strip(_BLANKS),
        negative="-" in signs or bool(match["open"]),
        unit=match["before"] or match["after"] or "",
        accounting=bool(match["open"] or match["s3"]),
    )


@dataclass(frozen=True)
class NumberFormat:
    """A decimal mark and a thousands mark; `thousands` is empty when there is none."""

    decimal: str
    thousands: str = ""

    def value(self, number: NumberText) -> float | None:
        """The value of the number, None when it does not have this format."""
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
                # Indian numbering: above the thousands, groups have two digits.
                group += r"\d{1,2}(?:,\d{2})+,\d{3}|"
        digits = rf"(?P<whole>{group}\d*)(?:{decimal}(?P<fraction>\d*))?(?P<exponent>[eE][-+]?\d+)?"
        # At least one digit, at the start or after one mark.
        return re.compile(rf"(?=\D?\d){digits}")


@dataclass(frozen=True)
class MarkCounts:
    """How the marks `.`, `,`, blank and apostrophe are used in some numbers.

    Attributes:
        decimal: The count of numbers in which a mark can only be the decimal mark, by mark.
        thousands: The count of numbers in which a mark can only be the thousands mark, by mark.
        ambiguous: By mark, an example such as 1.234: one mark with three digits after it, which can be either.
    """

    decimal: dict[str, int]
    thousands: dict[str, int]
    ambiguous: dict[str, str]


def count_marks(bodies: Iterable[str]) -> MarkCounts:
    """Count the uses of each mark in the distinct numbers of a column (`NumberText.body`)."""
    decimal: dict[str, int] = {}
    thousands: dict[str, int] = {}
    ambiguous: dict[str, str] = {}
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
            ambiguous.setdefault(last, body)
        else:
            decimal[last] = decimal.get(last, 0) + 1
    return MarkCounts(decimal, thousands, ambiguous)


def merge_mark_counts(columns: Iterable[MarkCounts]) -> MarkCounts:
    """The counts of several columns together."""
    decimal: Counter[str] = Counter()
    thousands: Counter[str] = Counter()
    ambiguous: dict[str, str] = {}
    for one in columns:
        decimal.update(one.decimal)
        thousands.update(one.thousands)
        ambiguous = one.ambiguous | ambiguous
    return MarkCounts(decimal, thousands, ambiguous)


def likely_decimal(counts: MarkCounts) -> str | None:
    """The decimal mark that most numbers have, None at a tie or when no number decides it."""
    votes = {mark: counts.decimal.get(mark, 0) for mark in ".,"}
    for mark, other in ((".", ","), (",", ".")):
        # Where one of the two is the thousands mark, the other is the decimal mark.
        votes[other] += counts.thousands.get(mark, 0)
    if votes["."] == votes[","]:
        return None
    return max(votes, key=lambda mark: votes[mark])
