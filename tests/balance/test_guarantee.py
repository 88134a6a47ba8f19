"""Guarantees: the seed's top-up to its golden vectors, and energy by a deadline in the cheapest, latest hours."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

import pytest

from solarctl.control.balance_memory import LoadMemory
from solarctl.control.balance_settings import Guarantee, Season
from solarctl.control.guarantee import levels_wh, runs_now, season, top_up_wh, topping

LEVELS = {"winter": (7000, 12000), "summer": (5000, 10000), "spring": (6000, 11000)}


@pytest.mark.parametrize(
    ("season_", "today", "yesterday", "cloud", "seconds", "new_yesterday", "mode", "full"),
    [
        ("winter", 2000, 3000, 20, 6407, 5930, 20, False),
        ("winter", 2000, 3000, 80, 7159, 6400, 20, False),
        ("winter", 5000, 3000, 80, 2787, 6565, 20, False),
        ("winter", 5000, 9000, 80, 3484, 7000, 20, False),
        ("spring", 3000, 9000, 80, 3979, 5379, 20, False),
        ("summer", 3000, 9000, 80, 0, 2895, 20, False),
        ("winter", 5000, 9000, 20, 0, 4825, 20, False),
        ("winter", 9000, 100, 80, 0, 8685, 20, False),
        ("winter", 2000, 3000, 80, 0, 1930, 10, False),
        ("winter", 2000, 3000, 80, 0, 14000, 20, True),
    ],
)
def test_the_seeds_vectors(season_, today, yesterday, cloud, seconds, new_yesterday, mode, full):
    """Energy to add and what the day then counts as, as the seed's own code gave them."""
    low_today, low_two_days = LEVELS[season_]
    got = top_up_wh(
        season=season_,
        mode=mode,
        full=full,
        today_wh=today,
        yesterday_wh=yesterday,
        cloud_pct=cloud,
        low_today_wh=low_today,
        low_two_days_wh=low_two_days,
        morning_wh=4000,
        full_wh=14000,
        good_pct=30,
        correction=0.965,
    )
    assert round(3600 * got.add_wh / 2405 * 1.07) == pytest.approx(seconds, abs=1)
    assert int(got.today_wh + got.add_wh) == pytest.approx(new_yesterday, abs=1)


@pytest.mark.parametrize(
    ("day", "name"),
    [
        ((1, 1), "winter"),
        ((3, 20), "winter"),
        ((3, 21), "spring"),
        ((6, 22), "summer"),
        ((10, 17), "fall"),
        ((12, 21), "winter"),
    ],
)
def test_seasons(day, name):
    """Seasons begin on days of the year."""
    assert season(date(2026, *day), (80, 173, 290, 355)) == name


def test_levels_of_a_season():
    """A season may have levels of its own."""
    settings = Guarantee(kwh=7, two_day_kwh=12, summer=Season(5, 10))
    assert levels_wh(settings, date(2026, 7, 1)) == (5000, 10000)
    assert levels_wh(settings, date(2026, 1, 1)) == (7000, 12000)


def at(hour, minute=0, day=1):
    return datetime(2026, 1, day, hour, minute, tzinfo=UTC)


def cheap_at_night(moment):
    return 0.10 if moment.hour >= 22 or moment.hour < 6 else 0.30


@pytest.mark.parametrize(
    ("now", "need_wh", "deadline", "price", "runs"),
    [
        (at(4, 0), 2000, at(6, 0), None, False),  # an hour is enough; the last one
        (at(4, 56), 2000, at(6, 0), None, True),
        (at(12, 0), 4000, at(18, 0), cheap_at_night, False),  # no cheap hour before: as late as can be
        (at(15, 50), 4000, at(18, 0), cheap_at_night, True),
        (at(23, 0), 4000, at(6, 0, 2), cheap_at_night, False),
        (at(3, 50, 2), 4000, at(6, 0, 2), cheap_at_night, True),
        (at(3, 0), 4000, at(9, 0), cheap_at_night, False),
        (at(4, 0), 4000, at(9, 0), cheap_at_night, True),  # the cheap hours before six, not the dear ones after
        (at(7, 0), 4000, at(12, 0), cheap_at_night, False),
        (at(5, 59), 9000, at(6, 0), None, True),  # too late for all of it: what can be had
        (at(5, 0), 0.5, at(6, 0), None, False),
    ],
)
def test_when_it_runs(now, need_wh, deadline, price, runs):
    """In the cheapest hours that suffice, the latest of them; without prices as late as possible."""
    assert runs_now(need_wh, 2000, now, deadline, price) is runs


def night(settings, memory=None, power_w=2000.0, start=None, hours=24, price=None, mode=20, cloud=None, sun=None):
    """Play hours of one-minute ticks and return (memory, minutes on, first minute on)."""
    memory, now = memory or LoadMemory(), start or at(6, 1)
    ran = []
    for _ in range(int(hours * 60)):
        memory = topping(memory, settings, power_w=power_w, mode=mode, cloud_pct=cloud, price=price, now=now)
        watts = power_w if memory.topping else (sun(now) if sun else 0.0)
        if memory.topping:
            ran.append(now)
        memory = replace(
            memory,
            period_wh=memory.period_wh + watts / 60,
            period_s=memory.period_s + (60 if watts else 0),
            topped_wh=memory.topped_wh + (watts / 60 if memory.topping else 0),
        )
        now += timedelta(minutes=1)
    return memory, ran


def test_energy_by_the_deadline():
    """By six the heater has its 7 kWh, bought in one piece and as late as possible."""
    memory, ran = night(Guarantee(kwh=7), hours=23.9)
    assert memory.period_wh == pytest.approx(7000, rel=0.01)
    assert len({b - a for a, b in pairwise(ran)}) == 1, "in one piece"
    assert ran[0].hour == 2


def test_the_sun_has_done_it():
    """What the sun delivered is not bought."""
    memory, ran = night(Guarantee(kwh=5), hours=23.9, sun=lambda now: 1500.0 if 10 <= now.hour < 14 else 0.0)
    assert not ran
    assert memory.period_wh == pytest.approx(6000, rel=0.01)


def test_minutes_by_the_deadline():
    """A pump gets its two hours by eight."""
    memory, ran = night(Guarantee(minutes=120, by=time(8)), start=at(8, 1), hours=23.9)
    assert len(ran) == pytest.approx(120, abs=2)
    assert memory.period_s >= 119 * 60


def test_two_days_and_clouds():
    """The seed's law: worked out five hours before, bought before six; a good forecast buys less."""
    settings = Guarantee(kwh=7, two_day_kwh=12, correction=0.965)
    before = LoadMemory(period_wh=2000, previous_wh=3000, period_ends=at(6).timestamp())
    memory, ran = night(settings, before, start=at(0, 30), hours=5.4, cloud=80.0)
    assert memory.due_wh == pytest.approx(2070 + 3000 * 0.8, abs=1)
    assert memory.topped_wh == pytest.approx(memory.due_wh, rel=0.02)
    assert ran[0] >= at(1)
    memory, _ran = night(settings, before, start=at(0, 30), hours=5.4, cloud=20.0)
    assert memory.due_wh == pytest.approx(4000, abs=1)
    memory, ran = night(settings, before, start=at(0, 30), hours=5.4, cloud=80.0, mode=10)
    assert not ran


def test_missed_deadlines_are_caught_up():
    """A computer that was off over the deadline begins a new period, once."""
    before = LoadMemory(period_wh=3000, period_ends=at(6).timestamp(), due_wh=2000.0)
    memory = topping(before, Guarantee(kwh=7), power_w=2000, mode=20, cloud_pct=None, price=None, now=at(13, 0, 4))
    assert memory.previous_wh == 3000
    assert memory.period_wh == 0
    assert memory.period_ends == at(6, 0, 5).timestamp()
