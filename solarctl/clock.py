"""The machine's clock; everybody else is handed one."""

from __future__ import annotations

import time
from datetime import UTC, datetime

from solarctl.context import Clock


class SystemClock:
    """The real time."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        time.sleep(max(0.0, seconds))

    def monotonic(self) -> float:
        return time.monotonic()


class TimeBudget:
    """What is left of a run's time, retries included."""

    def __init__(self, clock: Clock, budget_s: float) -> None:
        self._clock = clock
        self._budget_s = budget_s
        self.restart()

    def restart(self) -> None:
        """Start anew, for the next tick of a command with a loop."""
        self._end = self._clock.monotonic() + self._budget_s

    def remaining_s(self) -> float:
        return max(0.0, self._end - self._clock.monotonic())

    def timeout_s(self, wanted_s: float) -> float:
        return max(0.5, min(wanted_s, self.remaining_s()))
