"""A small Markdown parser for the tests of the documentation: headings, code blocks, tables, links, code spans."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]

_FENCE = re.compile(r"^( *)```(\w*)\s*$")
_HEADING = re.compile(r"^(#{1,6}) (.+?)\s*$")
_LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
_SPAN = re.compile(r"`([^`]+)`")


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading with its level, its text and its anchor on GitHub."""

    level: int
    text: str

    @property
    def anchor(self) -> str:
        """Lower case, hyphens for spaces, without punctuation."""
        return re.sub(r"[^\w\- ]", "", self.text.lower()).replace(" ", "-")


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced code block, without its indentation.

    Attributes:
        section: The text of the heading above it.
        language: The word after the opening fence.
        text: Its content.
    """

    section: str
    language: str
    text: str

    @property
    def commands(self) -> list[str]:
        """Its shell commands; a command ends at the first line without an open quotation or a continuation."""
        found: list[str] = []
        pending = ""
        for line in self.text.splitlines():
            pending = f"{pending}\n{line}" if pending else line
            if pending.strip() and _is_complete(pending):
                found.append(pending)
                pending = ""
        if pending.strip():
            raise ValueError(f"unfinished command in section {self.section!r}: {pending}")
        return found


@dataclass(frozen=True, slots=True)
class Document:
    """One Markdown file.

    Attributes:
        name: Path below the project's root.
        prose: Lines outside the blocks.
    """

    name: str
    headings: tuple[Heading, ...]
    blocks: tuple[Block, ...]
    prose: tuple[str, ...]

    @classmethod
    def read(cls, name: str) -> Document:
        """Parse a file of the project."""
        headings: list[Heading] = []
        blocks: list[Block] = []
        prose: list[str] = []
        fence: re.Match[str] | None = None
        inside: list[str] = []
        for line in (ROOT / name).read_text(encoding="utf-8").splitlines():
            mark = _FENCE.match(line)
            if fence is not None and mark and not mark[2]:
                section = headings[-1].text if headings else ""
                blocks.append(Block(section, fence[2], "\n".join(text.removeprefix(fence[1]) for text in inside)))
                fence, inside = None, []
            elif fence is not None:
                inside.append(line)
            elif mark:
                fence = mark
            else:
                prose.append(line)
                if heading := _HEADING.match(line):
                    headings.append(Heading(len(heading[1]), heading[2]))
        if fence is not None:
            raise ValueError(f"{name}: a code block is not closed")
        return cls(name, tuple(headings), tuple(blocks), tuple(prose))

    @property
    def links(self) -> list[str]:
        """The targets of the links."""
        return [target for line in self.prose for target in _LINK.findall(line)]

    @property
    def spans(self) -> list[str]:
        """Inline code."""
        return [span for line in self.prose for span in _SPAN.findall(line)]

    @property
    def text(self) -> str:
        """The whole text, blocks included."""
        return (ROOT / self.name).read_text(encoding="utf-8")

    def section(self, title: str) -> list[Block]:
        """The blocks below a heading, up to the next heading."""
        return [block for block in self.blocks if block.section == title]


def shell_commands(document: Document) -> list[str]:
    """All commands: those of the bash blocks, and those in the sentences."""
    typed = [command for block in document.blocks if block.language == "bash" for command in block.commands]
    return typed + [span for span in document.spans if _TYPED.match(span)]


# A span that begins with a program is a command; `down` or `--force` alone is a part of one.
_TYPED = re.compile(r"(?:[A-Z_]+=\S+ )*(?:docker|make|curl|git|ssh|lsof|cp|\.venv/bin/\w+) (?!compose$)")


def _is_complete(command: str) -> bool:
    if command.rstrip().endswith("\\"):
        return False
    try:
        shlex.split(command)
    except ValueError:
        return False
    return True
