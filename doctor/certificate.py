"""The end of a TLS certificate's validity. The standard library decodes only certificates that it has verified."""

from __future__ import annotations

import datetime as dt
import re
import ssl

_PEM = re.compile(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)
_SEQUENCE = 0x30
_VERSION = 0xA0
_UTC_TIME = 0x17
_LONG_LENGTH = 0x80


def end_of_validity(pem: str) -> dt.datetime:
    """When the first certificate of a PEM file ends to be valid.

    The structure is that of RFC 5280, section 4.1: https://www.rfc-editor.org/rfc/rfc5280#section-4.1

    Raises:
        ValueError: There is no certificate, or it cannot be read.
    """
    found = _PEM.search(pem)
    if found is None:
        raise ValueError("no certificate")
    try:
        return _end_of_validity(ssl.PEM_cert_to_DER_cert(found.group()))
    except IndexError:
        raise ValueError("the certificate is cut off") from None


def _end_of_validity(der: bytes) -> dt.datetime:
    _, start, _ = _element(der, 0)  # the certificate
    _, place, _ = _element(der, start)  # what is signed
    tag, _, end = _element(der, place)
    if tag == _VERSION:
        place = end
    for _ in ("serial number", "algorithm of the signature", "issuer"):
        _, _, place = _element(der, place)
    tag, start, _ = _element(der, place)  # the validity: its begin and its end
    if tag != _SEQUENCE:
        raise ValueError("not the structure of a certificate")
    _, _, place = _element(der, start)
    tag, start, end = _element(der, place)
    text = der[start:end].decode("ascii")
    if tag == _UTC_TIME:  # two digits of the year, from 1950 to 2049
        text = f"{'19' if text >= '50' else '20'}{text}"
    return dt.datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=dt.timezone.utc)


def _element(der: bytes, place: int) -> tuple[int, int, int]:
    """The tag of the element at this place, and where its content begins and ends."""
    tag, length, start = der[place], der[place + 1], place + 2
    if length >= _LONG_LENGTH:
        count = length - _LONG_LENGTH
        length = int.from_bytes(der[start : start + count], "big")
        start += count
    return tag, start, start + length
