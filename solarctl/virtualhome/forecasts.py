"""What the weather services of the virtual home know: the sky of the house, by local day."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any


@dataclass(frozen=True)
class DayWeather:
    """One local day: temperature (°C) and cloud cover (%) of each of its hours, and the extremes."""

    day: date
    hourly_c: tuple[float, ...]
    cloud_pct: tuple[float, ...]

    @property
    def high_c(self) -> float:
        return max(self.hourly_c)

    @property
    def low_c(self) -> float:
        return min(self.hourly_c)


@dataclass
class Outlook:
    """The forecast a service gives: the house's own sky, or highs that a test has fixed (`highs_c`)."""

    home: Any
    timezone: tzinfo
    highs_c: dict[date, float] = field(default_factory=dict)
    usual_high_c: float = 40.0

    def on(self, day: date) -> DayWeather:
        """Return the weather of a local day."""
        sky = getattr(self.home, "sky", None)
        if sky is None or day in self.highs_c:
            high_c = self.highs_c.get(day, self.usual_high_c)
            hours = tuple(round(high_c - 7 * (1 - math.cos((hour - 16) * math.pi / 12)), 1) for hour in range(24))
            return DayWeather(day, hours, (10.0,) * 24)
        midnight = datetime.combine(day, time(0), self.timezone).astimezone(UTC)
        hourly = [sky.at(midnight + timedelta(hours=hour)) for hour in range(24)]
        return DayWeather(
            day, tuple(round(c, 1) for _, c in hourly), tuple(round(100 * cover, 0) for cover, _ in hourly)
        )


def fahrenheit(celsius: float) -> float:
    """Return °C as °F, to a tenth."""
    return round(celsius * 1.8 + 32, 1)
