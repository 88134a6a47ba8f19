"""A letter: a mail on disk with its envelope, the lock of whoever sends it, and how long it waits after a failure."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from solarctl.value import value

NEXT_RUN = timedelta(seconds=30)  # after one failure the next run tries again, and not the one that has just failed
FIRST_PAUSE = timedelta(minutes=5)  # after the second failure; doubled after each further one
LONGEST_PAUSE = timedelta(hours=6)


@value
class Letter:
    """As in the file: a line of JSON, then the mail."""

    made_at: datetime
    recipients: tuple[str, ...]
    mail: bytes
    attempts: int = 0
    not_before: datetime | None = None

    def encoded(self) -> bytes:
        wait = self.not_before.isoformat() if self.not_before else None
        envelope = {"made_at": self.made_at.isoformat(), "recipients": self.recipients, "attempts": self.attempts}
        return json.dumps(envelope | {"not_before": wait}).encode() + b"\n" + self.mail

    @classmethod
    def decoded(cls, content: bytes) -> Letter:
        head, _, mail = content.partition(b"\n")
        envelope = json.loads(head)
        wait = envelope["not_before"]
        made_at, not_before = (
            datetime.fromisoformat(envelope["made_at"]),
            datetime.fromisoformat(wait) if wait else None,
        )
        if made_at.tzinfo is None or (not_before and not_before.tzinfo is None) or not mail:
            raise ValueError("no letter")
        recipients = tuple(str(address) for address in envelope["recipients"])
        return cls(made_at, recipients, mail, int(envelope["attempts"]), not_before)


@contextmanager
def taken(path: Path) -> Iterator[bytes | None]:
    """Give the file's content and keep other processes off it; None when one of them has it or had it."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        yield None
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        same = os.fstat(descriptor).st_ino == path.stat().st_ino
    except OSError:
        same = False
    try:
        with open(descriptor, "rb", closefd=False) as file:
            yield file.read() if same else None
    finally:
        os.close(descriptor)


def pause(failures: int) -> timedelta:
    """Return how long to wait after so many failures in a row."""
    if failures <= 1:
        return NEXT_RUN
    doublings: int = min(failures - 2, 10)
    return min(FIRST_PAUSE * (1 << doublings), LONGEST_PAUSE)


def is_due(not_before: datetime | None, now: datetime) -> bool:
    """Return whether its time has come; a time too far away is a clock that was set back."""
    return not_before is None or now >= not_before or not_before - now > LONGEST_PAUSE
