"""Which representation of `GET /` a client gets."""

import pytest

from src.controller.home_page.negotiation import prefers_json

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"


@pytest.mark.parametrize("accept", [BROWSER, "*/*", "", "text/html, application/json", "text/*", "image/png", ";;,=,q"])
def test_people_get_the_page(accept: str) -> None:
    """Browsers, curl, clients without the header and with one that cannot be read get the page."""
    assert not prefers_json(accept)


@pytest.mark.parametrize(
    "accept",
    [
        "application/json",
        "Application/JSON; charset=utf-8",
        "application/*",
        "application/json, text/plain, */*;q=0.5",
        "text/html;q=0.5, application/json;q=0.9",
        "text/html;q=0, */*",
        "text/html;q=wrong, application/json",
    ],
)
def test_programs_get_json(accept: str) -> None:
    """Clients that rate JSON above HTML get JSON."""
    assert prefers_json(accept)
