"""What a house has to do at which moment: once, or again and again."""

from __future__ import annotations

import heapq
from collections.abc import Callable


class Diary:
    """Actions by their moment, in s since 1970; those of one moment in the order in which they were entered."""

    def __init__(self) -> None:
        self.due: list[tuple[float, int, Callable[[], None], float]] = []  # a heap: moment, number, action, period in s
        self._entries = 0

    def enter(self, moment_s: float, action: Callable[[], None], period_s: float = 0.0) -> None:
        """Have `action` called at a moment, and every `period_s` from then on."""
        self._entries += 1
        heapq.heappush(self.due, (moment_s, self._entries, action, period_s))

    def begin(self, moment_s: float) -> None:
        """Pass over what comes again and again until after `moment_s`, when the house is born."""
        for index, (at_s, number, action, period_s) in enumerate(self.due):
            if period_s:
                first_s = (moment_s - at_s) // period_s * period_s + period_s + at_s
                self.due[index] = (first_s, number, action, period_s)
        heapq.heapify(self.due)

    def call_until(self, moment_s: float) -> None:
        """Do all that is due up to `moment_s`."""
        while self.due and self.due[0][0] <= moment_s:
            at_s, number, action, period_s = heapq.heappop(self.due)
            if period_s:
                heapq.heappush(self.due, (at_s + period_s, number, action, period_s))
            action()
