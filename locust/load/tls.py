"""TLS of the users' connections."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

from gevent import ssl


@cache
def tls_context(ca_file: Path | None) -> ssl.SSLContext:
    """The context of all connections of this process: one for each user would take seconds and a gigabyte.

    Without a file any certificate is accepted, which is Locust's own default: what is tested often has a certificate of
    its own making.

    Args:
        ca_file: PEM with the certificates of the authorities, or the server's own; None to check nothing.

    Raises:
        OSError: When the file cannot be read or has no certificate.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if ca_file is None:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    else:
        context.load_verify_locations(ca_file)
    return context


def context_factory(ca_file: Path | None) -> Callable[..., ssl.SSLContext]:
    """What Locust's own client calls for a context; it gets the shared one, without the authorities that it would add.

    Args:
        ca_file: As of `tls_context`.
    """

    def shared(cafile: str | None = None) -> ssl.SSLContext:
        del cafile
        return tls_context(ca_file)

    return shared
