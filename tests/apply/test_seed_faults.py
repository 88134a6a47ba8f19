"""What homewizard_project got wrong (each with its number in the list of its faults), and we do not."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from solarctl.control import plan
from solarctl.control.plan_settings import Load, Settings
from tests.apply.house import BIKE, NOON, Days

LOAD = Load("load", power_w=1000, capacity_kwh=3.0, min_on_min=0, min_off_min=0)
BATTERY = {"battery": "battery", "battery_max_w": 3000.0, "slot_min": 60}


def planned(left_w: list[float], load: Load = LOAD, soc_kwh: float | None = None, **keys) -> plan.Plan:
    """Return the plan for hours in which the sun leaves so much."""
    settings = Settings("sun", "p1", horizon_h=len(left_w), devices=(load,), **({"slot_min": 60} | keys))
    sun, base = (tuple(max(0.0, sign * w) for w in left_w) for sign in (1, -1))
    seen = plan.Foreseen(sun, base, (0.3,) * len(left_w), (0.05,) * len(left_w), soc_kwh)
    return plan.decide(seen, settings, plan.Memory(), NOON)[1]


def test_no_slot_is_booked_twice():
    """1: three hours are needed, the sun is there in one: three hours are planned, not two."""
    found = planned([3000.0, 100.0, 0.0, -200.0])
    assert sum(found.devices["load"]) == 3
    assert found.expected.unmet_kwh["load"] == 0


def test_no_more_than_is_needed():
    """2: one hour is needed; a battery is no reason for twenty."""
    found = planned([500.0] * 24, replace(LOAD, capacity_kwh=1.0), 2.0, **BATTERY)
    assert sum(found.devices["load"]) == 1


def test_the_battery_may_help_at_once():
    """3: with a full battery, some sun now and none later, the load runs now."""
    found = planned([1500.0] + [-300.0] * 23, replace(LOAD, power_w=2000, capacity_kwh=2.0), 2.7, **BATTERY)
    assert found.devices["load"] == (1,) + (0,) * 23
    assert found.battery_w[0] == pytest.approx(500)


def test_a_battery_gives_what_it_holds():
    """4, 5: half a kWh covers half a kWh of deficits, through hours of exactly 0 W, and a full one does discharge."""
    found = planned([0.0, -500.0, 0.0, -500.0, 0.0, -500.0], replace(LOAD, daily_need=False), 0.5, **BATTERY)
    assert sum(found.battery_w) == pytest.approx(500)
    full = planned([-500.0] * 6, replace(LOAD, daily_need=False), 2.7, **BATTERY)
    assert sum(full.battery_w) == pytest.approx(2700)
    assert max(map(abs, full.battery_w)) <= 500


def test_what_the_battery_holds_is_known():
    """6: its charge is read for each plan, and changes it."""
    empty, half = (planned([-500.0] * 6, replace(LOAD, daily_need=False), kwh, **BATTERY) for kwh in (0.0, 1.0))
    assert half.expected.import_kwh == pytest.approx(empty.expected.import_kwh - 1.0)


def test_a_battery_has_losses():
    """8: of what is charged only a part comes back."""
    left = [1000.0] + [-1000.0] * 3
    found = planned(left, replace(LOAD, daily_need=False, power_w=5000), 0.0, **BATTERY, battery_efficiency_pct=80.0)
    assert sum(w for w in found.battery_w if w > 0) == pytest.approx(800)


def test_a_socket_that_feeds_in_is_not_full():
    """20: a balcony's panels in a planned socket make its power negative; that is no full tank."""
    days = Days(BIKE)
    days.sun_w = 500
    days.minutes(20)
    days.power_w = lambda name: -100.0 if days.on[name] else 0.0  # type: ignore[method-assign]
    days.minutes(10)
    assert days.memory.full == ()


def test_minimum_times_survive_a_restart():
    """23: the shortest pause is counted in time, and is on disk."""
    from solarctl.control.apply import Memory
    from solarctl.memory import decode, encode

    days = Days(BIKE)
    days.sun_w = 500
    days.minutes(20)
    days.sun_w = -500
    days.minutes(3)
    assert not days.on["bike"]
    days.memory = decode(Memory, encode(days.memory))
    days.sun_w = 500
    days.minutes(10)
    assert not days.on["bike"]


def test_a_day_of_needs_begins_on_time_when_clocks_change():
    """26: at six by the clock, also on the 23-hour and the 25-hour day."""
    from datetime import datetime

    from tests.apply.house import ZONE

    for day in (datetime(2026, 3, 29, tzinfo=ZONE), datetime(2026, 10, 25, tzinfo=ZONE)):
        days = Days(BIKE, now=day.replace(hour=5, minute=50))
        days.run()
        before = days.memory.day
        days.now = day.replace(hour=6, minute=0)
        days.run()
        assert days.memory.day - before == timedelta(days=1)
