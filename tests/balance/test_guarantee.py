"""Guarantees: the seed's top-up to its golden vectors, and energy by a deadline in the cheapest, latest hours."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

import pytest

from solarctl.control.balance_memory import LoadMemory
from solarctl.control.balance_settings import Guarantee, Season
from solarctl.control.guarantee import levels_wh, missing_wh, runs_now, season, top_up_wh, topping, with_period

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
    ("today", "yesterday", "add_wh"),
    [
        (5000, 6500, 500),  # only half a kWh is missing for two days
        (6000, 1000, 1000),  # a kWh is missing for today, much more for two days
        (1000, 1000, 4000),  # a bright day is to come: no more than the morning needs
        (7000, 0, 0),
    ],
)
def test_before_a_bright_day_only_the_least_is_added(today, yesterday, add_wh):
    """The smallest of what today lacks, what two days lack and what the morning needs."""
    got = top_up_wh(
        season="winter", mode=20, full=False, today_wh=today, yesterday_wh=yesterday, cloud_pct=20, low_today_wh=7000,
        low_two_days_wh=12_000, morning_wh=4000, full_wh=14_000, good_pct=30, correction=1.0,
    )  # fmt: skip
    assert got.add_wh == add_wh


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


@pytest.mark.parametrize(("need_wh", "power_w"), [(2000, 0.0), (2000, -1.0), (0.99, 2000)])
def test_nothing_to_run_for(need_wh, power_w):
    """A load without a known power, or with nothing missing, is left alone even at the last minute."""
    assert runs_now(need_wh, power_w, at(5, 59), at(6, 0), None) is False


def test_a_watt_hour_is_worth_it():
    """From 1 Wh on it is run for."""
    assert runs_now(1.0, 2000, at(6, 0), at(6, 0), None) is True


def test_a_running_load_has_a_slot_of_grace():
    """2 kWh take an hour and four minutes: begun before that, it is not stopped because it is ahead."""
    early = at(4, 45)
    assert runs_now(2000, 2000, early, at(6, 0), None) is False
    assert runs_now(2000, 2000, early, at(6, 0), None, running=True) is True


def test_two_days_are_looked_at_once_before_the_deadline():
    """`check_h` before it the top-up is worked out, not earlier; then it is kept, whatever is forecast later."""
    settings = Guarantee(kwh=7, two_day_kwh=12, check_h=2)
    memory = LoadMemory(period_ends=at(6, day=2).timestamp(), period_wh=2000.0, previous_wh=3000.0)
    given = {"power_w": 2400.0, "mode": 20}
    before = missing_wh(memory, settings, cloud_pct=80, now=at(3, 59, day=2), **given)
    assert before == (0.0, memory)
    need_wh, known = missing_wh(memory, settings, cloud_pct=80, now=at(4, 0, day=2), **given)
    assert need_wh > 0
    assert known.due_wh == need_wh
    assert missing_wh(known, settings, cloud_pct=0, now=at(5, 0, day=2), **given)[0] == need_wh
    assert missing_wh(replace(known, topped_wh=need_wh + 1), settings, cloud_pct=0, now=at(5, day=2), **given)[0] == 0


def test_an_open_thermostat_counts_as_a_full_tank():
    """The day then counts as what a full tank holds, and nothing is added."""
    settings = Guarantee(kwh=7, two_day_kwh=12, full_kwh=14)
    memory = LoadMemory(period_ends=at(6, day=2).timestamp(), period_wh=2000.0, full_since=at(1, day=2).timestamp())
    need_wh, known = missing_wh(memory, settings, power_w=2400, mode=20, cloud_pct=80, now=at(5, day=2))
    assert (need_wh, known.period_wh) == (0.0, 14_000.0)
    plain = replace(memory, full_since=None)
    assert missing_wh(plain, settings, power_w=2400, mode=20, cloud_pct=80, now=at(5, day=2))[1].period_wh == 2000.0


def test_a_period_ends_at_its_deadline_to_the_second():
    """What was heated at six belongs to the next day."""
    memory = LoadMemory(period_ends=at(6).timestamp(), period_wh=5000.0)
    settings = Guarantee(kwh=7, correction=1.0)
    assert with_period(memory, settings, at(5, 59)) == memory
    after = with_period(memory, settings, at(6, 0))
    assert (after.period_wh, after.previous_wh) == (0.0, 5000.0)
    assert after.period_ends == at(6, day=2).timestamp()


def test_it_is_looked_at_once_a_minute():
    """Between two looks the load goes on as it is; a look from the future (a clock set back) does not count."""
    settings = Guarantee(kwh=7)
    memory = LoadMemory(period_ends=at(6, day=2).timestamp(), planned_at=at(5, 30, day=2).timestamp())
    given = {"power_w": 2400.0, "mode": 20, "cloud_pct": None, "price": None}
    early = topping(memory, settings, now=at(5, 30, day=2) + timedelta(seconds=59), **given)
    assert not early.topping
    assert topping(memory, settings, now=at(5, 31, day=2), **given).topping
    assert topping(memory, settings, now=at(5, 29, day=2), **given).topping
