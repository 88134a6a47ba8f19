"""What a person most likely meant where a file is no TOML."""

from __future__ import annotations

import re

_COMMA = re.compile(r"=\s*([+-]?\d+),(\d+)\s*(?:#.*)?$")


def hint(text: str, line: int | None) -> str:
    """Return the next step for a line that is no TOML, or nothing.

    >>> hint("import_price = 0,11", 1)
    'Numbers have a decimal point, not a comma: write 0.11.'
    """
    rows = text.splitlines()
    if line is None or not 0 < line <= len(rows):
        return ""
    found = _COMMA.search(rows[line - 1])
    return f"Numbers have a decimal point, not a comma: write {found[1]}.{found[2]}." if found else ""
