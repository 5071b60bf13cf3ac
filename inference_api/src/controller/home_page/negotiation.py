"""Chooses between the two representations of `GET /`: the page for people, or JSON for programs."""

from __future__ import annotations

from typing import Final

from src.controller.protocols.endpoint import JSON

HTML: Final = "text/html"


def prefers_json(accept: str) -> bool:
    """Whether an `Accept` header rates JSON above HTML; `*/*`, as curl sends it, gets the page.

    https://www.rfc-editor.org/rfc/rfc9110.html#section-12.5.1

    Args:
        accept: The header's value, or empty.
    """
    quality = {media_range: weight for media_range, weight in map(_weighted, accept.split(",")) if media_range}
    return _quality(JSON, quality) > _quality(HTML, quality)


def _weighted(part: str) -> tuple[str, float]:
    media_range, *parameters = (text.strip().lower() for text in part.split(";"))
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name == "q":
            try:
                return media_range, float(value)
            except ValueError:
                return media_range, 0.0
    return media_range, 1.0


def _quality(media_type: str, quality: dict[str, float]) -> float:
    """That of the most specific range that has the type."""
    kind = media_type.partition("/")[0]
    return next((quality[name] for name in (media_type, f"{kind}/*", "*/*") if name in quality), 0.0)
