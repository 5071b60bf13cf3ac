"""Where a host is."""

from __future__ import annotations

from contextlib import closing
from typing import Any

import pytest
from gevent import socket

from load import addresses
from load.addresses import Addresses, addresses_of
from load.target_url import Target
from tests.unit.locust.load.doubles import Server, free_port


@pytest.fixture
def lookups(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names that are looked up, each of which is this machine."""
    asked: list[str] = []
    real = socket.getaddrinfo

    def look_up(host: str, port: int, **options: Any) -> Any:
        asked.append(host)
        return real("127.0.0.1", port, **options)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return asked


def test_many_connections_look_a_name_up_once(lookups: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Until its answer is too old: a name may lead elsewhere later."""
    with Server() as server:
        found = Addresses("api.example", Target.parse(server.url).port)
        for _ in range(5):
            with closing(found.connect(5)) as made:
                assert made.getpeername()[0] == "127.0.0.1"
        assert lookups == ["api.example"]
        monkeypatch.setattr(addresses, "_LIFETIME_SECONDS", -1.0)
        found._found = None
        for _ in range(2):
            found.connect(5).close()
        assert lookups == ["api.example"] * 3


def test_an_address_that_refuses_is_looked_up_again(lookups: list[str]) -> None:
    """A replica that came back may have another."""
    found = Addresses("api.example", free_port())
    for _ in range(2):
        with pytest.raises(ConnectionRefusedError):
            found.connect(5)
    assert lookups == ["api.example"] * 2


def test_all_addresses_of_a_name_are_used_in_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Replicas behind one name share the connections."""
    with Server() as first, Server() as second:
        ports = [Target.parse(server.url).port for server in (first, second)]
        answer = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port)) for port in ports]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: answer)
        found = Addresses("api.example", 80)
        seen = []
        for _ in range(4):
            with closing(found.connect(5)) as made:
                seen.append(made.getpeername()[1])
        assert seen == ports * 2


def test_connections_of_a_process_share_what_is_known() -> None:
    """One lookup serves all of its users."""
    assert addresses_of(Target.parse("http://a:1")) is addresses_of(Target.parse("http://a:1"))
    assert addresses_of(Target.parse("http://a:1")) is not addresses_of(Target.parse("http://a:2"))
