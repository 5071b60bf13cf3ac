"""How much of the traffic a challenger gets, as the tags of the registered model say."""

from __future__ import annotations

from dataclasses import dataclass


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
