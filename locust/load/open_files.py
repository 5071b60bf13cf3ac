"""The limit of open files: every user holds a connection, and every connection is one."""

from __future__ import annotations

import logging
import resource

_ENOUGH = 20_000
_FULL_RUN = 10_500

logger = logging.getLogger(__name__)


def raise_limit() -> None:
    """Raise this process's limit as far as it may go: Locust stops at 10,000, which 10,000 users already exceed."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _ENOUGH if hard == resource.RLIM_INFINITY else min(_ENOUGH, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        soft = wanted
    if soft != resource.RLIM_INFINITY and soft < _FULL_RUN:
        logger.warning(
            "This process may open %d files and hold somewhat fewer users: raise `ulimit -n` or use more workers",
            soft,
        )
