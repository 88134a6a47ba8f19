"""Locks between processes: they vanish with the process that holds them, and say who that is.

`flock` on a file of its own, never on the data (a rename replaces the data's inode).
"""

from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, tzinfo
from pathlib import Path

from solarctl.context import Clock
from solarctl.disk import make_folder, refused
from solarctl.errors import BusyError

FIRST_PAUSE_S = 0.002
LONGEST_PAUSE_S = 0.05
_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_")
LONGEST_WORD = 150  # file names may have 255 letters


@contextmanager
def locked(
    path: Path,
    clock: Clock,
    *,
    timeout_s: float,
    busy: str,
    signed: bool = True,
    timezone: tzinfo | None = None,
) -> Iterator[None]:
    """Hold the lock `path`, waiting for it up to `timeout_s`; `BusyError` in vain.

    `busy` opens the sentence of that error. `signed`: the file tells who holds it, and since when.
    """
    descriptor = _opened(path)
    try:
        if not _taken(descriptor, clock, timeout_s):
            raise BusyError(
                f"{busy} ({_holder(descriptor, clock, timezone)})",
                hint="Wait for the next run, or look at that process if it hangs.",
            )
        if signed:
            _sign(descriptor, f"{os.getpid()} {clock.now().isoformat(timespec='seconds')}\n")
        try:
            yield
        finally:
            if signed:
                _sign(descriptor, "")
    finally:
        os.close(descriptor)


def file_word(name: str) -> str:
    """Return a name as one safe part of a file's name.

    >>> file_word("grid-guard"), file_word("../a b")
    ('grid-guard', '%2E%2E%2Fa%20b')
    """
    word = "".join(c if c in _PLAIN else "".join(f"%{byte:02X}" for byte in c.encode()) for c in name)
    if len(word) <= LONGEST_WORD:
        return word
    import hashlib

    return f"{word[:LONGEST_WORD]}~{hashlib.sha256(word.encode()).hexdigest()[:16]}"


def _opened(path: Path) -> int:
    try:
        make_folder(path.parent)
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        if error.errno in (errno.EROFS, errno.EACCES, errno.ENOSPC):
            with suppress(OSError):  # a lock needs no writing, only the file
                return os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        raise refused(error, path, "written") from error


def _taken(descriptor: int, clock: Clock, timeout_s: float) -> bool:
    # Counts its own pauses too: a clock driven by a test or by the demo may stand still.
    started_s = clock.monotonic()
    waited_s, pause_s = 0.0, FIRST_PAUSE_S
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            left_s = timeout_s - max(waited_s, clock.monotonic() - started_s)
            if left_s <= 0:
                return False
        pause_s = min(pause_s * 1.5, LONGEST_PAUSE_S, left_s)
        clock.sleep(pause_s)
        waited_s += pause_s


def _sign(descriptor: int, text: str) -> None:
    # Emptied on release, before the kernel has written it back: no flash wear.
    with suppress(OSError):
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, text.encode(), 0)


def _holder(descriptor: int, clock: Clock, timezone: tzinfo | None) -> str:
    try:
        pid, since_text = os.pread(descriptor, 200, 0).decode().split()
        since = datetime.fromisoformat(since_text).astimezone(timezone)
        pid = str(int(pid))
    except (OSError, ValueError):
        return "by another process"
    today = clock.now().astimezone(timezone).date()
    return f"pid {pid} since {since:%H:%M}" if since.date() == today else f"pid {pid} since {since:%Y-%m-%d %H:%M}"
