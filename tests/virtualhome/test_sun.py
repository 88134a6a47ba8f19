"""The sun stands where almanacs say, and the weather is repeatable."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise

import pytest

from solarctl.virtualhome.sky import Climate, Sky
from solarctl.virtualhome.sun import EPOCH, sun_at


@pytest.mark.parametrize(
    ("moment", "latitude", "longitude", "elevation_deg", "azimuth_deg"),
    [
        # at the sun's noon the elevation is 90° − |latitude − declination|
        (datetime(2026, 6, 21, 12, 2, tzinfo=UTC), 50.0, 0.0, 63.4, 180),
        (datetime(2026, 12, 21, 11, 58, tzinfo=UTC), 50.0, 0.0, 16.6, 180),
        (datetime(2026, 3, 20, 12, 7, tzinfo=UTC), 0.0, 0.0, 89.8, None),
        (datetime(2026, 12, 21, 11, 58, tzinfo=UTC), -33.4, 0.0, 80.0, 0),
        # equinox: rises in the east, six hours before noon
        (datetime(2026, 3, 20, 6, 7, tzinfo=UTC), 50.0, 0.0, 0.0, 90),
        (datetime(2026, 6, 21, 19, 28, tzinfo=UTC), 33.45, -112.07, 79.9, 180),
    ],
)
def test_sun_position(
    moment: datetime, latitude: float, longitude: float, elevation_deg: float, azimuth_deg: float | None
) -> None:
    """Elevation within half a degree, azimuth within a few, on both hemispheres."""
    sun = sun_at(moment, latitude, longitude)
    assert sun.elevation_deg == pytest.approx(elevation_deg, abs=0.5)
    if azimuth_deg is not None:
        assert (sun.azimuth_deg - azimuth_deg + 180) % 360 - 180 == pytest.approx(0, abs=4)


def test_clear_sky_radiation_is_what_pyranometers_show() -> None:
    """A high sun gives 800–1050 W/m² on the ground, most of it direct; none is there at night."""
    noon = sun_at(datetime(2026, 6, 21, 12, 2, tzinfo=UTC), 50.0, 0.0)
    assert 800 < noon.total < 1050
    assert noon.total == pytest.approx(noon.direct * noon.up + noon.diffuse)
    assert noon.diffuse < 0.3 * noon.total
    night = sun_at(datetime(2026, 6, 21, 0, 2, tzinfo=UTC), 50.0, 0.0)
    assert (night.direct, night.diffuse, night.total) == (0, 0, 0)


def test_weather_depends_on_seed_and_date_alone() -> None:
    """Tomorrow can be looked up today, and seeds differ."""
    day = (datetime(2026, 5, 3, tzinfo=UTC) - EPOCH).days
    ahead, lived = Sky(50, 14, seed=9), Sky(50, 14, seed=9)
    tomorrow = ahead.day(day + 1)
    lived.day(day)
    assert lived.day(day + 1) == tomorrow
    assert Sky(50, 14, seed=10).day(day + 1) != tomorrow


def test_beam_follows_the_clouds() -> None:
    """The share of direct light is close to the share of clear sky, and clouds come and go within minutes."""
    sky = Sky(50, 14, seed=3)
    covers, beams = [], []
    for n in range(60):
        day = sky.day(20_600 + n)
        covers += [day.cloud[minute] for minute in range(9 * 60, 15 * 60)]
        beams += [day.beam[minute] for minute in range(9 * 60, 15 * 60)]
    assert sum(beams) / len(beams) == pytest.approx(1 - sum(covers) / len(covers), abs=0.05)
    jumps = [abs(a - b) for a, b in pairwise(beams)]
    assert sum(jump > 0.5 for jump in jumps) / len(jumps) < 0.12


def test_temperatures_are_warmest_in_the_afternoon_and_run_on_over_midnight() -> None:
    """The day's high falls between 13 and 17 o'clock by the sun, and no midnight makes a jump."""
    sky = Sky(33.45, 0.0, seed=1, climate=Climate(mean_c=24, season_c=10, day_c=8, cloud_summer=0.1))
    for n in range(20_640, 20_660):
        today, tomorrow = sky.day(n), sky.day(n + 1)
        assert 13 <= today.outdoor_c.index(max(today.outdoor_c)) / 60 <= 17
        assert abs(tomorrow.outdoor_c[0] - today.outdoor_c[-1]) < 0.2
        assert abs(tomorrow.cloud[0] - today.cloud[-1]) < 0.05


@pytest.mark.parametrize("longitude", [-112.07, 4.9, 151.2])
def test_places_far_from_greenwich_have_no_jumps_either(longitude: float) -> None:
    """UTC's midnight falls into their day, and nobody there notices."""
    sky = Sky(33.45, longitude, seed=2)
    for n in range(20_640, 20_650):
        assert abs(sky.day(n + 1).outdoor_c[0] - sky.day(n).outdoor_c[-1]) < 0.2
        assert abs(sky.day(n + 1).cloud[0] - sky.day(n).cloud[-1]) < 0.05
