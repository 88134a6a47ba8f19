"""Climates for generated years, held against public weather statistics.

The sky of the virtual home draws clouds, radiation and warmth from a seed; a climate says how much of each is usual
in summer and winter. The climates below were set so that a generated year has the radiation of a typical
meteorological year. `PUBLISHED` are those years' monthly sums of global horizontal radiation in kWh/m², added up from
the hourly files of the US National Renewable Energy Laboratory (TMY3 723170 and 703165, TMY2 12839; works of the
United States government, in the public domain). What the generator makes of them is in `benchmarks/simulate`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from solarctl.virtualhome.sky import Climate


@dataclass(frozen=True)
class Place:
    """A place whose weather is known, and the climate that is like it."""

    name: str
    latitude: float
    longitude: float
    climate: Climate


PLACES = (
    Place("Greensboro", 36.1, -79.95, Climate(14.6, 11.5, 5.5, cloud_summer=0.40, cloud_winter=0.43)),
    Place("Sand Point", 55.32, -160.52, Climate(4.4, 6.0, 2.5, cloud_summer=0.72, cloud_winter=0.72)),
    Place("Miami", 25.8, -80.27, Climate(24.3, 4.0, 4.0, cloud_summer=0.42, cloud_winter=0.28)),
    Place("Phoenix", 33.45, -112.07, Climate(24.0, 11.5, 7.0, cloud_summer=0.10, cloud_winter=0.20)),
    Place("Amsterdam", 52.3, 4.77, Climate(10.5, 7.5, 4.0, cloud_summer=0.52, cloud_winter=0.75)),
    Place("Copenhagen", 55.7, 12.6, Climate(9.0, 8.5, 4.0, cloud_summer=0.47, cloud_winter=0.75)),
    Place("Turin", 45.0, 8.0, Climate(12.5, 11.0, 5.5, cloud_summer=0.32, cloud_winter=0.50)),
    Place("Kyiv", 50.4, 30.5, Climate(9.0, 12.0, 5.0, cloud_summer=0.45, cloud_winter=0.70)),
)
PUBLISHED = {
    "Greensboro": (75, 86, 132, 162, 175, 188, 189, 174, 133, 111, 73, 70),
    "Sand Point": (18, 29, 57, 92, 102, 114, 155, 84, 91, 50, 22, 14),
    "Miami": (108, 124, 160, 185, 187, 173, 186, 176, 147, 136, 107, 104),
}


def nearest(latitude: float, longitude: float) -> Place:
    """Return the place of the table whose weather is likeliest to be like that of the site."""
    return min(PLACES, key=lambda place: _distance(place, latitude, longitude))


def _distance(place: Place, latitude: float, longitude: float) -> float:
    """Return a distance on the globe in radians; a place on the other hemisphere counts by its mirrored latitude."""
    one, other = math.radians(place.latitude), math.radians(abs(latitude))
    east = math.radians(place.longitude - longitude)
    cosine = math.sin(one) * math.sin(other) + math.cos(one) * math.cos(other) * math.cos(east)
    # a degree of latitude says more about weather than a degree of longitude
    return math.acos(max(-1.0, min(1.0, cosine))) + 2 * abs(one - other)
