"""The house's time: the machine's own, or one that is driven, so that a day passes in seconds.

Both fulfil `context.Clock`. House, emulators and runs of a demo share one clock.
"""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta


class HouseClock:
    """Real time, shifted by `offset` if the house is to live on another day."""

    def __init__(self, offset: timedelta = timedelta(0)) -> None:
        self.offset = offset

    @classmethod
    def starting_at(cls, moment: datetime) -> HouseClock:
        """Return a clock that shows `moment` now and goes on in real time."""
        return cls(moment - datetime.now(UTC))

    def now(self) -> datetime:
        return datetime.now(UTC) + self.offset

    def sleep(self, seconds: float) -> None:
        time.sleep(max(0.0, seconds))

    def monotonic(self) -> float:
        return time.monotonic()


class DrivenClock:
    """Time that stands still until somebody sleeps or moves it; it never goes back."""

    def __init__(self, start: datetime) -> None:
        if start.tzinfo is None:
            raise ValueError("a clock starts at an aware datetime")
        self._start = start.astimezone(UTC)
        self._elapsed_s = 0.0
        self._lock = threading.Lock()

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self._elapsed_s)

    def sleep(self, seconds: float) -> None:
        """Let `seconds` pass at once."""
        with self._lock:
            self._elapsed_s += max(0.0, seconds)

    def monotonic(self) -> float:
        return self._elapsed_s

    def move_to(self, moment: datetime) -> None:
        """Let time pass until `moment`; a moment that is past changes nothing."""
        self.sleep((moment - self.now()).total_seconds())
