"""Whether the sun is up: what an inverter's silence means depends on it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

DUSK_DEG = 5.0  # below it an inverter may be asleep
USUAL_LATITUDE = 45.0


def sun_height_deg(moment: datetime, latitude: float, longitude: float) -> float:
    """Return the sun's height above the horizon, good to about a degree."""
    utc = moment.astimezone(UTC)
    day = (utc - datetime(2000, 1, 1, 12, tzinfo=UTC)).total_seconds() / 86_400
    anomaly = math.radians(357.53 + 0.98560028 * day)
    ecliptic = math.radians(280.46 + 0.98564736 * day + 1.915 * math.sin(anomaly) + 0.02 * math.sin(2 * anomaly))
    tilt = math.radians(23.44)
    declination = math.asin(math.sin(tilt) * math.sin(ecliptic))
    ascension = math.atan2(math.cos(tilt) * math.sin(ecliptic), math.cos(ecliptic))
    sidereal = math.radians(280.46 + 360.98564737 * day + longitude)
    north = math.radians(latitude)
    height = math.sin(north) * math.sin(declination) + math.cos(north) * math.cos(declination) * math.cos(
        sidereal - ascension
    )
    return math.degrees(math.asin(max(-1.0, min(1.0, height))))


def is_night(moment: datetime, site: Mapping[str, Any]) -> bool:
    """Return whether panels give nothing at `moment` (local): by the site's place, or about by its time zone."""
    latitude, longitude = site.get("latitude"), site.get("longitude")
    if latitude is None or longitude is None:
        offset = moment.utcoffset()
        latitude, longitude = USUAL_LATITUDE, (offset.total_seconds() / 240 if offset else 0.0)
    return sun_height_deg(moment, float(latitude), float(longitude)) < DUSK_DEG
