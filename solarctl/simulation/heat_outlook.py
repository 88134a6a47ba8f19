"""What a forecast knows of the simulated heat: a day's high, wrong by some degrees, told from a seed."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from random import Random

from solarctl.virtualhome.house import House


class HeatOutlook:
    """Highs in the site's unit; `error_c` is their standard deviation. Whoever asks is told the same."""

    def __init__(self, house: House, unit: str, seed: int, error_c: float) -> None:
        self._house, self._unit, self._seed, self._error_c = house, unit, seed, error_c
        self._known: tuple[date, float] | None = None

    def high_deg(self, day: date) -> float:
        """Return a day's high."""
        if self._known is None or self._known[0] != day:
            midnight = datetime.combine(day, time(0), self._house.timezone).astimezone(UTC)
            high_c = max(self._house.sky.at(midnight + timedelta(hours=hour))[1] for hour in range(24))
            high_c += Random(f"forecast/{self._seed}/{day.toordinal()}").gauss(0, 1) * self._error_c
            self._known = day, round(high_c * 1.8 + 32 if self._unit == "F" else high_c, 1)
        return self._known[1]
