"""Resolves the alias to a model version over MLflow's REST API."""

from __future__ import annotations

import asyncio
import base64
import http.client
import json
from dataclasses import dataclass
from typing import Any, Final
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import Request

from src.errors import RegistryError
from src.service.network_route import Route
from src.settings import Settings

_PATH: Final = "/api/2.0/mlflow/registered-models/alias"
_TIMEOUT_SECONDS: Final = 5.0


@dataclass(frozen=True, slots=True)
class ModelVersion:
    """A version in the registry; equal versions are the same model.

    Attributes:
        name: Registered model.
        version: Version number as text.
        run_id: Run that logged it, or empty.
        source: Location of its artifacts; it differs for the same number in a new registry.
        content_sha256: Digest of its files from the tag that the trainer sets, or empty.
    """

    name: str
    version: str
    run_id: str
    source: str
    content_sha256: str


class RegistryClient:
    """Client for the one REST call that polling needs; MLflow's own client takes too much memory."""

    def __init__(self, settings: Settings) -> None:
        """Prepare the request.

        Args:
            settings: Address, credentials, model name and alias.
        """
        self._settings = settings
        query = urlencode({"name": settings.registered_model_name, "alias": settings.model_alias})
        self._url = f"{settings.mlflow_tracking_uri}{_PATH}?{query}"
        self._route = Route.to(self._url)

    async def resolve(self) -> ModelVersion:
        """Get the version that the alias points at.

        Raises:
            RegistryError: When the server does not answer or does not know the alias.
        """
        return await asyncio.to_thread(self._resolve)

    def _resolve(self) -> ModelVersion:
        request = Request(self._url, headers=credentials(self._settings))  # noqa: S310 - settings admit http and https only
        uri, note = self._settings.mlflow_tracking_uri, self._route.note
        try:
            with self._route.open(request, _TIMEOUT_SECONDS) as response:
                return _version(json.load(response)["model_version"])
        except HTTPError as error:
            with error:  # closes the connection
                raise RegistryError(self._refusal(error)) from error
        except (URLError, OSError, http.client.HTTPException) as error:
            reason = getattr(error, "reason", error)
            raise RegistryError(f"MLflow at {uri} does not answer: {reason}{note}") from error
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            raise RegistryError(f"{uri} does not answer like MLflow{note}") from error

    def _refusal(self, error: HTTPError) -> str:
        text = error.read(1000).decode(errors="replace")
        try:
            answer = json.loads(text)
        except ValueError:
            answer = None
        answer = answer if isinstance(answer, dict) else {}
        name, alias = self._settings.registered_model_name, self._settings.model_alias
        if answer.get("error_code") in {"RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"}:
            return f"no version of the model {name!r} has the alias {alias!r} yet"
        uri, note = self._settings.mlflow_tracking_uri, self._route.note
        if note and not answer:  # perhaps the proxy's HTML page, which tells less than the status
            return f"MLflow at {uri} does not answer: HTTP {error.code} {error.reason}{note}"
        return f"MLflow at {uri} answered {error.code}: {str(answer.get('message', text))[:200]}"


def credentials(settings: Settings) -> dict[str, str]:
    """The authorization header for MLflow; empty without credentials."""
    if settings.mlflow_tracking_token:
        return {"Authorization": f"Bearer {settings.mlflow_tracking_token}"}
    if settings.mlflow_tracking_username:
        pair = f"{settings.mlflow_tracking_username}:{settings.mlflow_tracking_password}"
        return {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}
    return {}


def _version(found: dict[str, Any]) -> ModelVersion:
    tags = {tag["key"]: tag.get("value", "") for tag in found.get("tags", [])}
    return ModelVersion(
        name=found["name"],
        version=str(found["version"]),
        run_id=found.get("run_id", ""),
        source=found.get("source", ""),
        content_sha256=tags.get("content_sha256", ""),
    )
