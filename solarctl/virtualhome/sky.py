"""Weather over a place: clouds, radiation, outdoor temperature, minute by minute.

A day's weather depends on seed and date alone, so tomorrow can be looked up today (a forecast), and any day
can be had without living through the days before it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from random import Random

from solarctl.virtualhome.sun import EPOCH, STEP_MIN, STEPS, SunPoint, sun_through_day

MINUTES = 24 * 60
ALBEDO = 0.2  # what grass and gravel throw back
FLICKER = math.exp(-1 / 9)  # a passing cloud lasts about nine minutes


@dataclass(frozen=True)
class Climate:
    """The usual weather of a place: temperatures in °C, cloud cover as a share."""

    mean_c: float = 10.0
    season_c: float = 10.0  # July is that much warmer than the mean (January: colder)
    day_c: float = 5.0  # the afternoon is that much warmer than the day's mean, under a clear sky
    cloud_summer: float = 0.45
    cloud_winter: float = 0.7
    spread: float = 0.35  # how different days are


@dataclass(frozen=True)
class SkyDay:
    """One UTC day: lists of 1440 minutes."""

    sun: list[SunPoint] = field(repr=False)
    cloud: list[float] = field(repr=False)  # cover, 0–1
    beam: list[float] = field(repr=False)  # share of direct light that comes through, 0–1
    outdoor_c: list[float] = field(repr=False)

    def radiation(self, tilt_deg: float = 0.0, azimuth_deg: float = 180.0) -> list[float]:
        """Return W/m² on a plane for every minute; `tilt_deg` 0 is flat, `azimuth_deg` 180 faces south."""
        tilt, azimuth = math.radians(tilt_deg), math.radians(azimuth_deg)
        east, north, up = math.sin(tilt) * math.sin(azimuth), math.sin(tilt) * math.cos(azimuth), math.cos(tilt)
        view, ground = (1 + up) / 2, ALBEDO * (1 - up) / 2
        clear: list[float] = []  # what the plane gets without clouds
        grey: list[float] = []  # what it would get of the clear sky's light if all of it were diffuse
        for point in self.sun:
            facing = max(0.0, point.east * east + point.north * north + point.up * up)
            clear.append(point.direct * facing + point.diffuse * view + point.total * ground)
            grey.append(point.total * (view + ground))
        return [
            b * sunny + (1 - b) * (0.6 - 0.42 * c) * dull if dull else 0.0
            for b, c, sunny, dull in zip(self.beam, self.cloud, _lines(clear), _lines(grey), strict=True)
        ]


class Sky:
    """The weather at a place, from a seed."""

    def __init__(
        self, latitude: float, longitude: float, *, seed: int | str = 0, climate: Climate | None = None
    ) -> None:
        self.latitude = latitude
        self.longitude = longitude
        self.seed = seed
        self.climate = climate or Climate()
        self.overcast: dict[date, float] = {}  # days whose mean cloud cover (0–1) a scenario wants fixed
        self.anomaly_c: dict[date, float] = {}  # days whose deviation from the usual temperature is fixed
        self.day = lru_cache(maxsize=8)(self._day)

    def at(self, moment: datetime) -> tuple[float, float]:
        """Return cloud cover (0–1) and outdoor temperature (°C)."""
        elapsed = moment - EPOCH
        day, minute = self.day(elapsed.days), elapsed.seconds // 60
        return day.cloud[minute], day.outdoor_c[minute]

    def _day(self, epoch_day: int) -> SkyDay:
        random = Random(f"sky/{self.seed}/{epoch_day}")
        sun = sun_through_day(epoch_day, self.latitude, self.longitude)
        cloud, beam = self._clouds(epoch_day, random, sun)
        return SkyDay(sun, cloud, beam, self._temperatures(epoch_day))

    def _season(self, epoch_day: int) -> float:
        """Return 1 in the hottest week, −1 in the coldest."""
        day_of_year = (EPOCH + timedelta(days=epoch_day)).timetuple().tm_yday
        wave = math.cos(2 * math.pi * (day_of_year - 201) / 365.25)
        return wave if self.latitude >= 0 else -wave

    def _noise(self, name: str, epoch_day: int) -> float:
        """Return a normal deviate of the day that resembles its neighbours' (weather lasts some days)."""
        days = [Random(f"{name}/{self.seed}/{epoch_day - back}").gauss(0, 1) for back in range(3)]
        return (days[0] + 0.7 * days[1] + 0.4 * days[2]) / math.sqrt(1.65)

    def _cover(self, epoch_day: int) -> float:
        """Return the mean cloud cover of a day, 0–1."""
        fixed = self.overcast.get((EPOCH + timedelta(days=epoch_day)).date())
        if fixed is not None:
            return fixed
        share = (1 + self._season(epoch_day)) / 2
        usual = self.climate.cloud_winter + (self.climate.cloud_summer - self.climate.cloud_winter) * share
        return min(0.98, max(0.02, usual + self.climate.spread * self._noise("cover", epoch_day)))

    def _clouds(self, epoch_day: int, random: Random, sun: list[SunPoint]) -> tuple[list[float], list[float]]:
        mean = self._cover(epoch_day)
        restless = 0.9 * math.sqrt(mean * (1 - mean))
        hourly = [min(0.995, max(0.005, mean + restless * random.gauss(0, 0.7))) for _ in range(25)]
        hourly[0] = (self._cover(epoch_day - 1) + mean) / 2  # days meet at midnight
        hourly[24] = (mean + self._cover(epoch_day + 1)) / 2
        cloud = _between(hourly, 60)
        beam: list[float] = []
        drift, kick = random.gauss(0, 1), math.sqrt(1 - FLICKER * FLICKER)
        gauss, exp, log = random.gauss, math.exp, math.log
        for minute, cover in enumerate(cloud):
            if sun[minute // STEP_MIN].up < -0.05 and sun[minute // STEP_MIN + 1].up < -0.05:
                beam.append(0.0)
                continue
            drift = FLICKER * drift + kick * gauss(0, 1)
            # the sun is hidden for the share `cover` of the time; 1.7: logistic for normal quantiles
            beam.append(1 / (1 + exp(min(50.0, (drift - log((1 - cover) / cover) / 1.7) * 5))))
        return cloud, beam

    def _temperatures(self, epoch_day: int) -> list[float]:
        days = [(self._mean_c(day), self._cover(day)) for day in range(epoch_day - 1, epoch_day + 2)]
        noon_min = 12 * 60 - self.longitude * 4  # UTC minute of the sun's noon; it is hottest three hours later
        hourly: list[float] = []
        for hour in range(25):
            across = (hour * 60 - noon_min) / MINUTES  # in days from this UTC day's solar noon
            share = min(1.0, abs(across))
            other = days[2 if across > 0 else 0]
            mean, cover = (a * (1 - share) + b * share for a, b in zip(days[1], other, strict=True))
            swing = self.climate.day_c * (1.1 - 0.6 * cover)
            hourly.append(mean + swing * math.cos(2 * math.pi * (across - 0.125)))
        return _between(hourly, 60)

    def _mean_c(self, epoch_day: int) -> float:
        usual = self.climate.mean_c + self.climate.season_c * self._season(epoch_day)
        fixed = self.anomaly_c.get((EPOCH + timedelta(days=epoch_day)).date())
        return usual + (2.5 * self._noise("warmth", epoch_day) if fixed is None else fixed)


def _lines(points: list[float]) -> list[float]:
    """Return 1440 minutes from points every five minutes."""
    assert len(points) == STEPS
    return _between(points, STEP_MIN)


def _between(points: list[float], step: int) -> list[float]:
    """Return straight lines between points that are `step` minutes apart (the last point itself left out)."""
    shares = [part / step for part in range(step)]
    return [a + (b - a) * share for a, b in pairwise(points) for share in shares]
