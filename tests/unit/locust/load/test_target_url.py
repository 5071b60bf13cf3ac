"""Which addresses a run accepts."""

import pytest

from load.target_url import TargetError, TargetUrl, base_url


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("http://gateway:8000", TargetUrl("http", "gateway", 8000, "gateway:8000", "", credentials=False)),
        ("http://gateway:8000/", TargetUrl("http", "gateway", 8000, "gateway:8000", "", credentials=False)),
        ("http://api.example.org", TargetUrl("http", "api.example.org", 80, "api.example.org", "", credentials=False)),
        ("https://example.org/api/", TargetUrl("https", "example.org", 443, "example.org", "/api", credentials=False)),
        ("http://[::1]:8000", TargetUrl("http", "::1", 8000, "[::1]:8000", "", credentials=False)),
        ("http://me:secret@host:1", TargetUrl("http", "host", 1, "host:1", "", credentials=True)),
    ],
)
def test_addresses(url: str, target: TargetUrl) -> None:
    """Names, IPv4 and IPv6 addresses, ports and paths are parsed."""
    assert TargetUrl.parse(url) == target


@pytest.mark.parametrize(
    "url", [None, "", "gateway:8000", "localhost", "ftp://host", "http://", "http://host:port", "http://host/?a=1"]
)
def test_other_than_http_address_is_refused(url: str | None) -> None:
    """The message shows the address and an example."""
    with pytest.raises(TargetError, match=r"http://gateway:8000|no address|must end"):
        TargetUrl.parse(url)


def test_final_slash_is_removed() -> None:
    """Copied addresses may end with a slash, and //predict is another path."""
    assert base_url("http://gateway:8000/", "fast") == "http://gateway:8000"


@pytest.mark.parametrize("user", ["lean", "open"])
def test_plain_sockets_refuse_credentials(user: str) -> None:
    """The message names the user that supports them."""
    host = "http://me:secret@example.org"
    assert base_url(host, "fast") == host
    with pytest.raises(TargetError, match=r"use LOCUST_USER=fast for"):
        base_url(host, user)


def test_host_needs_a_scheme() -> None:
    """A name without a scheme is refused."""
    with pytest.raises(TargetError):
        base_url("gateway:8000", "fast")
