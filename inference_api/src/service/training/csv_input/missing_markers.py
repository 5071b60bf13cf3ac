"""The texts that mean a missing value."""

import re
from typing import Final

# The defaults of pandas, and what spreadsheets and forms write; compared in lower case.
_IN_TEXT: Final = frozenset(
    {
        "#n/a", "#n/a n/a", "#na", "-1.#ind", "-1.#qnan", "-nan", "1.#ind", "1.#qnan", "<na>", "n/a", "na", "null",
        "nan", "none", "#n/d", "n/d", "s/d", "#¡div/0!", "#div/0!", "#¡valor!", "#value!", "#¡ref!", "#ref!",
        "#¡num!", "#¡núm!", "#num!", "#name?", "#¿nombre?", "#null!", "#¡nulo!", "?", "sin dato", "sin datos",
    }
)  # fmt: skip
# pandas takes only these spellings; others are words or codes (Na is sodium).
_EXACT_IN_TEXT: Final = {
    "na": {"NA"}, "none": {"None"}, "null": {"NULL", "null"}, "nan": {"NaN", "nan"}, "n/a": {"N/A", "n/a"},
}  # fmt: skip
# LibreOffice numbers its errors.
_SPREADSHEET_ERROR: Final = re.compile(r"err:\d{3}")
_IN_NUMBERS: Final = _IN_TEXT | frozenset(
    {
        "??", "???", "-", "--", "---", "\u2013", "\u2014", ".", "..", "...", "*", "**", "x", "xx", "/", "_", "\u2026",
        "n.a.", "n.a", "n.d.", "n.d", "nd", "s.d.", "s.d", "sd", "s/i", "n/i", "ns", "nr", "ns/nr", "ns/nc", "n/c",
        "nulo", "nil", "vacío", "vacio", "missing", "unknown", "no data", "sin información", "sin informacion",
        "no aplica", "no disponible", "desconocido", "faltante", "pendiente", "not available", "inf.",
    }
)  # fmt: skip


def is_missing_marker(text: str, chosen: tuple[str, ...] | None, *, numbers: bool) -> bool:
    """Whether a text means a missing value.

    Args:
        text: One value, without surrounding blanks.
        chosen: The texts of `--missing`; None without that option.
        numbers: Whether the column holds numbers; then more texts are missing values, as none of them is a category.
    """
    if not text:
        return True
    if chosen is not None and text in chosen:
        return True
    lower = text.casefold()
    spreadsheet_error = _SPREADSHEET_ERROR.fullmatch(lower) is not None
    if numbers:
        return spreadsheet_error or lower in _IN_NUMBERS
    if chosen is not None:
        return False
    return spreadsheet_error or (lower in _IN_TEXT and text in _EXACT_IN_TEXT.get(lower, {text}))
