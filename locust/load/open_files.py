"""The limit of open files: every user has a connection, and every connection is an open file."""

from __future__ import annotations

import logging
import resource

_ENOUGH = 20_000
_FULL_RUN = 10_500

logger = logging.getLogger(__name__)


def raise_limit() -> None:
    """Raise this process's limit as far as allowed: Locust raises it to 10,000 only, which 10,000 users exceed."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _ENOUGH if hard == resource.RLIM_INFINITY else min(_ENOUGH, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        soft = wanted
    if soft != resource.RLIM_INFINITY and soft < _FULL_RUN:
        logger.warning(
            "This process may open %d files, so it can run somewhat fewer users: raise `ulimit -n` or use more workers",
            soft,
        )
