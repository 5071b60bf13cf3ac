"""Names that the registry takes, checked before a model is trained for them.

MLflow refuses a wrong alias only when the version is registered already: each try would leave one more.
"""

import argparse
import re
from typing import Final

_ALIAS: Final = re.compile(r"[\w-]{1,255}")
_RESERVED: Final = re.compile(r"latest|v\d+", re.IGNORECASE)


def alias(text: str) -> str:
    """Take an alias as MLflow does: letters, digits, `_` and `-`, neither `latest` nor the name of a version.

    Raises:
        argparse.ArgumentTypeError: It is none.
    """
    if not _ALIAS.fullmatch(text):
        raise argparse.ArgumentTypeError(f"{text[:80]!r} is not 1 to 255 letters, digits, _ and -")
    if _RESERVED.fullmatch(text):
        raise argparse.ArgumentTypeError(f"{text[:80]!r} is a name that MLflow keeps for itself")
    return text


def model_name(text: str) -> str:
    """Take the name of a registered model: MLflow uses it in addresses and paths.

    Raises:
        argparse.ArgumentTypeError: It is none.
    """
    if not text.strip() or text == "." or text.startswith("..") or {"/", ":"} & set(text):
        raise argparse.ArgumentTypeError(f"{text[:80]!r} is empty, begins like a folder, or has / or : in it")
    return text
