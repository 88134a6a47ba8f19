"""Moments that are given as wall-clock times, on the days when clocks are changed too.

In autumn an hour comes twice: what begins in it begins the first time, what ends in it ends the second time.
In spring an hour is missing: what begins or ends in it does so when the clocks jump.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache


@lru_cache(maxsize=128)  # a simulated year asks for the same day again and again
def begins_at(day: date, moment: time, zone: tzinfo) -> datetime:
    """Return when a wall-clock time begins to be true on a day, as an aware datetime in `zone`.

    >>> from zoneinfo import ZoneInfo
    >>> begins_at(date(2026, 11, 1), time(1), ZoneInfo("America/Los_Angeles")).astimezone(UTC).hour
    8
    """
    return _moment(datetime.combine(day, moment, zone), fold=0)


def ends_at(day: date, moment: time, zone: tzinfo) -> datetime:
    """Return when something that ends at a wall-clock time is over.

    >>> from zoneinfo import ZoneInfo
    >>> ends_at(date(2026, 11, 1), time(1), ZoneInfo("America/Los_Angeles")).astimezone(UTC).hour
    9
    """
    return _moment(datetime.combine(day, moment, zone), fold=1)


def earlier(moment: datetime, minutes: float) -> datetime:
    """Return the moment that is really so many minutes before, whatever the clocks did meanwhile."""
    return (moment.astimezone(UTC) - timedelta(minutes=minutes)).astimezone(moment.tzinfo)


def _moment(wall: datetime, *, fold: int) -> datetime:
    zone = wall.tzinfo
    wall = wall.replace(fold=fold)
    exact = wall.astimezone(UTC)
    if exact.astimezone(zone).replace(tzinfo=None) == wall.replace(tzinfo=None):
        return exact.astimezone(zone)
    return _jump(wall.replace(fold=1).astimezone(UTC), wall.replace(fold=0).astimezone(UTC), zone).astimezone(zone)


def _jump(before: datetime, after: datetime, zone: tzinfo | None) -> datetime:
    """Return the moment between the two at which the zone's clocks jump."""
    old = before.astimezone(zone).utcoffset()
    while after - before > timedelta(seconds=1):
        middle = before + (after - before) / 2
        if middle.astimezone(zone).utcoffset() == old:
            before = middle
        else:
            after = middle
    return (after + timedelta(milliseconds=500)).replace(microsecond=0)
