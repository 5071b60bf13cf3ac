"""Validation of the model name and the alias, before training.

MLflow refuses an invalid alias only after the version is registered, so each attempt would leave one more version.
"""

import argparse
import re
from typing import Final

_ALIAS: Final = re.compile(r"[\w-]{1,255}")
_RESERVED: Final = re.compile(r"latest|v\d+", re.IGNORECASE)


def alias(text: str) -> str:
    """Validate an alias as MLflow does: letters, digits, `_` and `-`; not `latest` and not `v1`, `v2`, ...

    Raises:
        argparse.ArgumentTypeError: It is invalid.
    """
    if not _ALIAS.fullmatch(text):
        raise argparse.ArgumentTypeError(f"{text[:80]!r} is not 1 to 255 letters, digits, _ and -")
    if _RESERVED.fullmatch(text):
        raise argparse.ArgumentTypeError(f"{text[:80]!r} is a name that MLflow keeps for itself")
    return text


def model_name(text: str) -> str:
    """Validate the name of a registered model, which MLflow uses in URLs and paths.

    Raises:
        argparse.ArgumentTypeError: It is invalid.
    """
    if not text.strip() or text == "." or text.startswith("..") or {"/", ":"} & set(text):
        raise argparse.ArgumentTypeError(f"{text[:80]!r} is empty, begins like a folder, or has / or : in it")
    return text
