"""SolaxCloud's patience: so many calls a minute, and an hour's silence for those who insist."""

from __future__ import annotations

from collections import deque
from datetime import datetime, timedelta

MINUTE_LIMIT = "Request calls within the current minute > threshold"
FIVE_MINUTE_LIMIT = (
    "Accumulated 3 requests within 5 minutes exceed the maximum call threshold [limit], "
    "the system will suspend the request"
)
HOUR_BLOCK = "There have been several violations in a row, and the system will prohibit calls within the next hour"
VIOLATIONS = 5  # in a row, and the hour begins
BLOCK = timedelta(hours=1)


class Limiter:
    """Counts calls; `strict` accounts get three in five minutes instead of `calls_per_min`."""

    def __init__(self, calls_per_min: int) -> None:
        self.calls_per_min = calls_per_min
        self.blocked_until: datetime | None = None
        self.violations = 0
        self._calls: deque[datetime] = deque()

    def objection(self, now: datetime, *, strict: bool) -> str | None:
        """Count a call; return why it is refused, or None."""
        if self.blocked_until is not None and now < self.blocked_until:
            return HOUR_BLOCK
        window = timedelta(minutes=5 if strict else 1)
        while self._calls and now - self._calls[0] >= timedelta(minutes=5):
            self._calls.popleft()
        recent = sum(1 for call in self._calls if now - call < window)
        if recent >= (3 if strict else self.calls_per_min):
            self.violations += 1
            if self.violations >= VIOLATIONS:
                self.violations = 0
                self.blocked_until = now + BLOCK
            return FIVE_MINUTE_LIMIT if strict else MINUTE_LIMIT
        if not recent:
            self.violations = 0
        self._calls.append(now)
        return None
