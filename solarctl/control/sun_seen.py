"""What `apply` sees of the sun minute by minute, and what that changes in the sun that was foreseen.

the last minutes    what the meter shows beyond the forecast fades within the hour (a kettle is no day)
the day so far      a day that is brighter or darker than it was told to be goes on so, until it ends
what is counted on  a little less than is expected, where too little sun costs more than too much brings
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from solarctl.control.plan_settings import Settings
from solarctl.control.plan_words import Plan, Watched
from solarctl.value import value

FADE_MIN = 60.0
JUST_NOW = timedelta(minutes=10)  # what was seen longer ago says nothing of now
MEAN = timedelta(minutes=3)  # how quickly the mean of the surplus forgets
LEAST_SUN_W = 50.0  # dusk tells nothing of the day
DOUBT = 0.15  # of a day's energy must be seen before it counts as much as the forecast
COUNTED = 0.85  # between 0.9 and 0.8, the best of what was tried on days 4 to 7 (benchmarks/planning/README.md)
DARKEST, BRIGHTEST = 0.5, 1.6


@value
class Expectation:
    """The sun and the base load of each slot."""

    solar_w: tuple[float, ...]
    base_w: tuple[float, ...]


def as_seen(
    told_w: Sequence[float],
    usual_w: Sequence[float],
    starts: Sequence[datetime],
    slot_min: int,
    sun: Watched,
    now: datetime,
    *,
    counted: float = 1.0,
) -> Expectation:
    """Return what is to be expected after what was seen today.

    A day that has been brighter or darker than it was told to be goes on so, until it ends; what the last minutes
    differ beyond that fades within the hour (a kettle is no day). `counted`: see `counted_on`.
    """
    times = _brighter(told_w, slot_min, sun, now)
    today = now.date()
    solar = tuple(watts * counted * (times if at.date() == today else 1.0) for watts, at in zip(told_w, starts))
    if sun.surplus_w is None or not is_fresh(sun, now):
        return Expectation(solar, tuple(usual_w))
    return faded(solar, usual_w, sun.surplus_w, slot_min)


def counted_on(settings: Settings, buy: Sequence[float]) -> float:
    """Return how much of the expected sun a plan counts on: less than all, where prices vary beside a battery.

    A kWh too little in a battery that follows the meter is bought in the dear hours; one too much is only sold.
    """
    follows = bool(settings.battery) and not settings.command_battery
    return COUNTED if follows and max(buy) > min(buy) else 1.0


def faded(solar_w: Sequence[float], base_w: Sequence[float], surplus_w: float, slot_min: int) -> Expectation:
    """Return sun and base load with the surplus that is there now; the difference fades within the hour."""
    more_w = surplus_w - (solar_w[0] - base_w[0])
    solar, base = list(solar_w), list(base_w)
    for index in range(min(len(solar), math.ceil(FADE_MIN / slot_min))):
        part = more_w * (1 - index * slot_min / FADE_MIN)
        less = min(base[index], part)  # negative: the house draws more
        base[index] -= less
        solar[index] += part - less
    return Expectation(tuple(solar), tuple(base))


def is_fresh(sun: Watched, now: datetime) -> bool:
    """Return whether the surplus of just now is known."""
    if sun.at is None or sun.surplus_w is None:
        return False
    return timedelta(0) <= now.astimezone(UTC) - sun.at.astimezone(UTC) <= JUST_NOW


def _brighter(told_w: Sequence[float], slot_min: int, sun: Watched, now: datetime) -> float:
    """Return how much brighter the day is than it was told to be; a few minutes prove little."""
    if sun.day != now.date() or sun.told_kwh <= 0:
        return 1.0
    day_kwh = sum(told_w[: 24 * 60 // slot_min]) * slot_min / 60_000
    doubt_kwh = DOUBT * max(day_kwh, sun.told_kwh)
    found = (sun.seen_kwh + doubt_kwh) / (sun.told_kwh + doubt_kwh)
    return min(BRIGHTEST, max(DARKEST, found))


def watched(sun: Watched, surplus_w: float, plan: Plan | None, now: datetime) -> Watched:
    """Return what was seen of the sun, one reading later."""
    passed, mean_w = timedelta(0), surplus_w
    if sun.at is not None and sun.surplus_w is not None and is_fresh(sun, now):
        passed = now.astimezone(UTC) - sun.at.astimezone(UTC)
        mean_w = sun.surplus_w + (surplus_w - sun.surplus_w) * min(1.0, passed / MEAN)
    seen, told = (sun.seen_kwh, sun.told_kwh) if sun.day == now.date() else (0.0, 0.0)
    index = plan.slot_at(now) if plan is not None else None
    if plan is not None and index is not None and index < min(len(plan.inputs.told_w), len(plan.inputs.usual_w)):
        told_w, hours = plan.inputs.told_w[index], passed.total_seconds() / 3600
        if told_w >= LEAST_SUN_W:
            seen += max(0.0, surplus_w + plan.inputs.usual_w[index]) / 1000 * hours
            told += told_w / 1000 * hours
    return Watched(now.date(), now, round(mean_w, 1), round(seen, 6), round(told, 6))
