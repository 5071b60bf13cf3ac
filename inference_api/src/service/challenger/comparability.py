"""Whether a challenger takes the rows of the champion, and answers with the same kind of values."""

from __future__ import annotations

from src.service.prediction.outputs import Answer
from src.service.registry.bundle import Bundle
from src.service.schema.column import Column


def difference(champion: Bundle, challenger: Bundle) -> str | None:
    """How the signatures differ; None when every row that the champion accepts is one of the challenger.

    Args:
        champion: The version that serves.
        challenger: The version beside it.
    """
    return _column_difference(champion.columns, challenger.columns) or _output_difference(champion, challenger)


def _column_difference(champion: tuple[Column, ...], challenger: tuple[Column, ...]) -> str | None:
    names, other_names = [column.name for column in champion], [column.name for column in challenger]
    if missing := [name for name in names if name not in other_names]:
        return f"it has no column {_listed(missing)}, which the champion has"
    if new := [name for name in other_names if name not in names]:
        return f"it has a column {_listed(new)}, which the champion has not"
    if names != other_names:
        return f"its columns come in another order: {_listed(other_names)}"
    for mine, theirs in zip(champion, challenger, strict=True):
        if (mine.kind, mine.dtype) != (theirs.kind, theirs.dtype):
            return (
                f"its column {theirs.name!r} is {theirs.kind} ({theirs.dtype}), that of the champion {mine.kind} "
                f"({mine.dtype})"
            )
        if theirs.required and not mine.required:
            return f"its column {theirs.name!r} has no missing values, that of the champion may have some"
    return None


def _output_difference(champion: Bundle, challenger: Bundle) -> str | None:
    ours, theirs = _output(champion), _output(challenger)
    if ours == theirs:
        return None
    return f"it answers with {theirs}, the champion with {ours}"


def _output(bundle: Bundle) -> str:
    """What the reference answers of a version are: those that it was verified with."""
    answers = [check.answer for check in (*bundle.checks, *bundle.logged)]
    kinds = {_kind(answer) for answer in answers}
    return " and ".join(sorted(kinds))


def _kind(answer: Answer) -> str:
    if isinstance(answer, list):
        inner = sorted({_kind(part) for part in answer})
        return f"a list of {len(answer)} ({', '.join(inner)})"
    return "a number" if isinstance(answer, float) else "a class label"


def _listed(names: list[str]) -> str:
    shown = ", ".join(repr(name[:60]) for name in names[:5])
    return f"{shown} and {len(names) - 5} more" if len(names) > 5 else shown  # noqa: PLR2004 - five are shown
