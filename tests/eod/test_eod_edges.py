"""The edges of an evening: midnight, the minute of the second look, and what is remembered of the first."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from solarctl.control.eod_status import (
    CRON_JITTER,
    GIVE_UP_AFTER,
    LATE_EVENING,
    Evening,
    Memory,
    Reason,
    Settings,
    after_mail,
    evening_of,
    next_step,
)
from solarctl.control.tariff import Settings as TariffSettings
from solarctl.control.tariff import Tariff, Window
from solarctl.readings import BatteryReading

PHOENIX = ZoneInfo("America/Phoenix")
DAY = date(2026, 7, 15)
NIGHT = datetime(2026, 7, 16, 2, tzinfo=PHOENIX)
RULE = Settings(battery="powerwall")
LATE = Evening(DAY, is_over=True)


def tariff(*windows: Window) -> Tariff:
    return Tariff(TariffSettings(windows=windows), PHOENIX)


OVER_MIDNIGHT = tariff(Window(from_=time(22), to=time(2)))


@pytest.mark.parametrize(
    ("prices", "now", "day"),
    [
        (OVER_MIDNIGHT, NIGHT, DAY),  # the very minute of its end
        (OVER_MIDNIGHT, NIGHT + LATE_EVENING - timedelta(seconds=1), DAY),
        (OVER_MIDNIGHT, NIGHT + LATE_EVENING, date(2026, 7, 16)),
        # cheap hours that end after midnight make no evening, and neither does a peak that was over before
        (tariff(Window(from_=time(22), to=time(2), peak=False)), NIGHT, date(2026, 7, 16)),
        (tariff(Window(from_=time(20), to=time(23, 45))), NIGHT.replace(hour=0, minute=5), date(2026, 7, 16)),
    ],
)
def test_until_when_it_is_still_yesterdays(prices: Tariff, now: datetime, day: date) -> None:
    """Only a peak that ended after midnight makes the night part of the day before."""
    assert evening_of(prices, now).day == day


def test_an_evening_that_is_not_over_has_a_key_of_its_own() -> None:
    """Who mailed by hand at noon still gets the evening's mail."""
    assert Evening(DAY, is_over=False).key != LATE.key
    assert next_step(RULE, Memory(Evening(DAY, is_over=False).key, NIGHT), LATE, NIGHT) is Reason.EVENING


@pytest.mark.parametrize(
    ("after", "step"),
    [
        (-CRON_JITTER - timedelta(seconds=1), Reason.TOLD),
        (-CRON_JITTER, Reason.SECOND_LOOK),
        (GIVE_UP_AFTER - timedelta(seconds=1), Reason.SECOND_LOOK),
        (GIVE_UP_AFTER, Reason.TOLD),
    ],
)
def test_when_the_second_look_is(after: timedelta, step: Reason) -> None:
    """From a little before its minute, for cron is not exact, until nobody would want it any more."""
    memory = Memory(LATE.key, NIGHT - timedelta(minutes=5), NIGHT, 2000.0)
    assert next_step(RULE, memory, LATE, NIGHT + after) is step


@pytest.mark.parametrize(("watts", "kept"), [(2000.0, 2000.0), (1000.0, None), (None, None), (-3000.0, None)])
def test_what_the_second_look_compares_with(watts: float | None, kept: float | None) -> None:
    """The power of the first look is kept only when there is a second one."""
    battery = BatteryReading(at=NIGHT, soc_pct=40.0, battery_w=watts)
    memory = after_mail(RULE, battery, LATE, NIGHT)
    assert memory.__dict__ == Memory(LATE.key, NIGHT, None if kept is None else memory.recheck_at, kept).__dict__
    assert (memory.recheck_at is None) is (kept is None)
