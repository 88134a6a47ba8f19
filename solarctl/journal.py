"""The day's journal: `history/2026-07-01.jsonl`, one line per decision or set of readings.

A tick pays for one appended line, not for a database. A line is not synced to disk: losing the last half minute
of history in a power cut changes no decision, and a sync per minute wears an SD card.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from datetime import date, datetime
from pathlib import Path
from typing import BinaryIO

from solarctl.context import Json
from solarctl.disk import PRIVATE, make_folder, refused

BLOCK = 64 * 1024  # bytes read at once, from the end


class Journal:
    """The journals of one history folder."""

    def __init__(self, folder: Path, notice: Callable[[str], None]) -> None:
        self.folder = folder
        self._notice = notice

    def append(self, day: date, row: Json) -> None:
        """Add one line to the day's journal, whole or not at all; `StateError` when it cannot be written."""
        path = self.path(day)
        line = json.dumps(row, separators=(",", ":"), ensure_ascii=False).encode(errors="backslashreplace") + b"\n"
        try:
            make_folder(self.folder)
            descriptor = _opened_for_append(path)
            try:
                _append(descriptor, line)
            finally:
                os.close(descriptor)
        except OSError as error:
            raise refused(error, path, "written") from error

    def days(self) -> list[date]:
        """Return the days that have a journal, oldest first."""
        try:
            names = [path.name for path in self.folder.iterdir()]
        except FileNotFoundError:
            return []
        except OSError as error:
            raise refused(error, self.folder, "read") from error
        found = []
        for name in names:
            with suppress(ValueError):
                if name.endswith(".jsonl"):
                    found.append(date.fromisoformat(name.removesuffix(".jsonl")))
        return sorted(found)

    def path(self, day: date) -> Path:
        """Return where the day's journal is."""
        return self.folder / f"{day.isoformat()}.jsonl"

    def newest_first(self, day: date, containing: str = "") -> Iterator[Json]:
        """Return the day's rows, the last one first; each is read and decoded when it is asked for.

        The file is opened at once: what is folded away meanwhile is still seen. `containing` passes over lines
        without that text, undecoded.
        """
        journal = self._opened(day)
        return iter(()) if journal is None else self._decoded_backwards(day, journal, containing.encode())

    def fold(self, day: date, take: Callable[[Iterable[bytes]], None]) -> None:
        """Hand the day's lines to `take`, which stores them durably, then remove the file.

        A line that is added meanwhile is not lost: then everything is handed over once more.
        """
        while (journal := self._opened(day)) is not None:
            with journal:
                take(line.rstrip(b"\n") for line in journal)
                try:
                    fcntl.flock(journal, fcntl.LOCK_EX)
                    if os.fstat(journal.fileno()).st_size == journal.tell():
                        self.path(day).unlink()
                        return
                except OSError as error:
                    raise refused(error, self.path(day), "removed") from error

    def keep_damaged(self, lines: list[bytes]) -> None:
        """Keep lines that could not be folded, for whoever wants to look."""
        path = self.folder / "damaged-lines.txt"
        try:
            with path.open("ab") as kept:
                kept.write(b"".join(line + b"\n" for line in lines))
        except OSError as error:
            raise refused(error, path, "written") from error

    def decoded(self, day: date | None, line: bytes) -> Json | None:
        """Return a line as a row, or None, after a notice, when it is damaged."""
        with suppress(ValueError, RecursionError):
            row = json.loads(line)
            if _is_row(row):
                return dict(row)
        where = f"{self.path(day)}" if day else "what is imported"
        self._notice(f"a damaged line in {where} was passed over")
        return None

    def _opened(self, day: date) -> BinaryIO | None:
        path = self.path(day)
        try:
            return path.open("rb")
        except FileNotFoundError:
            return None
        except OSError as error:
            raise refused(error, path, "read") from error

    def _decoded_backwards(self, day: date, journal: BinaryIO, needle: bytes) -> Iterator[Json]:
        with journal:
            lines = _backwards(journal)
            if next(lines):  # nothing, when the last line is whole
                torn = f"the last line of {self.path(day)} is cut off (a kill or a power cut); it was passed over"
                self._notice(torn)
            for line in lines:
                if line and needle in line:
                    row = self.decoded(day, line)
                    if row is not None:
                        yield row


def _backwards(journal: BinaryIO) -> Iterator[bytes]:
    """Yield the lines from the last one; the first of them is what follows the last line end."""
    start = journal.seek(0, os.SEEK_END)
    rest = b""
    while start:
        size = min(BLOCK, start)
        start = journal.seek(start - size)
        first, *lines = (journal.read(size) + rest).split(b"\n")
        yield from reversed(lines)
        rest = first
    yield rest


def _is_row(row: object) -> bool:
    if not isinstance(row, dict) or datetime.fromisoformat(str(row.get("at"))).tzinfo is None:
        return False
    lists = [row.get(name) or [] for name in ("readings", "actions", "errors")]
    texts = [row.get(name) for name in ("command", "reason", "because")]
    if not all(isinstance(text, str | None) for text in texts) or not isinstance(row.get("exit"), int | None):
        return False
    return all(isinstance(items, list) and all(isinstance(item, dict) for item in items) for items in lists)


def _opened_for_append(path: Path) -> int:
    """Open and lock the journal; the lock keeps it from being folded away under our hands."""
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, PRIVATE)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        if os.fstat(descriptor).st_nlink:
            return descriptor
        os.close(descriptor)


def _append(descriptor: int, line: bytes) -> None:
    size = os.fstat(descriptor).st_size
    if size and os.pread(descriptor, 1, size - 1) != b"\n":
        line = b"\n" + line  # what a kill or a power cut left there ends here
    written = 0
    try:
        written = os.write(descriptor, line)
    finally:
        if written != len(line):
            with suppress(OSError):
                os.ftruncate(descriptor, size)
    if written != len(line):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
