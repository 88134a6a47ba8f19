"""What forecasting services know of the sun over the house: its own sky, told more or less rightly.

`share` multiplies the sunshine that is told (a service that is too bold, or blind to snow); `told_w_m2` replaces it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from solarctl.virtualhome.sky import MINUTES, Sky
from solarctl.virtualhome.solar import CELL_WARMTH, HEAT_LOSS, LOSSES, Plane
from solarctl.virtualhome.sun import EPOCH

USUAL_SKY = Sky(52.1, 5.1)  # for tests without a house


@dataclass
class SunForecast:
    """The outlook of one service."""

    home: Any
    share: float = 1.0
    told_w_m2: Callable[[datetime], float] | None = None  # for tests: sunshine at a moment, on any plane
    told_air_c: float | None = None

    @property
    def sky(self) -> Sky:
        found = getattr(self.home, "sky", None)
        return found if isinstance(found, Sky) else USUAL_SKY

    def sunshine(self, plane: Plane, start: datetime, minutes: int) -> float:
        """Return the mean W/m² on a plane over the minutes that follow `start`."""
        if self.told_w_m2 is not None:
            return self.told_w_m2(start)
        elapsed = start.astimezone(UTC) - EPOCH
        first, day = elapsed.seconds // 60, elapsed.days
        values = self._radiation(day, plane)
        if first + minutes > MINUTES:
            values = values + self._radiation(day + 1, plane)
        span = values[first : first + minutes]
        return self.share * sum(span) / len(span)

    def air_c(self, moment: datetime) -> float:
        """Return the temperature at a moment."""
        return self.sky.at(moment.astimezone(UTC))[1] if self.told_air_c is None else self.told_air_c

    def power_w(self, plane: Plane, start: datetime, minutes: int) -> float:
        """Return the mean power of a plane over the minutes that follow `start`."""
        sun = self.sunshine(plane, start, minutes)
        cell = self.air_c(start) + CELL_WARMTH * sun
        return max(0.0, plane.peak_kw * LOSSES * sun * (1 - HEAT_LOSS * (cell - 25)))

    def _radiation(self, day: int, plane: Plane) -> list[float]:
        key = (day, plane)
        if not hasattr(self, "_kept"):
            self._kept: dict[tuple[int, Plane], list[float]] = {}
        if key not in self._kept:
            self._kept[key] = self.sky.day(day).radiation(plane.tilt_deg, plane.azimuth_deg)
        return self._kept[key]


def planes_of(home: Any) -> tuple[Plane, ...]:
    """Return the planes on the house's roof, or usual ones."""
    plant = getattr(home, "solar", None)
    return plant.planes if plant is not None else (Plane(5.2),)


def planes_config(home: Any, name: str) -> str:
    """Return the keys that describe the roof in config.toml, for the device `name`."""
    planes = planes_of(home)
    if len(planes) == 1:
        one = planes[0]
        return f"peak_kw = {one.peak_kw:g}\ntilt_deg = {one.tilt_deg:g}\nazimuth_deg = {one.azimuth_deg:g}\n"
    return "".join(
        f"[[devices.{name}.planes]]\npeak_kw = {one.peak_kw:g}\ntilt_deg = {one.tilt_deg:g}\n"
        f"azimuth_deg = {one.azimuth_deg:g}\n"
        for one in planes
    )


def place_config(home: Any) -> str:
    """Return the keys that say where the house stands."""
    sky = getattr(home, "sky", None)
    latitude, longitude = (sky.latitude, sky.longitude) if isinstance(sky, Sky) else (52.1, 5.1)
    return f"latitude = {latitude:g}\nlongitude = {longitude:g}\n"
