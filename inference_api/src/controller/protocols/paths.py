"""Finds the endpoint of a path."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final
from urllib.parse import unquote

from src.controller.protocols.endpoint import PredictionEndpoint

_PARAMETER: Final = re.compile(r"\{(\w+)\}")


class EndpointPaths:
    """The paths of some endpoints, whose parameters match one segment as in the application's routes.

    Attributes:
        starts: What the target of a request begins with, one for each way in which a path may go on: up to its first
            parameter, or with the blank or the question mark behind it.
    """

    def __init__(self, endpoints: Sequence[PredictionEndpoint]) -> None:
        """Compile the paths."""
        self._plain = {endpoint.path: endpoint for endpoint in endpoints if "{" not in endpoint.path}
        before_parameters = {endpoint.path.partition("{")[0] for endpoint in endpoints if "{" in endpoint.path}
        self.starts = (*before_parameters, *[path + behind for path in self._plain for behind in " ?"])
        self._patterns = [
            (re.compile(_PARAMETER.sub(r"(?P<\1>[^/]+)", endpoint.path)), endpoint)
            for endpoint in endpoints
            if "{" in endpoint.path
        ]

    def find(self, path: str) -> tuple[PredictionEndpoint, dict[str, str]] | None:
        """The endpoint of a path and the values of its parameters; None when it is of no endpoint.

        Args:
            path: As the request has it, not decoded, without its query.
        """
        plain = self._plain.get(path)
        if plain is not None:
            return plain, {}
        decoded = unquote(path)
        for pattern, endpoint in self._patterns:
            match = pattern.fullmatch(decoded)
            if match is not None:
                return endpoint, match.groupdict()
        return None
