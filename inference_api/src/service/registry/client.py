"""Resolves an alias to a model version, and reads the tags of the model, over MLflow's REST API."""

from __future__ import annotations

import asyncio
import base64
import http.client
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final, TypeVar
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import Request

from src.errors import RegistryError
from src.service.network_route import LOGIN_REFUSED, Route
from src.settings import Settings

_ALIAS_PATH: Final = "/api/2.0/mlflow/registered-models/alias"
_MODEL_PATH: Final = "/api/2.0/mlflow/registered-models/get"
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


class UnknownVersionError(RegistryError):
    """The registry does not know the model or the alias."""


@dataclass(frozen=True, slots=True)
class RegisteredModel:
    """What the registry says of a model as a whole.

    Attributes:
        aliases: The version number of each alias.
        tags: The value of each tag.
    """

    aliases: Mapping[str, str]
    tags: Mapping[str, str]


_Read = TypeVar("_Read")


class RegistryClient:
    """Client for the REST calls that polling needs; MLflow's own client takes too much memory."""

    def __init__(self, settings: Settings, alias: str = "") -> None:
        """Prepare the requests.

        Args:
            settings: Address, credentials and model name.
            alias: The alias to resolve; the one that serves unless given.
        """
        self._settings = settings
        self._alias = alias or settings.model_alias
        self._route = Route.to(settings.mlflow_tracking_uri)

    async def resolve(self) -> ModelVersion:
        """Get the version that the alias points at.

        Raises:
            RegistryError: When the server does not answer or does not know the alias.
        """
        query = {"name": self._settings.registered_model_name, "alias": self._alias}
        return await asyncio.to_thread(self._get, _ALIAS_PATH, query, _version)

    async def model(self) -> RegisteredModel:
        """Get the aliases and the tags of the model; none for a model that the registry does not know.

        Raises:
            RegistryError: When the server does not answer.
        """
        query = {"name": self._settings.registered_model_name}
        try:
            return await asyncio.to_thread(self._get, _MODEL_PATH, query, _registered_model)
        except UnknownVersionError:
            return RegisteredModel({}, {})

    def _get(self, path: str, query: Mapping[str, str], read: Callable[[Any], _Read]) -> _Read:
        uri, note = self._settings.mlflow_tracking_uri, self._route.note
        address = f"{uri}{path}?{urlencode(query)}"
        request = Request(address, headers=credentials(self._settings))  # noqa: S310 - settings admit http and https only
        try:
            with self._route.open(request, _TIMEOUT_SECONDS) as response:
                return read(json.load(response))
        except HTTPError as error:
            with error:  # closes the connection
                raise self._refusal(error) from error
        except (URLError, OSError, http.client.HTTPException) as error:
            reason = getattr(error, "reason", error)
            raise RegistryError(f"MLflow at {uri} does not answer: {reason}{note}") from error
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            raise RegistryError(f"{uri} does not answer like MLflow{note}") from error

    def _refusal(self, error: HTTPError) -> RegistryError:
        uri, note = self._settings.mlflow_tracking_uri, self._route.note
        if error.code == HTTPStatus.UNAUTHORIZED:
            return RegistryError(f"MLflow at {uri} answered 401: {LOGIN_REFUSED}{note}")
        text = error.read(1000).decode(errors="replace")
        try:
            answer = json.loads(text)
        except ValueError:
            answer = None
        answer = answer if isinstance(answer, dict) else {}
        name, alias = self._settings.registered_model_name, self._alias
        if answer.get("error_code") in {"RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"}:
            return UnknownVersionError(f"no version of the model {name!r} has the alias {alias!r} yet")
        if note and not answer:  # perhaps the proxy's HTML page, which tells less than the status
            return RegistryError(f"MLflow at {uri} does not answer: HTTP {error.code} {error.reason}{note}")
        return RegistryError(f"MLflow at {uri} answered {error.code}: {str(answer.get('message', text))[:200]}")


def credentials(settings: Settings) -> dict[str, str]:
    """The authorization header for MLflow; empty without credentials."""
    if settings.mlflow_tracking_token:
        return {"Authorization": f"Bearer {settings.mlflow_tracking_token}"}
    # A user without a password is none, as for MLflow's client.
    if settings.mlflow_tracking_username and settings.mlflow_tracking_password:
        pair = f"{settings.mlflow_tracking_username}:{settings.mlflow_tracking_password}"
        return {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}
    return {}


def _version(answer: dict[str, Any]) -> ModelVersion:
    found = answer["model_version"]
    return ModelVersion(
        name=found["name"],
        version=str(found["version"]),
        run_id=found.get("run_id", ""),
        source=found.get("source", ""),
        content_sha256=_tags(found).get("content_sha256", ""),
    )


def _registered_model(answer: dict[str, Any]) -> RegisteredModel:
    found = answer["registered_model"]
    return RegisteredModel({entry["alias"]: str(entry["version"]) for entry in found.get("aliases", [])}, _tags(found))


def _tags(found: dict[str, Any]) -> dict[str, str]:
    return {tag["key"]: tag.get("value", "") for tag in found.get("tags", [])}
