"""The lines of `.env` and `.env.example` as text; only Compose says what a value means."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

# As Compose splits a line: a name, which may be exported, then = or :.
_ASSIGNMENT = re.compile(r"^\s*(?:export\s+)?(?P<name>[^\s=:#][^=:]*?)\s*(?P<sign>[=:])\s*(?P<value>.*?)\s*$")
_OPTIONAL = re.compile(r"^#([A-Z][A-Z0-9_]*)=(.*)$")


@dataclass(frozen=True)
class Assignment:
    """A line that sets a variable.

    Attributes:
        number: The number of the line, from 1.
        name: The name.
        value: What is written behind the sign, with quotes and comment.
    """

    number: int
    name: str
    value: str

    @property
    def without_comment(self) -> str:
        """The value without a comment behind it; in quotes a # is part of the value."""
        return self.value if self.value[:1] in {"'", '"'} else re.sub(r"\s+#.*$", "", self.value)


def read_assignments(text: str) -> Iterator[Assignment]:
    """The lines that set a variable."""
    open_quote = ""
    for number, line in enumerate(text.splitlines(), 1):
        if open_quote:  # a value in quotes may have several lines
            open_quote = "" if re.search(rf"(?<!\\){open_quote}", line) else open_quote
            continue
        found = _ASSIGNMENT.match(line)
        if found is None:
            continue
        value = found["value"]
        quote = value[:1]
        if quote in {"'", '"'} and not re.search(rf"(?<!\\){quote}", value[1:]):
            open_quote = quote
        yield Assignment(number, found["name"], value)


def read_defaults(text: str) -> dict[str, str]:
    """The variables of `.env.example` with their defaults, empty for those that are commented out."""
    names = {found[1]: "" for line in text.splitlines() if (found := _OPTIONAL.match(line))}
    return {**names, **{assignment.name: assignment.value for assignment in read_assignments(text)}}
