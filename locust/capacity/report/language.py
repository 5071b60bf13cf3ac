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
    """Formats texts and numbers.

    Attributes:
        code: Such as `es`.
        texts: Every text of the report by its key.
        group: Separator of thousands.
        percent: Percent sign, with a space before it if the language has one.
    """

    code: str
    texts: Mapping[str, str]
    group: str
    percent: str

    def text(self, key: str, **values: object) -> str:
        """A text with its placeholders filled in."""
        return self.texts[key].format(**values)

    def name(self, family: str, name: str) -> str:
        """The text for a name of the program, such as a route; the name itself if there is none."""
        return self.texts.get(f"{family}_{name}", name)

    def number(self, value: float | None, digits: int | None = None) -> str:
        """A number with so many decimals, or as many as give three significant digits."""
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
        """A CPU limit with its four decimals."""
        return self.number(value, 4)

    def share(self, value: float | None) -> str:
        """A share as a percentage."""
        text = self.number(None if value is None else value * 100, 1)
        return text if text == MISSING else f"{text}{self.percent}"


SPANISH: Final = Language("es", texts_es.TEXTS, "\u202f", "\u202f%")
ENGLISH: Final = Language("en", texts_en.TEXTS, ",", "%")
LANGUAGES: Final = (SPANISH, ENGLISH)
