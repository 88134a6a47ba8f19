"""What a forecast knows of the simulated sun: its level wrong by some percent, the clouds only as their mean.

The next hour is known better than the next day: the error of a day's level grows over eight hours, as the services'
does. Without an error it is what the sun will really do.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

from solarctl.virtualhome.house import House
from solarctl.virtualhome.sky import MINUTES
from solarctl.virtualhome.sun import EPOCH

SMOOTH_MIN = 120  # passing clouds are told as the mean of so long
GROWS_H = 8.0
LEVELS = (0.4, 1.8)  # no service is further off than this


class SunOutlook:
    """Mean power of slots to come, told from a seed; `error_share` is the standard deviation of a day's level."""

    def __init__(self, house: House, seed: int, error_share: float) -> None:
        self._house, self._seed, self._error_share = house, seed, error_share
        self._known: dict[int, list[float]] = {}

    def slots_w(self, start: datetime, slots: int, slot_min: int) -> tuple[float, ...]:
        """Return the mean W of each slot from `start` on, as foreseen at `start`."""
        found = []
        first = int((start - EPOCH) / timedelta(minutes=1))
        for index in range(slots):
            at = first + index * slot_min
            if not self._error_share:
                found.append(self._mean_w(at, slot_min))
                continue
            middle = at + slot_min // 2
            ahead = min(1.0, index * slot_min / 60 / GROWS_H)
            level = 1 + (self._level(middle // MINUTES) - 1) * ahead
            # the mean over two hours would put light into the night
            is_day = self._mean_w(at, slot_min) > 0
            found.append(level * self._mean_w(middle - SMOOTH_MIN // 2, SMOOTH_MIN) if is_day else 0.0)
        return tuple(found)

    def _mean_w(self, minute: int, length: int) -> float:
        """Return the mean power over some minutes since 1970."""
        day, begin = divmod(minute, MINUTES)
        sums = self._sums(day)
        end = begin + length
        if end <= MINUTES:
            return (sums[end] - sums[begin]) / length
        return (sums[MINUTES] - sums[begin] + self._sums(day + 1)[end - MINUTES]) / length

    def _sums(self, day: int) -> list[float]:
        """Return running sums of a UTC day's power by the minute."""
        if day not in self._known:
            if len(self._known) > 8:
                self._known.clear()
            total, sums = 0.0, [0.0]
            solar = self._house.solar
            for watts in [0.0] * MINUTES if solar is None else solar.power_w(self._house.sky.day(day)):
                total += watts
                sums.append(total)
            self._known[day] = sums
        return self._known[day]

    def _level(self, day: int) -> float:
        low, high = LEVELS
        return min(high, max(low, Random(f"outlook/{self._seed}/{day}").gauss(1.0, self._error_share)))
