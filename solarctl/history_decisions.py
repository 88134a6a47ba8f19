"""Decisions as blocks: the journal lines of one command and day, compressed; old ones without the repetitions."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from solarctl.context import Json
from solarctl.history_points import seconds


def packed(lines: Iterable[bytes]) -> bytes:
    """Return journal lines, oldest first, as a block."""
    import zlib

    return zlib.compress(b"\n".join(lines), 9)


def unpacked(block: bytes) -> list[bytes]:
    """Return the lines of a block, oldest first."""
    import zlib

    return zlib.decompress(block).split(b"\n")


def merged(stored: list[bytes], new: Iterable[bytes]) -> list[bytes]:
    """Return all lines in order of time, each once, however often it is folded."""
    lines = dict.fromkeys([*stored, *new])
    return [line for _moment, line in sorted(((_moment(line), line) for line in lines), key=lambda pair: pair[0])]


def thinned(lines: Iterable[bytes]) -> list[bytes]:
    """Return the lines at which something changed; each says how often it was repeated, and until when.

    >>> row = '{"at":"2026-07-01T12:0%d:00+00:00","reason":"hold"}'
    >>> [json.loads(line)["repeats"] for line in thinned((row % minute).encode() for minute in range(5))]
    [4]
    """
    kept: list[Json] = []
    for row in map(json.loads, lines):
        last = kept[-1] if kept else None
        if last is None or _gist(row) != _gist(last):
            kept.append(row)
        elif seconds(row["at"]) > seconds(last.get("repeated_until") or last["at"]):
            last["repeated_until"] = row.get("repeated_until", row["at"])
            last["repeats"] = last.get("repeats", 0) + 1 + row.get("repeats", 0)
    return [as_line(row) for row in kept]


def as_line(row: Json) -> bytes:
    """Return a row as a journal line, without its line end."""
    return json.dumps(row, separators=(",", ":"), ensure_ascii=False).encode(errors="backslashreplace")


def newest_first(lines: list[bytes]) -> Iterator[Json]:
    """Yield the rows of these lines, the last one first."""
    for line in reversed(lines):
        yield json.loads(line)


def _moment(line: bytes) -> int:
    return seconds(json.loads(line)["at"])


def _gist(row: Json) -> Any:
    """What makes a decision the same as the one before, whatever the numbers in its sentence."""
    return (
        row.get("kind"),
        row.get("reason"),
        row.get("exit"),
        [(a.get("device"), a.get("action"), a.get("to"), a.get("outcome")) for a in row.get("actions") or ()],
        [(e.get("kind"), e.get("device")) for e in row.get("errors") or ()],
    )
