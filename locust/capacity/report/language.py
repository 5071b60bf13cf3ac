"""A language of the report: its texts and how it writes numbers."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from capacity.report import texts_en, texts_es

MISSING: Final = "\u2013"
_HUGE = 1e12


@dataclass(frozen=True, slots=True)
class Language:
    """Says things.

    Attributes:
        code: Such as `es`.
        texts: Every text of the report by its key.
        group: What separates the thousands.
        percent: What stands behind a percentage.
    """

    code: str
    texts: Mapping[str, str]
    group: str
    percent: str

    def text(self, key: str, **values: object) -> str:
        """A text with its values filled in."""
        return self.texts[key].format(**values)

    def word(self, family: str, name: str) -> str:
        """A name of the program in people's words; one that has none stays as it is."""
        return self.texts.get(f"{family}_{name}", name)

    def number(self, value: float | None, digits: int | None = None) -> str:
        """A number with so many decimals, or as many as make three figures."""
        if value is None or not math.isfinite(value):
            return MISSING
        if abs(value) >= _HUGE:
            return f"{value:.3g}"
        if digits is None:
            digits = next((count for least, count in ((100, 0), (10, 1), (1, 2)) if abs(value) >= least), 3)
        text = f"{value:,.{digits}f}"
        if digits:
            text = text.rstrip("0").rstrip(".")
        return text.replace(",", self.group)

    def cores(self, value: float | None) -> str:
        """A CPU limit, as exact as it was set."""
        return self.number(value, 4)

    def share(self, value: float | None) -> str:
        """A part of a whole, as a percentage."""
        text = self.number(None if value is None else value * 100, 1)
        return text if text == MISSING else f"{text}{self.percent}"


SPANISH: Final = Language("es", texts_es.TEXTS, "\u202f", "\u202f%")
ENGLISH: Final = Language("en", texts_en.TEXTS, ",", "%")
LANGUAGES: Final = (SPANISH, ENGLISH)
