"""The service's settings: the only place that reads the environment."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

TRUE_WORDS = frozenset({"1", "true", "yes", "on"})
FALSE_WORDS = frozenset({"0", "false", "no", "off"})
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
ALL_PEERS = "*"
MAX_PREFIX = 200
MIN_DRIFT_WINDOW_ROWS = 1000
_WHOLE = 100
# Excludes what a browser would read as another host (//host) or as a parent folder (..).
_PREFIX = re.compile(r"(/(?!\.{1,2}(/|$))[\w.~:@+-]+)*/?", re.ASCII)
_PAGE_LINK = re.compile(
    r"(?P<name>[\w .-]+)=(?P<bind>\[[0-9A-Fa-f:.]+\]|[\w.-]+):(?P<port>\d+)@(?P<host>[\w.-]+):(?P<inside>\d+)", re.ASCII
)

# https://www.rfc-editor.org/rfc/rfc9110.html#name-tokens
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


class SettingsError(ValueError):
    """One or more environment variables have an invalid value."""


@dataclass(frozen=True, slots=True)
class PageLink:
    """Another page of the stack, as `GET /` links it.

    Attributes:
        name: The text of the link.
        bind: The address on which the page is published for browsers: an IP address.
        port: The port on which it is published.
        server_host: The host at which the service reaches its server, to tell whether it is open.
        server_port: The server's port.
    """

    name: str
    bind: str
    port: int
    server_host: str
    server_port: int


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings; each field is read from the environment variable of the same name in capitals.

    Attributes:
        mlflow_tracking_uri: Base URL of the MLflow server.
        mlflow_tracking_username: User for HTTP basic authentication, or empty.
        mlflow_tracking_password: Its password.
        mlflow_tracking_token: Bearer token, or empty.
        registered_model_name: Name in the MLflow registry.
        model_alias: Alias whose version is served.
        challenger_alias: Alias of the version that is tried beside it; empty for none.
        canary_header: Header of requests; those with the same value get the same of the two versions.
        model_cache_dir: Folder of the model versions that were served last.
        model_poll_seconds: Time between two polls of the alias; a fifth of it is jitter.
        model_fetch_seconds: Limit for one download with its verification.
        allow_pickle: Load pickle and cloudpickle models, which run code of their author.
        host: Address on which the service listens.
        port: TCP port on which the service listens.
        max_body_bytes: Limit of a request body.
        max_batch_rows: Limit of rows in one `POST /predict/batch`.
        max_queue_rows: Limit of rows waiting for the model before requests are answered 503.
        fast_lane: Whether the fast lane answers predictions; if not, every request goes through the application.
        longest_rest_ms: The longest delay of the fast lane before it answers, to batch more requests; 0 for none.
        socket_dir: Folder shared with the gateway for this replica's Unix socket; empty for TCP only.
        root_path: Path under which a reverse proxy publishes the service, such as `/ml`; empty for none.
        forwarded_allow_ips: Addresses and networks whose X-Forwarded-Prefix and X-Forwarded-Proto count; `*` for all.
        pages_links: Other pages of the stack for `GET /`: `NAME=BIND:PORT@HOST:PORT` with commas between them, where
            BIND:PORT is where a page is published, and HOST:PORT where the service reaches its server.
        keep_alive_seconds: Time after which an idle connection is closed; must exceed the gateway's.
        shutdown_seconds: Time limit for requests in flight after SIGTERM.
        drift_window_rows: Most rows behind a drift figure; 0 turns the figures off.
        drift_window_seconds: Age at which rows leave the figures; 0 turns them off.
        log_level: DEBUG, INFO, WARNING or ERROR.
        prediction_log_percent: Share of the answered requests that the prediction log gets; 0 for no log.
        prediction_log_dir: Folder of the prediction log; several replicas may share it.
        prediction_log_file_mb: Size at which a file of the log is closed, in MiB; at most half of what is kept.
        prediction_log_keep_mb: Size of all files of the log from which on the oldest are removed, in MiB.
        prediction_log_keep_days: Age at which a file of the log is removed.
    """

    mlflow_tracking_uri: str = "http://mlflow:5000"
    mlflow_tracking_username: str = ""
    mlflow_tracking_password: str = field(default="", repr=False)
    mlflow_tracking_token: str = field(default="", repr=False)
    registered_model_name: str = "linear_regression_model"
    model_alias: str = "champion"
    challenger_alias: str = "challenger"
    canary_header: str = "X-Request-ID"
    model_cache_dir: Path = Path("/var/cache/inference")
    model_poll_seconds: float = 5.0
    model_fetch_seconds: float = 300.0
    allow_pickle: bool = False
    host: str = "0.0.0.0"  # noqa: S104 - a container listens on every address of its own network
    port: int = 8000
    max_body_bytes: int = 1 << 20
    max_batch_rows: int = 10_000
    max_queue_rows: int = 20_000
    fast_lane: bool = True
    longest_rest_ms: float = 20.0
    socket_dir: str = ""
    root_path: str = ""
    forwarded_allow_ips: str = "127.0.0.1,::1"
    pages_links: tuple[PageLink, ...] = ()
    keep_alive_seconds: int = 75
    shutdown_seconds: int = 8
    drift_window_rows: int = 10_000
    drift_window_seconds: float = 3600.0
    log_level: str = "INFO"
    prediction_log_percent: float = 0.0
    prediction_log_dir: Path = Path("/var/log/inference")
    prediction_log_file_mb: int = 16
    prediction_log_keep_mb: int = 512
    prediction_log_keep_days: int = 30

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Settings:
        """Read the settings; an unset or empty variable keeps its default, but an empty one of `_MAY_BE_EMPTY` counts.

        Raises:
            SettingsError: Names every variable with an invalid value.
        """
        values: dict[str, Any] = {}
        problems: list[str] = []
        for setting in fields(cls):
            text = environment.get(setting.name.upper(), "").strip()
            if not text:
                if setting.name in _MAY_BE_EMPTY and setting.name.upper() in environment:
                    values[setting.name] = ""
                continue
            try:
                read = _READERS.get(setting.name) or _BY_TYPE[type(setting.default)]
                values[setting.name] = read(text)
            except ValueError as error:
                problems.append(f"{setting.name.upper()} {error}")
        if problems:
            raise SettingsError("; ".join(problems))
        return cls(**values)


def path_prefix(text: str) -> str:
    """The path of a URL as a prefix: without a slash at its end, and empty for the root.

    Raises:
        ValueError: When it is not a plain path.
    """
    if len(text) > MAX_PREFIX or not text.startswith("/") or not _PREFIX.fullmatch(text):
        raise ValueError("must be a path such as /ml or /team/ml, of letters, digits and . _ ~ : @ + -")
    return text.rstrip("/")


def _header_name(text: str) -> str:
    if len(text) > MAX_PREFIX or not _HEADER_NAME.fullmatch(text):
        raise ValueError("must be the name of a header, such as X-User-ID")
    return text


def _addresses(text: str) -> str:
    if text == ALL_PEERS:
        return text
    parts = [part.strip() for part in text.split(",") if part.strip()]
    for part in parts:
        try:
            ipaddress.ip_network(part)
        except ValueError:
            raise ValueError(
                f"must be IP addresses and networks with commas between them, or *: {part[:MAX_PREFIX]!r} is neither"
            ) from None
    return ",".join(parts)


def _page_links(text: str) -> tuple[PageLink, ...]:
    links = []
    for part in filter(None, map(str.strip, text.split(","))):
        match = _PAGE_LINK.fullmatch(part)
        if match is None:
            raise ValueError(f"must be NAME=BIND:PORT@HOST:PORT with commas between them: {part[:MAX_PREFIX]!r} is not")
        name, bind, port, host, inside = match.groups()
        try:
            address = str(ipaddress.ip_address(bind.strip("[]")))
        except ValueError:
            raise ValueError(f"must have an IP address before the port of {name}, not {bind[:MAX_PREFIX]!r}") from None
        links.append(PageLink(name, address, _port(port), host, _port(inside)))
    return tuple(links)


def _boolean(text: str) -> bool:
    if text.lower() in TRUE_WORDS | FALSE_WORDS:
        return text.lower() in TRUE_WORDS
    raise ValueError("must be true or false")


def _positive_integer(text: str) -> int:
    if not text.isdecimal() or int(text) == 0:
        raise ValueError("must be a whole number above 0")
    return int(text)


def _positive_number(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 < number < float("inf"):
        raise ValueError("must be a number above 0")
    return number


def _number(text: str) -> float:
    return 0.0 if text in {"0", "0.0"} else _positive_number(text)


def _window_rows(text: str) -> int:
    rows = int(text) if text.isdecimal() else -1
    if rows and rows < MIN_DRIFT_WINDOW_ROWS:
        raise ValueError(f"must be 0, or a whole number from {MIN_DRIFT_WINDOW_ROWS} on")
    return rows


def _percent(text: str) -> float:
    number = _number(text)
    if number > _WHOLE:
        raise ValueError(f"must be a number from 0 to {_WHOLE}")
    return number


def _port(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) < 1 << 16:
        raise ValueError("must be a port, 1 to 65535")
    return int(text)


def _http_url(text: str) -> str:
    try:
        parts = urlsplit(text)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise ValueError("must be the http:// or https:// address of an MLflow server")
    if "@" in parts.netloc:
        raise ValueError("must not hold a user: set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD")
    return text.rstrip("/")


def _log_level(text: str) -> str:
    if text.upper() not in LOG_LEVELS:
        raise ValueError(f"must be one of {', '.join(LOG_LEVELS)}")
    return text.upper()


_MAY_BE_EMPTY = frozenset({"challenger_alias"})
"""Settings whose default is a value and whose empty variable means none."""
_BY_TYPE: dict[type, Callable[[str], Any]] = {
    bool: _boolean,
    int: _positive_integer,
    float: _positive_number,
    str: str,
    type(Path()): Path,
}
_READERS: dict[str, Callable[[str], Any]] = {
    "mlflow_tracking_uri": _http_url,
    "canary_header": _header_name,
    "port": _port,
    "longest_rest_ms": _number,
    "root_path": path_prefix,
    "forwarded_allow_ips": _addresses,
    "pages_links": _page_links,
    "drift_window_rows": _window_rows,
    "drift_window_seconds": _number,
    "log_level": _log_level,
    "prediction_log_percent": _percent,
}
