"""Tables as TOML text, and keys put into a text that a person wrote without touching what is there."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from typing import Any

_BARE = re.compile(r"[A-Za-z0-9_-]+")


def table_text(path: Sequence[str], values: Mapping[str, Any], comment: str = "") -> str:
    """Return one table; lists of tables become [[tables]] below it, other tables stay on one line.

    >>> print(table_text(("devices", "hall"), {"driver": "honeywell-tcc", "token": {"file": "x"}}), end="")
    [devices.hall]
    driver = "honeywell-tcc"
    token = { file = "x" }
    """
    head = ".".join(key_text(part) for part in path)
    lines = [f"# {line}" for line in comment.splitlines()] + [f"[{head}]"]
    plain = {key: value for key, value in values.items() if not _is_rows(value)}
    lines += [f"{key_text(key)} = {value_text(value)}" for key, value in plain.items()]
    for key, rows in values.items():
        if _is_rows(rows):
            for row in rows:
                lines.append(f"[[{head}.{key_text(key)}]]")
                lines += [f"{key_text(name)} = {value_text(value)}" for name, value in row.items()]
    return "\n".join(lines) + "\n"


def key_text(key: str) -> str:
    """Return a key, in quotes where it needs them."""
    return key if _BARE.fullmatch(key) else _quoted(key)


def value_text(value: Any) -> str:
    """Return a value on one line.

    >>> value_text({"at_pct": 50, "on": True}), value_text(["a", 1.5])
    ('{ at_pct = 50, on = true }', '["a", 1.5]')
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, Mapping):
        inside = ", ".join(f"{key_text(str(key))} = {value_text(item)}" for key, item in value.items())
        return f"{{ {inside} }}" if inside else "{}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(value_text, value))}]"
    return _quoted(str(value))


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def with_keys(text: str, table: str, values: Mapping[str, Any]) -> str:
    r"""Return `text` with keys added right below the header of an existing table.

    >>> with_keys('[site] # here\ntimezone = "UTC"\n', "site", {"latitude": 50.1})
    '[site] # here\nlatitude = 50.1\ntimezone = "UTC"\n'
    """
    header = re.compile(rf"^[ \t]*\[[ \t]*{re.escape(table)}[ \t]*\][ \t]*(#.*)?$", re.MULTILINE)
    found = header.search(text)
    if found is None:
        raise ValueError(table)
    added = "".join(f"\n{key_text(key)} = {value_text(value)}" for key, value in values.items())
    return text[: found.end()] + added + text[found.end() :]


def _is_rows(value: Any) -> bool:
    return isinstance(value, list | tuple) and bool(value) and all(isinstance(row, Mapping) for row in value)
