"""What the serving process tells the fetch child."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field


@dataclass(frozen=True, slots=True)
class FetchRequest:
    """What to download.

    Attributes:
        tracking_uri: MLflow server.
        name: Registered model.
        version: Version to download.
        run_id: Its run, for the bundle.
        source: Where the registry says its artifacts are, for the bundle.
        content_sha256: Digest that the registry holds, or empty.
        allow_pickle: Whether formats that run code may be loaded.
        destination: Empty folder to fill.
        headers: What MLflow's REST interface wants to see of whoever asks.
    """

    tracking_uri: str
    name: str
    version: str
    run_id: str
    source: str
    content_sha256: str
    allow_pickle: bool
    destination: str
    headers: dict[str, str] = field(default_factory=dict, repr=False)

    def as_json(self) -> bytes:
        """The line that the child reads."""
        return json.dumps(asdict(self)).encode()
