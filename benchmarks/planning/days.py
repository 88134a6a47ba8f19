"""Generated days: sun, clouds, house, prices and loads, each from its own seed.

The season gives the sun's height (52.1 degrees north, panels 35 degrees to the south); clouds are an AR(1) process
with episodes; the house draws a fridge, mornings, evenings and a few kettles and ovens. Minutes are averaged to slots.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from zlib import crc32

SEASONS = {"winter": 355, "spring": 100, "summer": 172, "overcast": 100, "showers": 300}
PEAK_KW = {2: 4.0, 4: 5.0, 8: 8.0, 16: 16.0}
HOUSES = {2: 1.0, 4: 1.0, 8: 1.6, 16: 3.0}
LATITUDE, TILT = math.radians(52.1), math.radians(35)
FLAT, EXPORT = 0.25, 0.05
DAY_START_H = 6


@dataclass(frozen=True)
class Device:
    """A load: W, kWh in a day, whether it must have them."""

    name: str
    power_w: float
    capacity_kwh: float
    need: bool
    priority: int


@dataclass(frozen=True)
class Day:
    """One instance; lists are mean W, and prices per kWh, by slot from 06:00 on."""

    name: str
    slot_min: int
    solar_w: tuple[float, ...]
    base_w: tuple[float, ...]
    buy: tuple[float, ...]
    sell: tuple[float, ...]
    devices: tuple[Device, ...]
    battery: bool
    minutes: tuple[tuple[float, ...], tuple[float, ...]]  # sun and house by the minute


BOILER, BIKE = (2000.0, 4.0), (200.0, 0.5)
SPARE_BOILER = (1500.0, 3.0)


def devices(n: int) -> tuple[Device, ...]:
    """Return the loads of a house with n devices; the battery counts as one of them."""
    boilers, bikes, spare, spare_bikes = {2: (1, 0, 0, 0), 4: (1, 1, 1, 0), 8: (2, 2, 2, 1), 16: (4, 4, 4, 3)}[n]
    rows = [("boiler", BOILER, True, boilers), ("bike", BIKE, True, bikes)]
    rows += [("spare-boiler", SPARE_BOILER, False, spare), ("spare-bike", BIKE, False, spare_bikes)]
    return tuple(
        Device(f"{name}-{index + 1}", power, kwh, need, index + 1)
        for name, (power, kwh), need, count in rows
        for index in range(count)
    )


def sun_w(day: int, minute: int, peak_kw: float) -> tuple[float, float]:
    """Return the panels' power under a clear sky, beam and diffuse, at a minute of local solar time."""
    declination = math.radians(-23.44) * math.cos(2 * math.pi * (day + 10) / 365)
    hour = math.radians((minute / 60 - 12) * 15)
    height = math.sin(LATITUDE) * math.sin(declination) + math.cos(LATITUDE) * math.cos(declination) * math.cos(hour)
    if height <= 0.01:
        return 0.0, 0.0
    mass = 1 / (height + 0.15 * (math.degrees(math.asin(height)) + 3.885) ** -1.253)
    beam = 1353 * 0.7 ** (mass**0.678)
    tilted = math.sin(LATITUDE - TILT) * math.sin(declination)
    tilted += math.cos(LATITUDE - TILT) * math.cos(declination) * math.cos(hour)
    return 0.88 * peak_kw * beam * max(0.0, tilted), 0.88 * peak_kw * 0.12 * beam * (1 + math.cos(TILT)) / 2


def clouds(season: str, minutes: int, dice: random.Random) -> list[float]:
    """Return how much of the beam comes through, minute by minute."""
    mean = {"winter": 0.75, "spring": 0.75, "summer": 0.85, "overcast": 0.24, "showers": 0.25}[season]
    noise, covered, found = 0.0, False, []
    for _ in range(minutes):
        noise = 0.98 * noise + dice.gauss(0, 0.03)
        if season == "showers":
            bright = not covered
            covered = dice.random() < (1 / 40 if bright else 1 - 1 / 120)
            clear = mean if covered else 0.9
        elif season == "overcast":
            clear = mean
        else:
            covered = dice.random() < (1 / 150 if not covered else 1 - 1 / 30)
            clear = mean * (0.35 if covered else 1.0)
        found.append(min(1.05, max(0.05, clear + noise)))
    return found


def house_w(minutes: int, scale: float, dice: random.Random) -> list[float]:
    """Return what the house draws by itself."""
    found = []
    events: list[tuple[int, int, float]] = []
    for begin in range(0, minutes, 1440):
        for hour, length, watts in ((7.2, 4, 2000), (12.6, 6, 1800), (18.2, 45, 1500), (20.0, 4, 2000)):
            events.append((begin + round((hour - DAY_START_H + dice.gauss(0, 0.5)) * 60), length, watts))
        if dice.random() < 0.5:
            events.append((begin + dice.randrange(180, 700), 90, 700))
    for minute in range(minutes):
        hour = (minute / 60 + DAY_START_H) % 24
        watts = 180 + (90 if minute % 45 < 15 else 0)
        watts += 250 * math.exp(-(((hour - 7.5) / 1.0) ** 2)) + 420 * math.exp(-(((hour - 19.5) / 2.0) ** 2))
        found.append(watts)
    for start, length, watts in events:
        for minute in range(max(0, start), min(minutes, start + length)):
            found[minute] += watts
    return [watts * scale for watts in found]


def prices(slots: int, slot_min: int, dice: random.Random) -> list[float]:
    """Return a day-ahead market's prices with tax: a trough at noon, peaks in the morning and evening, mean 0.25."""
    hourly = []
    for index in range(slots * slot_min // 60 + 1):
        hour = (index + DAY_START_H) % 24
        shape = 1 + 0.45 * math.exp(-(((hour - 8) / 1.7) ** 2)) + 0.75 * math.exp(-(((hour - 19) / 2.0) ** 2))
        shape -= 0.45 * math.exp(-(((hour - 13.5) / 2.5) ** 2)) + 0.3 * math.exp(-(((hour - 3.5) / 2.5) ** 2))
        hourly.append(shape + dice.gauss(0, 0.05))
    scale = FLAT / (sum(hourly) / len(hourly))
    return [hourly[index * slot_min // 60] * scale for index in range(slots)]


def averaged(minutes: Sequence[float], slot_min: int) -> tuple[float, ...]:
    """Return the means of slots."""
    return tuple(sum(minutes[i : i + slot_min]) / slot_min for i in range(0, len(minutes), slot_min))


def day(season: str, repetition: int, n: int, slot_min: int, *, dynamic: bool, battery: bool, hours: int = 24) -> Day:
    """Return an instance; the same words give the same day whatever the slots."""
    dice = random.Random(crc32(f"{season}/{repetition}/{n}".encode()))
    minutes = hours * 60
    through = clouds(season, minutes, dice)
    solar = []
    for minute in range(minutes):
        beam, diffuse = sun_w(SEASONS[season], (minute + DAY_START_H * 60) % 1440, PEAK_KW[n])
        solar.append(beam * through[minute] ** 1.3 + diffuse * (0.5 + 0.5 * through[minute]))
    base = house_w(minutes, HOUSES[n], dice)
    slots = minutes // slot_min
    buy = prices(slots, slot_min, dice) if dynamic else [FLAT] * slots
    return Day(
        f"{season}/{repetition}/{n}/{slot_min}/{'dynamic' if dynamic else 'flat'}/{'battery' if battery else 'none'}",
        slot_min,
        averaged(solar, slot_min),
        averaged(base, slot_min),
        tuple(buy),
        (EXPORT,) * slots,
        devices(n),
        battery,
        (tuple(solar), tuple(base)),
    )
