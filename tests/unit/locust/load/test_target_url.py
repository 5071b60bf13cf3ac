"""Which addresses a run accepts."""

import pytest

from load.target_url import Target, TargetError, base_url


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("http://gateway:8000", Target("http", "gateway", 8000, "gateway:8000", "", credentials=False)),
        ("http://gateway:8000/", Target("http", "gateway", 8000, "gateway:8000", "", credentials=False)),
        ("http://api.example.org", Target("http", "api.example.org", 80, "api.example.org", "", credentials=False)),
        ("https://example.org/api/", Target("https", "example.org", 443, "example.org", "/api", credentials=False)),
        ("http://[::1]:8000", Target("http", "::1", 8000, "[::1]:8000", "", credentials=False)),
        ("http://me:secret@host:1", Target("http", "host", 1, "host:1", "", credentials=True)),
    ],
)
def test_addresses(url: str, target: Target) -> None:
    """Names, addresses of both kinds, ports and paths are told apart."""
    assert Target.parse(url) == target


@pytest.mark.parametrize(
    "url", [None, "", "gateway:8000", "localhost", "ftp://host", "http://", "http://host:port", "http://host/?a=1"]
)
def test_what_is_no_http_address_is_refused(url: str | None) -> None:
    """The message shows the address and how one looks."""
    with pytest.raises(TargetError, match=r"http://gateway:8000|no address|must end"):
        Target.parse(url)


def test_host_loses_its_last_slash() -> None:
    """People copy addresses with a slash at the end, and //predict is another path."""
    assert base_url("http://gateway:8000/", "fast") == "http://gateway:8000"


@pytest.mark.parametrize("host", ["https://example.org", "http://me:secret@example.org"])
@pytest.mark.parametrize("user", ["lean", "open"])
def test_plain_sockets_refuse_what_they_cannot_speak(host: str, user: str) -> None:
    """No TLS and no credentials with a plain socket; the message names the user that can."""
    assert base_url(host, "fast") == host
    with pytest.raises(TargetError, match=r"use LOCUST_USER=fast for"):
        base_url(host, user)


def test_host_must_be_an_address() -> None:
    """A name without a scheme is refused before anything is asked."""
    with pytest.raises(TargetError):
        base_url("gateway:8000", "fast")
