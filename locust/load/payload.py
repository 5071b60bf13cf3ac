"""The body of the requests: the example that the API itself gives for its model."""

from __future__ import annotations

import json
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from locust.contrib.fasthttp import FastHttpSession, LocustBadStatusCode
from locust.env import Environment
from locust.event import EventHook

from load.failure import network_failure
from load.target_url import API_KEY_HEADER, PREDICT_PATH
from load.tls import context_factory

_OK = 200
_MULTIPLE_CHOICES = 300
_BAD_REQUEST = 400
_NOT_FOUND = 404
_TIMEOUT_SECONDS = 5.0


class NoPayloadError(Exception):
    """The API gives no example to send; the message says why."""


def fetch_payload(host: str, api_key: str = "", ca_file: Path | None = None) -> str:
    """Ask the API for the example of its prediction request, as JSON.

    Args:
        host: The API's address.
        api_key: For a gateway that asks for one; empty for none.
        ca_file: What its certificate is checked with; None to accept any.

    Raises:
        NoPayloadError: When the API cannot be reached, has no model yet, or gives no example.
    """
    # The same client as the standard user's, so it reaches what the users reach; its requests are in no statistics.
    api = FastHttpSession(
        host,
        EventHook(),
        user=None,
        insecure=ca_file is None,
        ssl_context_factory=context_factory(ca_file),
        network_timeout=_TIMEOUT_SECONDS,
        connection_timeout=_TIMEOUT_SECONDS,
        max_retries=0,
    )
    headers = {API_KEY_HEADER: api_key} if api_key else {}
    try:
        status, answer = _get(api, host, "/ready", headers)
        # An API without /ready has no readiness to wait for.
        if status not in {_OK, _NOT_FOUND}:
            detail = answer.get("detail") if isinstance(answer, dict) else None
            raise NoPayloadError(f"{host} is not ready: {detail or f'/ready answers {status}'}")
        status, schema = _get(api, host, "/openapi.json", headers)
        if status != _OK:
            raise NoPayloadError(f"{host}/openapi.json answers {status}, so there is no example to send")
        return _example(schema, host)
    finally:
        api.client.close()


def _get(api: FastHttpSession, host: str, path: str, headers: dict[str, str]) -> tuple[int, Any]:
    response = api.get(path, headers=headers, allow_redirects=False)
    error = (
        response.request_meta["exception"] if hasattr(response, "request_meta") else getattr(response, "error", None)
    )
    if error is not None and not isinstance(error, LocustBadStatusCode):
        raise NoPayloadError(f"{host} cannot be reached: {network_failure(error)}{_proxy_note(host)}")
    if _MULTIPLE_CHOICES <= response.status_code < _BAD_REQUEST:
        # The users follow no redirects either: they measure the address that they are given.
        location = response.headers.get("location") if response.headers else None
        raise NoPayloadError(
            f"{host}{path} redirects to {location}: set LOCUST_HOST to the address that answers itself"
        )
    try:
        return response.status_code, json.loads(bytes(response.content or b""))
    except ValueError:
        return response.status_code, None


def _proxy_note(host: str) -> str:
    """Say that the users do not use a proxy that other programs would use: they measure the API, not the proxy."""
    parts = urlsplit(host)
    name = parts.hostname or ""
    if not getproxies().get(parts.scheme) or _is_loopback(name) or proxy_bypass(parts.netloc):
        return ""
    return f"; Locust's users connect to {name} themselves, without the proxy of {parts.scheme.upper()}_PROXY"


def _is_loopback(name: str) -> bool:
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return name == "localhost"


def _example(schema: Any, host: str) -> str:
    node = schema
    for key in ("paths", PREDICT_PATH, "post", "requestBody", "content", "application/json", "example"):
        node = node.get(key) if isinstance(node, dict) else None
    if not isinstance(node, dict) or not node:
        raise NoPayloadError(
            f"{host}/openapi.json has no example for POST {PREDICT_PATH}: no model is served there yet"
        )
    return json.dumps(node)


def remember_payload(environment: Environment, body: str) -> None:
    """Store the body in the options, which Locust sends to the workers when they start users."""
    vars(environment.parsed_options)["predict_body"] = body


def payload_of(environment: Environment) -> str:
    """The body that this process's users send."""
    body: str = vars(environment.parsed_options)["predict_body"]
    return body
