"""Where the sun stands, and what it gives through a clear sky.

Declination and equation of time after Spencer (1971), good to a few hundredths of a degree and half a minute;
clear-sky radiation after Haurwitz (1945, global) and Meinel (1976, direct).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

STEP_MIN = 5  # the sun is computed every five minutes; what needs more draws straight lines between
STEPS = 24 * 60 // STEP_MIN + 1  # midnight to midnight, both ends
SOLAR_CONSTANT_W_M2 = 1361.0
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class SunPoint:
    """The sun at one instant: unit vector towards it (east, north, up) and clear-sky radiation in W/m²."""

    east: float
    north: float
    up: float
    direct: float  # on a plane that faces the sun
    diffuse: float  # on the horizontal
    total: float  # on the horizontal: direct·up + diffuse

    @property
    def elevation_deg(self) -> float:
        return math.degrees(math.asin(max(-1.0, min(1.0, self.up))))

    @property
    def azimuth_deg(self) -> float:
        """0 = north, 90 = east, 180 = south."""
        return math.degrees(math.atan2(self.east, self.north)) % 360.0


def sun_at(moment: datetime, latitude: float, longitude: float) -> SunPoint:
    """Return the sun over a place (degrees, north and east positive)."""
    elapsed = moment - EPOCH
    return _point(*_day_constants(elapsed.days), elapsed.seconds / 60.0, math.radians(latitude), longitude)


def sun_through_day(epoch_day: int, latitude: float, longitude: float) -> list[SunPoint]:
    """Return the sun every `STEP_MIN` of one UTC day (days since 1970-01-01), both midnights included."""
    declination, equation_min = _day_constants(epoch_day)
    phi = math.radians(latitude)
    return [_point(declination, equation_min, step * STEP_MIN, phi, longitude) for step in range(STEPS)]


def _day_constants(epoch_day: int) -> tuple[float, float]:
    """Return declination (rad) and equation of time (min) at noon UTC of the day."""
    day_of_year = (EPOCH + timedelta(days=epoch_day)).timetuple().tm_yday
    b = 2 * math.pi * (day_of_year - 0.5) / 365.25
    declination = (
        0.006918
        - 0.399912 * math.cos(b)
        + 0.070257 * math.sin(b)
        - 0.006758 * math.cos(2 * b)
        + 0.000907 * math.sin(2 * b)
        - 0.002697 * math.cos(3 * b)
        + 0.00148 * math.sin(3 * b)
    )
    equation_min = 229.18 * (
        0.000075
        + 0.001868 * math.cos(b)
        - 0.032077 * math.sin(b)
        - 0.014615 * math.cos(2 * b)
        - 0.040849 * math.sin(2 * b)
    )
    return declination, equation_min


def _point(declination: float, equation_min: float, utc_min: float, phi: float, longitude: float) -> SunPoint:
    hour_angle = math.radians((utc_min + equation_min) / 4.0 + longitude - 180.0)
    sin_d, cos_d = math.sin(declination), math.cos(declination)
    sin_phi, cos_phi, cos_h = math.sin(phi), math.cos(phi), math.cos(hour_angle)
    up = sin_phi * sin_d + cos_phi * cos_d * cos_h
    east = -cos_d * math.sin(hour_angle)
    north = cos_phi * sin_d - sin_phi * cos_d * cos_h
    if up <= 0.005:
        return SunPoint(east, north, up, 0.0, 0.0, 0.0)
    total = 1098.0 * up * math.exp(-0.057 / up)
    direct = SOLAR_CONSTANT_W_M2 * math.pow(0.7, math.pow(up, -0.678))
    diffuse = max(0.08 * total, total - direct * up)
    return SunPoint(east, north, up, (total - diffuse) / up, diffuse, total)
