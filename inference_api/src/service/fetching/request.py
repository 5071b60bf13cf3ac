"""The request that the serving process sends to the fetch process."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field


@dataclass(frozen=True, slots=True)
class FetchRequest:
    """A version to download.

    Attributes:
        tracking_uri: MLflow server.
        name: Registered model.
        version: Version to download.
        run_id: Its run, for the bundle.
        source: Location of its artifacts according to the registry, for the bundle.
        content_sha256: Digest in the registry, or empty.
        allow_pickle: Whether formats that run code may be loaded.
        destination: Empty folder to fill.
        headers: Headers with the credentials for MLflow's REST API.
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
        """The input of the fetch process."""
        return json.dumps(asdict(self)).encode()
