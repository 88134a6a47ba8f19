"""What the house itself draws, quarter hour by quarter hour, learned from history without the planned loads.

    base = grid + sun + battery − planned loads

A day of records is folded into the profile with a weight that falls to a tenth; workdays and weekends are learned
apart. Where no meter tells the sun, only quarters in which it does not shine are learned.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from solarctl.control.plan_settings import Load
from solarctl.value import value

QUARTERS = 96
LEAST_WEIGHT = 0.1
OPENING_DAYS = 8  # how far back the first look goes


@value
class Profile:
    """Mean W by quarter hour of the site's clock (None: not known), and how many days it was learned from."""

    days: int = 0
    base_w: tuple[float | None, ...] = ()


def kind(day: date) -> str:
    """Return which profile a day belongs to."""
    return "weekend" if day.weekday() >= 5 else "workday"


def days_to_learn(last: date | None, today: date) -> list[date]:
    """Return the finished days that were not learned yet, at most a week and a day of them."""
    first = today - timedelta(days=OPENING_DAYS)
    if last is not None and last >= first:
        first = last + timedelta(days=1)
    return [first + timedelta(days=index) for index in range((today - first).days)]


def quarters(readings: Iterable[Mapping[str, Any]], roles: Mapping[tuple[str, str, str], int]) -> list[float | None]:
    """Return a day's base load by quarter. `roles`: (device, what, field) to +1 or -1; what lacks one is not known."""
    sums: dict[tuple[str, str, str], list[list[float]]] = {role: [[] for _ in range(QUARTERS)] for role in roles}
    for reading in readings:
        at = datetime.fromisoformat(reading["at"])
        quarter = at.hour * 4 + at.minute // 15
        for role, row in sums.items():
            if reading.get("device") == role[0] and reading.get("what") == role[1]:
                watts = reading.get(role[2])
                if isinstance(watts, int | float) and not isinstance(watts, bool):
                    row[quarter].append(float(watts))
    found: list[float | None] = []
    for quarter in range(QUARTERS):
        total: float | None = 0.0
        for role, row in sums.items():
            values = row[quarter]
            if not values or total is None:
                total = None
            else:
                total += roles[role] * sum(values) / len(values)
        found.append(None if total is None else max(0.0, total))
    return found


def learned(before: Profile, day: Sequence[float | None]) -> Profile:
    """Return the profile with one more day in it."""
    weight = max(LEAST_WEIGHT, 1 / (before.days + 1))
    old = before.base_w or (None,) * QUARTERS
    mixed = []
    for was, now in zip(old, day):
        if was is None or now is None:
            mixed.append(was if now is None else now)
        else:
            mixed.append(was + weight * (now - was))
    return Profile(before.days + 1, tuple(None if one is None else round(one, 1) for one in mixed))


def base_load(
    profiles: Mapping[str, Profile], starts: Sequence[datetime], slot_min: int, default_w: float
) -> tuple[float, ...]:
    """Return the base load of each slot: as learned for that kind of day, else for the other, else the default."""
    found = []
    for start in starts:
        watts = []
        for part in range(max(1, slot_min // 15)):
            moment = start + timedelta(minutes=15 * part)
            quarter = moment.hour * 4 + moment.minute // 15
            watts.append(_known(profiles, kind(moment.date()), quarter, default_w))
        found.append(sum(watts) / len(watts))
    return tuple(found)


def _known(profiles: Mapping[str, Profile], name: str, quarter: int, default_w: float) -> float:
    for one in (name, "workday", "weekend"):
        profile = profiles.get(one)
        if profile is not None and profile.base_w:
            watts = profile.base_w[quarter]
            if watts is not None:
                return watts
    return default_w


def dark_quarters(starts: Sequence[datetime], solar_w: Sequence[float]) -> frozenset[int]:
    """Return the quarters of the clock in which no sun is foreseen; without a forecast none."""
    found = set()
    for start, watts in zip(starts, solar_w):
        if watts < 1:
            found.add(start.hour * 4 + start.minute // 15)
    return frozenset(found)


def with_power(reading: dict[str, Any], loads: Sequence[Load]) -> dict[str, Any]:
    """Return a switch's reading with the power it must have drawn, where it has no meter."""
    if reading.get("what") != "switch" or reading.get("power_w") is not None or reading.get("on") is None:
        return reading
    power_w = next((load.power_w for load in loads if load.device == reading.get("device")), 0.0)
    return {**reading, "power_w": power_w if reading["on"] else 0.0}
