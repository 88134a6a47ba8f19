"""Where each key of a TOML text stands, so that a problem can name its line; tomllib does not tell."""

from __future__ import annotations

import re

_HEADER = re.compile(r"^\s*(\[\[?)\s*(.+?)\s*\]\]?\s*(?:#.*)?$")
_KEY = re.compile(r"""^\s*((?:"[^"]*"|'[^']*'|[A-Za-z0-9_-]+)(?:\s*\.\s*(?:"[^"]*"|'[^']*'|[A-Za-z0-9_-]+))*)\s*=""")
_PART = re.compile(r""""([^"]*)"|'([^']*)'|([A-Za-z0-9_-]+)""")


def find_lines(text: str) -> dict[str, int]:
    r"""Return the line (from 1) of every table and key, by dotted path; rows of [[tables]] count from 0.

    >>> find_lines('[site]\ntimezone = "UTC"')
    {'site': 1, 'site.timezone': 2}
    """
    lines: dict[str, int] = {}
    rows: dict[str, int] = {}
    prefix = ""
    fence = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if fence:
            if fence in line:
                fence = ""
            continue
        if header := _HEADER.match(line):
            path = _dotted(header[2], rows)
            if header[1] == "[[":
                rows[path] = rows.get(path, -1) + 1
                path = f"{path}.{rows[path]}"
            prefix = path
            lines.setdefault(prefix, number)
        elif key := _KEY.match(line):
            path = ".".join(filter(None, (prefix, _dotted(key[1], {}))))
            lines.setdefault(path, number)
            rest = line[key.end() :]
            for quotes in ('"""', "'''"):
                if rest.count(quotes) % 2:
                    fence = quotes
    return lines


def _dotted(text: str, rows: dict[str, int]) -> str:
    path = ""
    for match in _PART.finditer(text):
        if path in rows:
            path = f"{path}.{rows[path]}"
        path = ".".join(filter(None, (path, match[1] or match[2] or match[3] or "")))
    return path
