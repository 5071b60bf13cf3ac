"""What is told of the challenger: its state, and why it gets no traffic."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

from src.service.challenger.agreement import Agreement
from src.service.challenger.traffic import Traffic

State = Literal["loading", "serving", "refused", "failing"]


@dataclass(slots=True)
class ChallengerStatus:
    """The state of the version that the challenger's alias points at.

    Attributes:
        version: Its version in the registry.
        state: `refused` when it cannot serve beside this champion, `failing` when it may later.
        reason: Why it is refused or failing; empty otherwise.
        traffic: What it gets, or would get.
        path: The path that predicts; empty before it is loaded.
        agreement: How far its answers are from the champion's; None when no rows are compared.
        since: Since when it is in this state, UTC.
    """

    version: str
    state: State
    traffic: Traffic
    reason: str = ""
    path: str = ""
    agreement: Agreement | None = None
    since: datetime = field(default_factory=lambda: datetime.now(UTC))
