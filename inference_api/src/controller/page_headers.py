"""Headers of the pages for people, and of what they load."""

from __future__ import annotations

from typing import Final

PAGE_HEADERS: Final = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"}
NO_FRAMES: Final = "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
"""A part of a Content-Security-Policy: no page shows this one in a frame, where clicks could be led to it."""
