"""What panels would give under a clear sky: for the hours that no service has told.

The sun's place is good to a degree; total radiation after Haurwitz (1945), of which the direct part is what an
atmosphere of average clearness lets through. A few percent are no matter: the result is multiplied by the last known
clearness.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, datetime

from solarctl.drivers.solar_planes import Plane, power_w

AIR_C = 15.0
SAMPLES_S = 900.0
ALBEDO = 0.2


def clear_sky_w(planes: Sequence[Plane], latitude: float, longitude: float, start_s: float, end_s: float) -> float:
    """Return the mean power between two moments (seconds since 1970), in W."""
    count = max(1, round((end_s - start_s) / SAMPLES_S))
    step = (end_s - start_s) / count
    return sum(_power_w(planes, latitude, longitude, start_s + (n + 0.5) * step) for n in range(count)) / count


def _power_w(planes: Sequence[Plane], latitude: float, longitude: float, moment_s: float) -> float:
    east, north, up = _sun(latitude, longitude, moment_s)
    if up <= 0.01:
        return 0.0
    total = 1098 * up * math.exp(-0.057 / up)  # W/m² on the ground
    direct = 1361 * 0.7 ** (up**-0.678)  # W/m² facing the sun
    diffuse = max(0.1 * total, total - direct * up)
    direct = (total - diffuse) / up
    found = 0.0
    for plane in planes:
        tilt, azimuth = math.radians(plane.tilt_deg), math.radians(plane.azimuth_deg)
        facing = east * math.sin(tilt) * math.sin(azimuth) + north * math.sin(tilt) * math.cos(azimuth)
        facing += up * math.cos(tilt)
        sky, ground = (1 + math.cos(tilt)) / 2, ALBEDO * (1 - math.cos(tilt)) / 2
        found += power_w(plane.peak_kw, direct * max(0.0, facing) + diffuse * sky + total * ground, AIR_C)
    return found


def _sun(latitude: float, longitude: float, moment_s: float) -> tuple[float, float, float]:
    """Return the direction of the sun: east, north, up (a unit vector)."""
    day = (moment_s - datetime(2000, 1, 1, 12, tzinfo=UTC).timestamp()) / 86_400
    anomaly = math.radians(357.53 + 0.98560028 * day)
    ecliptic = math.radians(280.46 + 0.98564736 * day + 1.915 * math.sin(anomaly) + 0.02 * math.sin(2 * anomaly))
    leaning = math.radians(23.44)
    declination = math.asin(math.sin(leaning) * math.sin(ecliptic))
    ascension = math.atan2(math.cos(leaning) * math.sin(ecliptic), math.cos(ecliptic))
    hour = math.radians(280.46 + 360.98564737 * day + longitude) - ascension
    phi = math.radians(latitude)
    up = math.sin(phi) * math.sin(declination) + math.cos(phi) * math.cos(declination) * math.cos(hour)
    east = -math.cos(declination) * math.sin(hour)
    north = math.cos(phi) * math.sin(declination) - math.sin(phi) * math.cos(declination) * math.cos(hour)
    return east, north, up
