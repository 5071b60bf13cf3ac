"""A text in the languages of the report."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Localized:
    """A text in Spanish and in English."""

    es: str = ""
    en: str = ""

    def text(self, code: str) -> str:
        """The text in the language with this code."""
        return self.en if code == "en" else self.es


EMPTY = Localized()
