"""Cached DNS lookups."""

from __future__ import annotations

from contextlib import closing
from typing import Any

import pytest
from gevent import socket

from load import addresses
from load.addresses import Addresses, addresses_of
from load.target_url import TargetUrl
from tests.unit.locust.load.doubles import PredictionServer, free_port


@pytest.fixture
def lookups(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names that were resolved; each resolves to this machine."""
    names: list[str] = []
    real = socket.getaddrinfo

    def resolve(host: str, port: int, **options: Any) -> Any:
        names.append(host)
        return real("127.0.0.1", port, **options)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    return names


def test_name_is_resolved_once_for_many_connections(lookups: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Until the result expires, because addresses change."""
    with PredictionServer() as server:
        host = Addresses("api.example", TargetUrl.parse(server.url).port)
        for _ in range(5):
            with closing(host.connect(5)) as made:
                assert made.getpeername()[0] == "127.0.0.1"
        assert lookups == ["api.example"]
        monkeypatch.setattr(addresses, "_LIFETIME_SECONDS", -1.0)
        host._resolved = None
        for _ in range(2):
            host.connect(5).close()
        assert lookups == ["api.example"] * 3


def test_address_that_refuses_is_resolved_again(lookups: list[str]) -> None:
    """A replica that restarted may have another address."""
    host = Addresses("api.example", free_port())
    for _ in range(2):
        with pytest.raises(ConnectionRefusedError):
            host.connect(5)
    assert lookups == ["api.example"] * 2


def test_addresses_of_a_name_are_used_in_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Replicas behind one name share the connections."""
    with PredictionServer() as first, PredictionServer() as second:
        ports = [TargetUrl.parse(server.url).port for server in (first, second)]
        answer = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port)) for port in ports]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: answer)
        host = Addresses("api.example", 80)
        seen = []
        for _ in range(4):
            with closing(host.connect(5)) as made:
                seen.append(made.getpeername()[1])
        assert seen == ports * 2


def test_connections_of_a_process_share_the_addresses() -> None:
    """One lookup is enough for all users of a target."""
    assert addresses_of(TargetUrl.parse("http://a:1")) is addresses_of(TargetUrl.parse("http://a:1"))
    assert addresses_of(TargetUrl.parse("http://a:1")) is not addresses_of(TargetUrl.parse("http://a:2"))
