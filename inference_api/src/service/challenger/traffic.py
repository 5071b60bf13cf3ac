"""How much of the traffic a challenger gets, as the tags of the registered model say."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Self

SHADOW_TAG: Final = "shadow_percent"
CANARY_TAG: Final = "canary_percent"
_PERCENT: Final = re.compile(r"(\d{1,3}(?:[.,]\d{1,6})?)\s*%?", re.ASCII)
_MOST: Final = 100.0
_SHOWN: Final = 40


@dataclass(frozen=True, slots=True)
class Traffic:
    """The traffic of a challenger.

    Attributes:
        shadow_percent: Share of the champion's rows that it predicts as well, after the clients have their answers.
        canary_percent: Share of the requests that it answers.
        problems: What is wrong with the tags, a sentence for each.
    """

    shadow_percent: float = 0.0
    canary_percent: float = 0.0
    problems: tuple[str, ...] = ()

    def after(self, tags: Mapping[str, str]) -> Self:
        """The traffic that these tags ask for. A tag that is missing or empty means 0; a wrong one changes nothing.

        Args:
            tags: The tags of the registered model, with percentages such as `10`, `2.5`, `2,5` or `10 %`.
        """
        problems: list[str] = []
        found: dict[str, float] = {}
        for tag, present in ((SHADOW_TAG, self.shadow_percent), (CANARY_TAG, self.canary_percent)):
            text = tags.get(tag, "").strip()
            matched = _PERCENT.fullmatch(text)
            value = float(matched[1].replace(",", ".")) if matched else 0.0
            if (text and not matched) or value > _MOST:
                problems.append(
                    f"the tag {tag} must be a number from 0 to 100, not {text[:_SHOWN]!r}: it stays at {present:g}"
                )
                value = present
            found[tag] = value
        return type(self)(found[SHADOW_TAG], found[CANARY_TAG], tuple(problems))
